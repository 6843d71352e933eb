"""Which goods were in a container at a time: what is in it still, and what was taken out since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chaincode.contracts.context import Context
from chaincode.contracts.packings import lists_of
from chaincode.contracts.standing import Standing, Walk
from chaincode.model.documents.coldchain import Missed
from chaincode.model.errors import Refusal
from chaincode.rules import goods

# As many as one container may hold; of more, the rest is told.
MAX_EXPOSED = 1000


@dataclass
class Exposed:
    """Goods to be held, outermost first, and what cannot be held, with the reason."""

    goods: list[Standing] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)


async def exposed(context: Context, container: Standing, since: int) -> Exposed:
    """The container, unless nothing is left of it, and what left it, or what it held, after ``since``.

    What is inside is meant with what holds it. Goods that another owns by now, or that are no longer in
    circulation, are out of reach.
    """
    found = Exposed()
    walk, level, seen = Walk(context), [container], 1
    while level:
        gone: list[str] = []
        for one in level:
            _sort(one, container.owner, found)
            if one.document["doc"] == "container":
                gone += await _taken_out(context, walk, one, since)
        level = []
        for ref in gone[: MAX_EXPOSED - seen]:
            try:
                level.append(walk.standing(ref, "container"))
            except Refusal:
                found.missed.append({"ref": ref, "why": "forged"})
        found.missed += [{"ref": ref, "why": "bound"} for ref in gone[MAX_EXPOSED - seen :]]
        seen += len(level)
    return found


def _sort(one: Standing, owner: str, found: Exposed) -> None:
    if one.document["status"] == "unpacked":
        return
    try:
        goods.in_circulation(one, "container")
    except Refusal:
        found.missed.append({"ref": one.ref, "why": "ended"})
        return
    if one.owner == owner:
        found.goods.append(one)
    else:
        found.missed.append({"ref": one.ref, "why": "owner"})


async def _taken_out(context: Context, walk: Walk, container: Standing, since: int) -> Sequence[str]:
    """What was taken out of a container after ``since``."""
    document = container.document
    assert document["doc"] == "container"
    if document["status"] != "unpacked" and not document["taken"]:
        return ()
    if document["status"] == "unpacked":
        [listed] = await lists_of(context, [document], "container")
        gone = listed.refs
    else:
        gone = document["taken"]
    await walk.load(gone)
    return [ref for ref in gone if _when(walk, ref, document["sscc"]) > since]


def _when(walk: Walk, ref: str, sscc: str) -> int:
    """When goods were taken out of a container; before all time where the ledger does not say."""
    documents = walk.documents(ref)
    for packed, after in pairwise(documents):
        if packed.get("parent") == sscc:
            return int(after.get("taken_at", -1))
    return -1
