"""Packing and unpacking: aggregation, from which a packed unit has its custody."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.reading import MAX_DEPTH, ancestors, height, key_of, need_container, need_goods
from chaincode.model import coldchain, keys
from chaincode.model.documents.goods import Container
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, parties

MAX_CHILDREN = 1000


async def pack(context: Context, arguments: Arguments) -> Any:
    """Pack loose units and containers, all in one party's custody, into a new container."""
    sscc, gln = arguments.sscc(), arguments.gln()
    refs = arguments.refs("children", MAX_CHILDREN)
    arguments.done()
    key = keys.container_key(sscc)
    if await context.read(key) is not None:
        raise Refusal(Code.SSCC_EXISTS, f"container {sscc} exists", "sscc")
    fields = [f"children[{place}]" for place in range(len(refs))]
    children = await need_goods(context, refs, fields)
    for child, field in zip(children, fields, strict=True):
        goods.loose(child, field)
        goods.in_custody(child, gln, field)
        goods.not_offered(child, field)
        goods.not_held(child, field)
        goods.in_circulation(child, field)
    inner = [child for child in children if child["doc"] == "container"]
    if await height(context, inner, "children") >= MAX_DEPTH:
        raise invalid("children", f"would be packed more than {MAX_DEPTH} deep")
    gtins = sorted({child["gtin"] for child in children if child["doc"] == "unit"})
    resolved = await resolve(context, [gln], gtins)
    party = resolved.party(gln, "gln")
    parties.acting_for(party, context.msp_id, "gln")
    context.check(parties.authorised, party, parties.KEEPERS, context.today, "gln")
    profiles = [resolved.product(gtin, "children")["storage"] for gtin in gtins]
    profiles += [child["storage"] for child in inner]
    try:
        storage = coldchain.narrowest(profiles)
    except ValueError as error:
        raise invalid("children", f"cannot be stored together: {error}") from None
    owners = {child["owner"] for child in children}
    if len(owners) > 1:
        raise invalid("children", "have different owners")
    container: Container = {
        "doc": "container",
        "sscc": sscc,
        "children": refs,
        "status": "packed",
        "storage": storage,
        "packed_at": context.now,
        "packed_by": gln,
        "owner": owners.pop(),
        "custodian": gln,
    }
    context.write(key, container)
    for ref, child in zip(refs, children, strict=True):
        context.write(key_of(ref), goods.packed(child, sscc))
    context.event("ContainerPacked", {"sscc": sscc, "gln": gln, "count": len(refs)})
    return {"sscc": sscc, "count": len(refs), "storage": storage}


async def unpack(context: Context, arguments: Arguments) -> Any:
    """Take children, or all, out of an outermost container; a hold on it goes with them."""
    sscc, gln = arguments.sscc(), arguments.gln()
    refs = arguments.refs("children", MAX_CHILDREN) if arguments.has("children") else None
    arguments.done()
    container = await need_container(context, sscc, "sscc")
    goods.in_circulation(container, "sscc")
    goods.loose(container, "sscc")
    goods.in_custody(container, gln, "sscc")
    goods.not_offered(container, "sscc")
    party = (await resolve(context, [gln])).party(gln, "gln")
    parties.acting_for(party, context.msp_id, "gln")
    taken = container["children"] if refs is None else refs
    inside = set(container["children"])
    for place, ref in enumerate(taken):
        if ref not in inside:
            raise Refusal(Code.NOT_PACKED, f"{ref} is not in container {sscc}", f"children[{place}]")
    children = await need_goods(context, taken, ["children"] * len(taken))
    for ref, child in zip(taken, children, strict=True):
        context.write(key_of(ref), goods.unpacked(child, container))
    gone = set(taken)
    left = [ref for ref in container["children"] if ref not in gone]
    changed: Container = {**container, "children": left, "status": "packed" if left else "unpacked"}
    context.write(keys.container_key(sscc), changed)
    context.event("ContainerUnpacked", {"sscc": sscc, "gln": gln, "count": len(taken), "left": len(left)})
    return {"sscc": sscc, "count": len(taken), "left": len(left)}


async def get_container(context: Context, arguments: Arguments) -> Any:
    """A container with the containers around it, innermost first, and who has it."""
    sscc = arguments.sscc()
    arguments.done()
    container = await need_container(context, sscc, "sscc")
    around = await ancestors(context, container)
    outermost = around[-1] if around else container
    return {
        "container": container,
        "ancestors": [{k: v for k, v in outer.items() if k != "children"} for outer in around],
        "owner": outermost["owner"],
        "custodian": outermost["custodian"],
        "held": any("hold" in one for one in (container, *around)),
    }
