"""Where goods are and whose, read from all their periods and those of the containers they were in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.trails import Trail
from chaincode.model import gs1, keys, trays
from chaincode.model.documents.goods import Container, Tray, Unit
from chaincode.model.errors import Code, Refusal
from chaincode.model.periods import whole, written
from chaincode.model.trays import Place
from chaincode.rules import standing as rules

# A pack in a bundle in a case on a pallet in a sea container, and room to spare.
MAX_DEPTH = 8
# Containers and trays that are looked at in one transaction.
MAX_CONTAINERS = 2000
MAX_PERIODS = 100
# Periods of a pack that the first message asks for: the one in its tray, and that after it, which is the
# newest of a pack on a shelf.
_WINDOW = 2


@dataclass(frozen=True)
class Standing:
    """Goods as they stand: the newest period's document, and the containers around, innermost first.

    ``tray`` is the document of the tray that a pack is in.
    """

    ref: str
    document: Unit | Container
    around: tuple[Standing, ...] = ()
    tray: Tray | None = None

    @property
    def period(self) -> int:
        return self.document["period"]

    @property
    def next_key(self) -> str:
        """Of the period that would follow."""
        return keys.period_key(self.ref, self.period + 1)

    @property
    def outermost(self) -> Standing:
        """The goods themselves where they are loose, else the container that is in none."""
        return self.around[-1] if self.around else self

    @property
    def status(self) -> str:
        """The goods' own, or that they are decommissioned with a container around them."""
        if any(outer.document["status"] == "decommissioned" for outer in self.around):
            return "decommissioned"
        return self.document["status"]

    @property
    def owner(self) -> str:
        """GLN of whoever owns it."""
        return self.outermost.document["owner"]

    @property
    def custodian(self) -> str:
        """GLN of whoever has it."""
        return self.outermost.document["custodian"]


def document_of(ref: str, found: Any) -> Any:
    """The document of a period of goods, from what is written under its key."""
    return found if ref.startswith("00") else whole(found, ref[2:16], ref[18:])


def change(
    context: Context, goods: Standing, document: Mapping[str, Any], protected_by: Sequence[str] | None = None
) -> None:
    """Write a new state of goods, see ``Context.write``; a pack leaves its tray for a period of its own."""
    if goods.tray is None:
        context.write(keys.period_key(goods.ref, goods.period), written(document), protected_by)
        return
    context.leave(goods.tray, goods.ref[18:])
    own = trays.out_of(document)
    context.write(goods.next_key, written(own), protected_by or [goods.tray["owner_msp"]])


# The keys that a caller reads next of loose packs, by their GTIN and lot.
Ahead = Callable[[str, str], Iterable[str]]


async def standings(
    context: Context, refs: Sequence[str], fields: Sequence[str], ahead: Ahead | None = None
) -> list[Standing]:
    """Goods by their refs, the record of each proven; Refusal with the field of what is unknown or forged.

    What ``ahead`` says is read with the containers that the goods were in, where there are any: the caller
    needs no message more for it.
    """
    walk = Walk(context)
    await walk.load(refs, ahead)
    return [walk.standing(ref, field) for ref, field in zip(refs, fields, strict=True)]


async def standing(context: Context, ref: str, field: str) -> Standing:
    """As ``standings``, of one."""
    return (await standings(context, [ref], [field]))[0]


class Walk:
    """The periods of goods and of every container that they were ever in, read level by level."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._trays: dict[Place, Tray | None] = {}
        self._standings: dict[str, Standing] = {}
        self._periods: dict[str, list[Unit | Container]] = {}
        self._documents: dict[str, list[Any]] = {}

    async def load(self, refs: Iterable[str], ahead: Ahead | None = None) -> None:
        """Read ``refs`` and the containers around them, now and before; ``ahead`` as in ``standings``."""
        unread = [ref for ref in refs if ref not in self._periods]
        asked = {ref: self._first(ref) for ref in unread}
        places = self._remembered(asked, ahead)
        while asked or places:
            if len(self._trays) + len(places) + sum(map(_is_container, self._periods)) > MAX_CONTAINERS:
                raise Refusal(Code.BATCH_TOO_LARGE, f"more than {MAX_CONTAINERS} containers around it")
            wanted = [keys.period_key(ref, number) for ref, window in asked.items() for number in window]
            found = await self._context.read_all([*wanted, *(keys.tray_key(*place) for place in places)])
            for place, tray in zip(places, found[len(wanted) :], strict=True):
                self._trays[place] = tray if trays.is_tray(tray, place) else None
            documents = iter(found)
            for ref, window in asked.items():
                self._take(ref, [next(documents) for _ in window])
            if ahead:
                # It goes with the second message, if there is one.
                self._context.expect(self._ahead(unread, ahead))
                ahead = None
            asked, places = self._following(asked, places)
        self._remember()

    def documents(self, ref: str) -> list[Any]:
        """The documents of all periods of loaded goods, oldest first, without a proof.

        That of a pack's first period is the one in its tray, where it is in it.
        """
        return self._documents[ref]

    def standing(self, ref: str, field: str) -> Standing:
        """Where loaded goods are; Refusal where they are unknown or their record is forged."""
        return self._proven(ref, field, 0)

    def _proven(self, ref: str, field: str, depth: int) -> Standing:
        if depth > MAX_DEPTH:
            raise Refusal(Code.RECORD_FORGED, f"{ref} is packed more than {MAX_DEPTH} deep", field)
        if ref in self._standings:
            return self._standings[ref]
        periods = self._periods[ref]
        if not periods:
            code = Code.CONTAINER_UNKNOWN if ref.startswith("00") else Code.UNIT_UNKNOWN
            raise Refusal(code, f"{ref} is not on the ledger", field)
        documents, tray = self.documents(ref), self._tray(ref)
        parents = _parents(documents)
        newest: Any = {sscc: self._periods[gs1.container_ref(sscc)][-1:] for sscc in parents}
        containers = {sscc: found[0] for sscc, found in newest.items() if found}
        self._context.check(rules.unbroken, ref, periods, tray, containers, field)
        proven = [self._proven(gs1.container_ref(sscc), field, depth + 1) for sscc in parents]
        around = (proven[-1], *proven[-1].around) if "parent" in documents[-1] else ()
        standing = Standing(ref, documents[-1], around, tray if len(periods) == 1 else None)
        self._standings[ref] = standing
        return standing

    def _tray(self, ref: str) -> Tray | None:
        """The tray that a loaded pack begins in, as its first document names it; of a container none."""
        periods = self._periods[ref]
        return self._trays[trays.place_of(periods[0])] if periods and not _is_container(ref) else None

    def _first(self, ref: str) -> range:
        """Which periods to read first; the document of a container tells if there are more."""
        if not _is_container(ref):
            return range(_WINDOW)
        return range(1 if self._context.trails.of(self._context.stub.channel_id, ref) is None else 2)

    def _remembered(self, asked: dict[str, range], ahead: Ahead | None) -> list[Place]:
        """The trays that goods are known to have been in; asks for known containers and ``ahead`` too."""
        channel, places = self._context.stub.channel_id, dict[Place, None]()
        following = list(asked)
        for ref in following:
            trail = self._context.trails.of(channel, ref)
            if trail is None:
                continue
            if ahead and trail.lot is not None:
                self._context.expect(ahead(ref[2:16], trail.lot))
            if trail.tray is not None and trail.tray not in self._trays:
                places[trail.tray] = None
            for container in map(gs1.container_ref, trail.parents):
                if container not in asked and container not in self._periods:
                    asked[container] = self._first(container)
                    following.append(container)
        return list(places)

    def _remember(self) -> None:
        """Keep the documents of what was read now, and where they lead."""
        channel = self._context.stub.channel_id
        for ref, periods in self._periods.items():
            if ref in self._documents:
                continue
            documents = self._documents[ref] = list(periods)
            tray = self._tray(ref)
            if tray is not None and trays.names(tray, periods[0]) and ref[18:] not in tray["left"]:
                documents[0] = trays.pack_in(tray, ref[18:])
            parents = _parents(documents)
            if parents:
                place = None if _is_container(ref) else trays.place_of(periods[0])
                self._context.trails.keep(channel, ref, Trail(tuple(parents), place, documents[0].get("lot")))

    def _ahead(self, refs: Iterable[str], ahead: Ahead) -> list[str]:
        """The keys to read of packs, by their first periods."""
        born: Any = [self._periods[ref][0] for ref in refs if self._periods[ref]]
        return [key for document in born for key in ahead(document["gtin"], document["lot"])]

    def _take(self, ref: str, found: Iterable[Any]) -> None:
        """Keep what was read of goods, a window, up to the first that is not there."""
        periods = self._periods.setdefault(ref, [])
        for document in found:
            if document is None:
                break
            # Whatever a majority wrote there is no period; it is found out for what it is.
            periods.append(document_of(ref, document if isinstance(document, dict) else {}))

    def _following(
        self, asked: Mapping[str, range], read: Iterable[Place]
    ) -> tuple[dict[str, range], list[Place]]:
        """What to read next: later periods, of goods and the containers around them, and trays."""
        following: dict[str, range] = {}
        places: dict[Place, None] = {}
        documents: list[Any] = [self._trays[place] for place in read]
        for ref, window in asked.items():
            periods = self._periods[ref]
            documents += periods[window.start :]
            if len(periods) == window.stop and "parent" in periods[-1]:
                if window.stop > MAX_PERIODS:
                    raise Refusal(Code.BATCH_TOO_LARGE, f"{ref} has more than {MAX_PERIODS} periods")
                following[ref] = range(window.stop, window.stop + 1)
            if not window.start and periods and not _is_container(ref):
                place = trays.place_of(periods[0])
                if place not in self._trays:
                    places[place] = None
        for document in documents:
            if document is not None and "parent" in document:
                container = gs1.container_ref(str(document["parent"]))
                if container not in self._periods and container not in following:
                    following[container] = self._first(container)
        return following, list(places)


def _is_container(ref: str) -> bool:
    return ref[1] == "0"


def _parents(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """The SSCCs of the containers that goods with these periods were in, oldest first."""
    return [str(document["parent"]) for document in documents if "parent" in document]
