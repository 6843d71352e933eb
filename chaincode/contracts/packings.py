"""Packing lists: what was packed into a container, told once and for ever.

A list is for who asks what is inside. It proves nothing: that goods are in the container, their own documents
say and those of their trays, which nobody wrote but their owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.standing import Walk
from chaincode.model import gs1, keys, trays
from chaincode.model.documents.goods import Container, Packing, Tray
from chaincode.model.errors import Code, Refusal
from chaincode.rules import standing as rules


@dataclass(frozen=True)
class Listed:
    """Refs of goods in a container: of the packs in whole trays, and of those that are listed alone."""

    packs: Sequence[str]
    children: Sequence[str]

    @property
    def refs(self) -> list[str]:
        """Those of all of it, those of the trays first."""
        return [*self.packs, *self.children]

    def without(self, taken: Iterable[str]) -> Listed:
        """What is left of it."""
        gone = set(taken)
        return Listed(*([ref for ref in refs if ref not in gone] for refs in (self.packs, self.children)))


def write_list(context: Context, sscc: str, whole: Iterable[Tray], children: Sequence[str]) -> None:
    """Write the list of what is packed into a new container."""
    packing: Packing = {
        "doc": "packing",
        "sscc": sscc,
        "trays": [[tray["gtin"], tray["serial"]] for tray in whole],
        "children": list(children),
    }
    context.write_once(keys.packing_key(sscc), packing)


def _is_list(packing: Any) -> bool:
    """Whether a packing list, forged as it may be, names trays and refs."""
    if not isinstance(packing, dict):
        return False
    trays_named, children = packing.get("trays"), packing.get("children")
    if not isinstance(trays_named, list) or not isinstance(children, list):
        return False
    places = all(isinstance(place, list) and len(place) == 2 for place in trays_named)
    return places and all(isinstance(name, str) for name in [*chain.from_iterable(trays_named), *children])


async def lists_of(context: Context, containers: Sequence[Container], field: str) -> list[Listed]:
    """What was packed into each container; Refusal where a list, or a tray on it, is missing or elsewhere."""
    names = [container["sscc"] for container in containers]
    found: list[Packing | None] = await context.read_all(list(map(keys.packing_key, names)))
    packings: list[Packing] = []
    for sscc, packing in zip(names, found, strict=True):
        if packing is None or not _is_list(packing):
            raise Refusal(Code.RECORD_FORGED, f"container {sscc} has no packing list", field)
        packings.append(packing)
    wanted = [keys.tray_key(*place) for packing in packings for place in packing["trays"]]
    read = iter(await context.read_all(wanted))
    lists: list[Listed] = []
    for sscc, packing in zip(names, packings, strict=True):
        packs: list[str] = []
        for (gtin, serial), tray in zip(packing["trays"], read, strict=False):
            parent = tray.get("parent") if trays.is_tray(tray, (gtin, serial)) else None
            context.check(rules.inside, gs1.unit_ref(gtin, serial), parent, sscc, field)
            packs += [gs1.unit_ref(gtin, inside) for inside in trays.remaining(tray)]
        lists.append(Listed(packs, packing["children"]))
    return lists


async def listed_in(context: Context, container: Container, field: str) -> Listed:
    """What is in a container now, as its list says; whoever takes any of it out proves that.

    Refusal as by ``lists_of``.
    """
    if container["status"] == "unpacked":
        return Listed((), ())
    [listed] = await lists_of(context, [container], field)
    return listed.without(container["taken"])


async def inside_of(context: Context, container: Container, field: str) -> list[str]:
    """The refs of what is in a container now, as its list says and what is listed does not deny.

    None of it is proven: a majority can write what stands in a container of its own. Refusal where a tray, or
    the newest document of goods that are listed alone, says that it is elsewhere.
    """
    listed = await listed_in(context, container, field)
    walk = Walk(context)
    await walk.load(listed.children)
    for ref in listed.children:
        parents = [document.get("parent") for document in walk.documents(ref)]
        context.check(rules.inside, ref, parents[-1] if parents else None, container["sscc"], field)
    return listed.refs
