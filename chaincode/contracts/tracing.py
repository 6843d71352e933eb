"""A pack's whole story, and what is in a container, from the ledger alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.containers import without_taken
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.lives import life_of, versions_of
from chaincode.contracts.packings import inside_of
from chaincode.contracts.standing import Standing, Walk, standing, standings
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Repackaging
from chaincode.model.errors import Code, Refusal
from chaincode.rules import timeline
from chaincode.rules.timeline import Step, Version

MAX_CONTAINERS = 200
# Packs that a pack comes from, or that come from it, by repackaging.
MAX_KIN = 1000
MAX_PAGE = 200


async def trace(context: Context, arguments: Arguments) -> Any:
    """A unit with its product, lot and every step of its custody: its own and, while packed, its containers'.

    ``predecessors`` are the packs that it comes from by repackaging, with their steps; ``successors`` those
    that come from it.
    """
    gtin, serial = arguments.gtin(), arguments.serial()
    arguments.done()
    ref = gs1.unit_ref(gtin, serial)
    unit = await standing(context, ref, "serial")
    document: Any = unit.document
    lot = await context.read(keys.lot_key(gtin, document["lot"]))
    resolved = await resolve(context, gtins=[gtin])
    lives = _Lives(context)
    before = await _kin(context, unit, "origin", "from")
    after = await _kin(context, unit, "into", "to")
    return await told(context, unit) | {
        "lot": lot,
        "product": resolved.product(gtin, "gtin"),
        "steps": await lives.steps(unit),
        "predecessors": [{"ref": one.ref, "steps": await lives.steps(one)} for one in before],
        "successors": [{"ref": one.ref, "status": one.document["status"]} for one in after],
    }


async def trace_container(context: Context, arguments: Arguments) -> Any:
    """A page of what is in a container now: ``{sscc, page_size?, bookmark?}``, a document for each child."""
    sscc = arguments.sscc()
    size = arguments.integer("page_size", 1, MAX_PAGE) if arguments.has("page_size") else MAX_PAGE
    bookmark = arguments.bookmark() if arguments.has("bookmark") else ""
    arguments.done()
    container: Any = (await standing(context, gs1.container_ref(sscc), "sscc")).document
    inside = sorted(await inside_of(context, container, "sscc"))
    rest = [ref for ref in inside if ref > bookmark]
    page = rest[:size]
    walk = Walk(context)
    await walk.load(page)
    return {
        "sscc": sscc,
        "contents": container["contents"],
        "count": len(inside),
        "items": [walk.standing(ref, "sscc").document for ref in page],
        "bookmark": page[-1] if len(rest) > size else "",
    }


async def told(context: Context, unit: Standing) -> dict[str, Any]:
    """A unit's document, the containers around it, who owns and has it, and whether it is on hold."""
    held = await holds_of(context, [unit])
    return {
        "unit": unit.document,
        "ancestors": [without_taken(outer) for outer in unit.around],
        "owner": unit.owner,
        "custodian": unit.custodian,
        "held": held.held(unit),
    }


class _Lives:
    """What happened to goods and to the containers that they were in, each read once in a transaction."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._containers: dict[str, list[Version]] = {}
        self._asides: dict[str, list[Step]] = {}

    async def steps(self, unit: Standing) -> list[Step]:
        """A unit's steps in order."""
        own = await life_of(self._context, unit.ref)
        around = await self._around(own)
        await self._tell([unit.ref, *map(gs1.container_ref, around)])
        versions = [own, *(self._containers[sscc] for sscc in around)]
        offers = sorted({v.document["offer"] for life in versions for v in life if "offer" in v.document})
        found = await self._context.read_all([keys.transfer_key(name) for name in offers]) if offers else []
        transfers = dict(zip(offers, found, strict=True))
        return timeline.merge(own, self._containers, transfers, self._asides)

    async def _around(self, life: Sequence[Version]) -> list[str]:
        """Reads every container that something was in, directly or not; their SSCCs."""
        names: dict[str, None] = {}
        level = timeline.parents(life)
        while level:
            names |= dict.fromkeys(level)
            unread = [sscc for sscc in level if sscc not in self._containers]
            if len(self._containers) + len(unread) > MAX_CONTAINERS:
                raise Refusal(Code.BATCH_TOO_LARGE, f"it was in more than {MAX_CONTAINERS} containers")
            refs = [gs1.container_ref(sscc) for sscc in unread]
            for sscc, container in zip(
                unread, await standings(self._context, refs, ["serial"] * len(refs)), strict=True
            ):
                self._containers[sscc] = await life_of(self._context, container.ref)
            outer = [parent for sscc in level for parent in timeline.parents(self._containers[sscc])]
            level = [sscc for sscc in dict.fromkeys(outer) if sscc not in names]
        return list(names)

    async def _tell(self, refs: Iterable[str]) -> None:
        """Reads what documents of their own tell of goods."""
        unread = [ref for ref in refs if ref not in self._asides]
        found = await self._context.read_all([keys.hold_key(ref) for ref in unread]) if unread else []
        for ref, hold in zip(unread, found, strict=True):
            versions = await versions_of(self._context, keys.hold_key(ref)) if hold else []
            self._asides[ref] = timeline.holds(ref, versions)


async def _kin(context: Context, unit: Standing, link: str, end: str) -> list[Standing]:
    """The packs linked to a unit by repackagings, nearest first: by ``link`` to their ``end``."""
    kin: dict[str, Standing] = {}
    level = [unit]
    while names := sorted(
        {
            one.document[link]  # type: ignore[literal-required]
            for one in level
            if link in one.document
        }
    ):
        found: list[Repackaging] = await context.read_all(list(map(keys.repackaging_key, names)))
        refs = [ref for repackaging in found for ref in repackaging[end] if ref not in kin]  # type: ignore[literal-required]
        if len(kin) + len(refs) > MAX_KIN:
            raise Refusal(Code.BATCH_TOO_LARGE, f"more than {MAX_KIN} packs belong to it by repackaging")
        level = await standings(context, refs, ["serial"] * len(refs))
        kin |= {one.ref: one for one in level}
    return list(kin.values())
