"""Goods of which the rules say the same: a tray of a hundred packs is looked at as one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.standing import Standing, Walk, document_of
from chaincode.model import gs1, keys, trays
from chaincode.model.documents.goods import Tray


@dataclass(frozen=True)
class Alike:
    """Goods that differ in nothing but their serial number: one of them as it stands, and the refs of all.

    ``fields`` are those of the argument that name them; ``one`` is the first.
    """

    one: Standing
    refs: list[str]
    fields: list[str]

    @property
    def whole(self) -> Tray | None:
        """The tray of which these are all that is left in it; None where they are not."""
        tray = self.one.tray
        return tray if tray is not None and len(self.refs) == len(trays.remaining(tray)) else None

    def each(self) -> list[Standing]:
        """All of them as they stand."""
        document: Any = self.one.document
        return [
            self.one,
            *(replace(self.one, ref=ref, document=document | {"serial": ref[18:]}) for ref in self.refs[1:]),
        ]


async def alike(context: Context, refs: Sequence[str], fields: Sequence[str]) -> list[Alike]:
    """Goods by what they have in common, in the order of the first of each; Refusal where one is unknown.

    The record of each is proven. Of a whole tray that of some packs is, and the tray tells of the others:
    whoever writes into a tray what was never in it packs nothing of anybody's, for no pack's own record leads
    there. In a dry run, which notes what is refused of each, every one stands alone.
    """
    whole = {} if context.is_dry else await _whole_trays(context, [ref for ref in refs if ref[1] != "0"])
    walk = Walk(context)
    await walk.load(ref for ref in refs if ref not in whole)
    kinds: dict[str, Alike] = {}
    for ref, field in zip(refs, fields, strict=True):
        one, tray = None, whole.get(ref)
        if tray is None:
            one = walk.standing(ref, field)
            tray = one.tray
        name = ref if tray is None or context.is_dry else trays.key_of(tray)
        if name not in kinds:
            kinds[name] = Alike(one or _in_tray(ref, whole[ref]), [], [])
        kinds[name].refs.append(ref)
        kinds[name].fields.append(field)
    return list(kinds.values())


def _in_tray(ref: str, tray: Tray) -> Standing:
    return Standing(ref, trays.pack_in(tray, ref[18:]), (), tray)


async def _whole_trays(context: Context, refs: Sequence[str]) -> dict[str, Tray]:
    """The trays of which all that is left is among ``refs``, loose, by the ref of each pack in them.

    Whoever packs what was commissioned together gives it in order: the first of each hundred names the tray,
    which names the others.
    """
    found = await _trays_of(context, refs[:: trays.SIZE])
    rest = [ref for ref in refs if ref not in found]
    if rest:
        found |= await _trays_of(context, rest)
    asked = set(refs)
    whole: dict[str, Tray] = {}
    for tray in {id(tray): tray for tray in found.values()}.values():
        inside = [gs1.unit_ref(tray["gtin"], serial) for serial in trays.remaining(tray)]
        if asked.issuperset(inside):
            whole |= dict.fromkeys(inside, tray)
    return whole


async def _trays_of(context: Context, refs: Sequence[str]) -> dict[str, Tray]:
    """All packs that are loose in the trays of the packs ``refs``, by ref."""
    read = await context.read_all([keys.period_key(ref, 0) for ref in refs])
    born = [document_of(ref, found) for ref, found in zip(refs, read, strict=True) if isinstance(found, dict)]
    places = list(map(trays.place_of, born))
    told = await context.read_all([keys.tray_key(*place) for place in places])
    known = {
        place: tray
        for document, place, tray in zip(born, places, told, strict=True)
        if trays.is_tray(tray, place) and trays.names(tray, document) and "parent" not in tray
    }
    return {
        gs1.unit_ref(gtin, serial): tray
        for (gtin, _), tray in known.items()
        for serial in trays.remaining(tray)
    }
