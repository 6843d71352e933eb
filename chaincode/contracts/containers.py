"""Packing and unpacking: aggregation, from which what is packed has its custody.

Packing a tray writes the tray and none of its packs; taking packs out begins a period for each. So neither
writes a pack's key that is there already: such a write costs every peer a check of the key's policy, and a
pallet would cost thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.alike import Alike, alike
from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, acting, resolve
from chaincode.contracts.holds import holds_of, inherit
from chaincode.contracts.packings import inside_of, listed_in, write_list
from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.contracts.standing import MAX_DEPTH, Standing, change, standing, standings
from chaincode.model import canonical, coldchain, gs1, keys, periods, trays
from chaincode.model.documents.goods import Container
from chaincode.model.errors import Code, Refusal
from chaincode.rules import contents, goods, parties
from chaincode.rules import standing as records

MAX_CHILDREN = 1000


async def pack(context: Context, arguments: Arguments) -> Any:
    """Pack up to a thousand loose units and containers of one owner into a new container.

    ``{sscc, gln, children}``; by whoever has them, licensed, and with their owner's peer. All that is left in
    a tray is packed as one; where only some of it is, these leave the tray first.
    """
    sscc, gln = arguments.sscc(), arguments.gln()
    refs = arguments.refs("children", MAX_CHILDREN)
    arguments.done()
    fields = [f"children[{place}]" for place in range(len(refs))]
    key = keys.container_key(sscc)
    found = await context.read(key)
    kinds = await alike(context, refs, fields)
    ones = [kind.one for kind in kinds]
    held = await holds_of(context, ones)
    units = [one.document for one in ones if one.document["doc"] == "unit"]
    inner = [one.document for one in ones if one.document["doc"] == "container"]
    gtins = sorted({unit["gtin"] for unit in units})
    owner = ones[0].owner
    resolved = await resolve(context, [gln, owner], gtins)
    party, owning = resolved.party(gln, "gln"), resolved.party(owner, "children")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(parties.authorised, party, parties.KEEPERS, context.today, "gln")
    context.check(goods.unused_sscc, found, sscc, "sscc")
    for kind in kinds:
        one, field = kind.one, kind.fields[0]
        context.check(goods.loose, one, field)
        context.check(goods.in_circulation, one, field)
        context.check(goods.present, one, field)
        context.check(goods.in_custody, one, gln, field)
        context.check(goods.one_owner, one, owner, field)
        context.check(goods.not_offered, one, field)
    if held.ever:
        await _check_holds(context, kinds)
    profiles = [resolved.product(gtin, "children")["storage"] for gtin in gtins]
    profiles += [container["storage"] for container in inner]
    context.check(goods.storable_together, profiles, "children")
    levels = 1 + max((container["levels"] for container in inner), default=0)
    if levels > MAX_DEPTH:
        raise invalid("children", f"would be packed more than {MAX_DEPTH} deep")
    container: Container = {
        "doc": "container",
        "sscc": sscc,
        "period": 0,
        "status": "packed",
        "storage": coldchain.narrowest(profiles),
        "contents": contents.total(kind.one.document for kind in kinds for _ in kind.refs),
        "levels": levels,
        "taken": [],
        "packed_at": context.now,
        "packed_by": gln,
        "owner": owner,
        "owner_msp": owning["msp_id"],
        "custodian": gln,
    }
    context.write(key, container, protected_by=[owning["msp_id"], party["msp_id"]])
    whole, alone = [], list[str]()
    for kind in kinds:
        if tray := kind.whole:
            whole.append(tray)
            context.write_once(trays.key_of(tray), trays.packed(tray, sscc))
        else:
            alone += kind.refs
            _write_packed(context, kind, sscc)
    write_list(context, sscc, whole, alone)
    context.event("ContainerPacked", {"sscc": sscc, "gln": gln, "count": len(refs)})
    return {"sscc": sscc, "count": len(refs), "storage": container["storage"]}


async def unpack(context: Context, arguments: Arguments) -> Any:
    """Take children, or all, out of an outermost container, by whoever has it; holds on it go with them."""
    sscc, gln = arguments.sscc(), arguments.gln()
    refs = arguments.refs("children", MAX_CHILDREN) if arguments.has("children") else None
    arguments.done()
    container = await standing(context, gs1.container_ref(sscc), "sscc")
    document: Any = container.document
    inside = (await listed_in(context, document, "sscc")).refs
    listed = set(inside)
    fields = [f"children[{place}]" for place in range(len(refs or ()))]
    for ref, field in zip(refs or (), fields, strict=True):
        if ref not in listed:
            raise Refusal(Code.NOT_PACKED, f"{ref} is not in container {sscc}", field)
    taken = inside if refs is None else refs
    children = await standings(context, taken, fields or ["children"] * len(taken))
    party = await acting(context, gln)
    context.check(goods.loose, container, "sscc")
    context.check(goods.in_circulation, container, "sscc")
    context.check(goods.in_custody, container, gln, "sscc")
    context.check(goods.not_offered, container, "sscc")
    for child, field in zip(children, fields or ["children"] * len(taken), strict=True):
        context.check(records.inside, child.ref, child.document.get("parent"), sscc, field)
    changed: Any = dict(document)
    changed["contents"] = contents.less(
        changed["contents"], contents.total(child.document for child in children)
    )
    changed["taken"] = [*changed["taken"], *taken]
    left = len(inside) - len(taken)
    if not left:
        # That nothing is left says it all.
        changed |= {"status": "unpacked", "taken": []}
    change(context, container, changed)
    policy = owners_policy([changed["owner_msp"], party["msp_id"]], context.settings.members)
    loosened = ((child.next_key, _loosened(child, changed, context.now)) for child in children)
    context.stub.put_states(loosened, policy)
    await inherit(context, container, children, "sscc")
    context.event("ContainerUnpacked", {"sscc": sscc, "gln": gln, "count": len(taken), "left": left})
    return {"sscc": sscc, "count": len(taken), "left": left}


async def get_container(context: Context, arguments: Arguments) -> Any:
    """A container with what is in it, the containers around it, innermost first, and who has it."""
    sscc = arguments.sscc()
    arguments.done()
    container = await standing(context, gs1.container_ref(sscc), "sscc")
    document: Any = container.document
    children = await inside_of(context, document, "sscc")
    return {
        "container": {**without_taken(container), "children": children},
        "ancestors": [without_taken(outer) for outer in container.around],
        "owner": container.owner,
        "custodian": container.custodian,
        "held": (await holds_of(context, [container])).held(container),
    }


def without_taken(container: Standing) -> dict[str, Any]:
    """A container's document as readers get it: what was taken out is no longer in it, and may be long."""
    return {name: value for name, value in container.document.items() if name != "taken"}


async def _check_holds(context: Context, kinds: Sequence[Alike]) -> None:
    """The rule that nothing on hold moves, for each of goods that are otherwise alike."""
    every = [one for kind in kinds for one in kind.each()]
    held = await holds_of(context, every)
    for one, field in zip(every, (field for kind in kinds for field in kind.fields), strict=True):
        held.check(context, one, field)


def _write_packed(context: Context, kind: Alike, sscc: str) -> None:
    """Write of goods that are no whole tray that they are in a container, where nobody can write any more."""
    tray, one = kind.one.tray, kind.one
    packed = periods.packed(one.document, sscc)
    if tray is None:
        context.write_once(keys.period_key(one.ref, one.period), periods.written(packed))
        return
    for ref in kind.refs:
        context.leave(tray, ref[18:])
    # A unit's key says in what each differs.
    value = canonical.dumps(periods.written(trays.out_of(packed)))
    context.stub.put_states(((keys.period_key(ref, 1), value) for ref in kind.refs), NOBODY)


def _loosened(child: Standing, container: Any, at: int) -> bytes:
    """What is written of the loose period that begins: with the container's owner and custodian."""
    document: dict[str, Any] = {**child.document, "period": child.period + 1, "taken_at": at}
    for name in ("parent", "tray"):
        document.pop(name, None)
    document |= {name: container[name] for name in periods.HANDS}
    return canonical.dumps(periods.written(document))
