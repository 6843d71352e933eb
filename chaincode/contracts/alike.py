"""Goods of which the rules say the same: a case of a thousand packs is looked at as one of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.standing import Standing, Walk


@dataclass(frozen=True)
class Alike:
    """Goods that differ in nothing but their serial number: one of them as it stands, and the refs of all.

    ``fields`` are those of the argument that name them; ``one`` is the first.
    """

    one: Standing
    refs: list[str]
    fields: list[str]

    def each(self) -> list[Standing]:
        """All of them as they stand."""
        document: Any = self.one.document
        return [
            self.one,
            *(replace(self.one, ref=ref, document=document | {"serial": ref[18:]}) for ref in self.refs[1:]),
        ]


async def alike(context: Context, refs: Sequence[str], fields: Sequence[str], first: bool) -> list[Alike]:
    """Goods by what they have in common, in the order of the first of each, the record of each proven.

    Refusal with the field of what is unknown or forged. ``first``: the caller knows of none that was ever
    packed, and writes the next period of each. Then that is not read: where it is there, nobody may write its
    key. In a dry run, which notes what is refused of each, every one stands alone.
    """
    walk = Walk(context, 1 if first else None)
    periods = await walk.first_periods(refs)
    kinds: dict[Hashable, tuple[list[str], list[str]]] = {}
    for place, ref in enumerate(refs):
        kind = ref if context.is_dry else _kind(ref, periods[place])
        if kind not in kinds:
            kinds[kind] = ([], [])
        same, named = kinds[kind]
        same.append(ref)
        named.append(fields[place])
    await walk.load(names[0] for names, _ in kinds.values())
    return [Alike(walk.standing(names[0], named[0]), names, named) for names, named in kinds.values()]


def _kind(ref: str, periods: Sequence[Any]) -> Hashable:
    """What is the same of packs in their first period; the ref of what is like nothing else.

    Of a product, packs of which the same is written are alike: their keys say the rest.
    """
    if ref[1] == "0" or periods[0] is None or any(periods[1:]):
        return ref
    return ref[2:16], id(periods[0])
