"""Where goods are and whose, read from all their periods and those of the containers they were in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaincode.contracts import packings
from chaincode.contracts.context import Context
from chaincode.contracts.runs import first_periods
from chaincode.contracts.trails import Trail
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Container, Packing, Unit
from chaincode.model.errors import Code, Refusal
from chaincode.model.packing import Part, part_named
from chaincode.model.periods import goes_on, whole, written
from chaincode.rules import standing as rules
from chaincode.rules.standing import Packed

# A pack in a bundle in a case on a pallet in a sea container, and room to spare.
MAX_DEPTH = 8
# Containers that are looked at in one transaction, one once for each part of its packing list.
MAX_CONTAINERS = 2000
MAX_PERIODS = 100
# Periods that the first message asks for. Packs in their first need two; one on a shelf was taken out of a
# case and needs three, and of a few goods one more costs less than another message.
_WINDOW, _WIDE = 2, 3
_FEW = 20


@dataclass(frozen=True)
class Standing:
    """Goods as they stand: the newest period's document, and the containers around, innermost first."""

    ref: str
    document: Unit | Container
    around: tuple[Standing, ...] = ()

    @property
    def period(self) -> int:
        return self.document["period"]

    @property
    def key(self) -> str:
        """Of the document."""
        return keys.period_key(self.ref, self.period)

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
    """Write a new state of the goods' present period; see ``Context.write``."""
    context.write(goods.key, written(document), protected_by)


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

    def __init__(self, context: Context, periods: int | None = None) -> None:
        """``periods``: how many of each pack are read at most, of packs that have no more; else all."""
        self._context = context
        self._at_most = periods
        self._packings: dict[Part, Packing | None] = {}
        self._packed: dict[Part, Packed] = {}
        self._standings: dict[str, Standing] = {}
        self.periods: dict[str, list[Unit | Container]] = {}

    async def first_periods(self, refs: Sequence[str]) -> list[list[Any]]:
        """What is written of the first periods of each, None of those that are not there; it is read once."""
        window = self._at_most or _WINDOW
        if window == 1 and {ref[:16] for ref in refs} == {f"01{refs[0][2:16]}"}:
            one_product = await first_periods(self._context, refs[0][2:16], [ref[18:] for ref in refs])
            return [[document] for document in one_product]
        found = await self._context.read_all([keys.period_key(ref, n) for ref in refs for n in range(window)])
        return [found[place : place + window] for place in range(0, len(found), window)]

    async def load(self, refs: Iterable[str], ahead: Ahead | None = None) -> None:
        """Read ``refs`` and the containers around them, now and before; ``ahead`` as in ``standings``."""
        unread = [ref for ref in refs if ref not in self.periods]
        first = range(self._at_most or _WINDOW)
        asked = dict.fromkeys(unread, range(_WIDE) if ahead and len(unread) <= _FEW else first)
        parts = self._remembered(unread, ahead)
        while asked or parts:
            for sscc, _ in parts:
                ref = gs1.container_ref(sscc)
                if ref not in self.periods:
                    asked.setdefault(ref, range(self._around(ref)))
            wanted = [keys.period_key(ref, number) for ref, window in asked.items() for number in window]
            lists = [keys.packing_key(*part) for part in parts]
            found = await self._context.read_all([*wanted, *lists])
            self._packings |= zip(parts, found[len(wanted) :], strict=True)
            parts = self._take(asked, found)
            if ahead:
                # It goes with the second message, if there is one.
                self._context.expect(self._ahead(unread, ahead))
                ahead = None
            if len(self._packings) + len(parts) > MAX_CONTAINERS:
                raise Refusal(Code.BATCH_TOO_LARGE, f"more than {MAX_CONTAINERS} containers around it")
            asked = self._unfinished(asked)
        self._remember()
        for (sscc, part), packing in self._packings.items():
            periods = self.periods[gs1.container_ref(sscc)]
            if (sscc, part) not in self._packed and packing is not None and periods:
                container: Any = periods[-1]
                sealed = await packings.intact(self._context, sscc, part, packing, container)
                self._packed[sscc, part] = Packed.of(packing, sealed, container)

    def _around(self, ref: str) -> int:
        """How many periods to read first of a container around goods; its document tells if it has more."""
        return 1 if self._context.trails.of(self._context.stub.channel_id, ref) is None else _WINDOW

    def _remembered(self, refs: Sequence[str], ahead: Ahead | None) -> list[Part]:
        """The parts of lists that are known to name goods, or containers around them; reads ``ahead`` too."""
        if self._at_most is not None:
            return []
        channel, found = self._context.stub.channel_id, dict[Part, None]()
        following = list(refs)
        for ref in following:
            trail = self._context.trails.of(channel, ref)
            if trail is None:
                continue
            if ahead and trail.lot is not None:
                self._context.expect(ahead(ref[2:16], trail.lot))
            for part in trail.parts:
                if part not in found and part not in self._packings:
                    found[part] = None
                    following.append(gs1.container_ref(part[0]))
        return list(found)

    def _remember(self) -> None:
        channel = self._context.stub.channel_id
        for ref, periods in self.periods.items():
            if len(periods) > 1:
                parts = tuple(part_named(document) for document in periods if "parent" in document)
                born: Any = periods[0]
                self._context.trails.keep(channel, ref, Trail(parts, born.get("lot")))

    def _ahead(self, refs: Iterable[str], ahead: Ahead) -> list[str]:
        """The keys to read of those that are loose by their newest periods so far."""
        newest: Any = [self.periods[ref][-1] for ref in refs if self.periods[ref]]
        loose = [document for document in newest if "parent" not in document]
        return [key for document in loose for key in ahead(document["gtin"], document["lot"])]

    def standing(self, ref: str, field: str) -> Standing:
        """Where loaded goods are; Refusal where they are unknown or their record is forged."""
        return self._proven(ref, field, 0)

    def _proven(self, ref: str, field: str, depth: int) -> Standing:
        if depth > MAX_DEPTH:
            raise Refusal(Code.RECORD_FORGED, f"{ref} is packed more than {MAX_DEPTH} deep", field)
        if ref in self._standings:
            return self._standings[ref]
        periods = self.periods[ref]
        if not periods:
            code = Code.CONTAINER_UNKNOWN if ref.startswith("00") else Code.UNIT_UNKNOWN
            raise Refusal(code, f"{ref} is not on the ledger", field)
        self._context.check(rules.unbroken, ref, periods, self._packed, field)
        around: tuple[Standing, ...] = ()
        for document in periods if len(periods) > 1 else ():
            around = ()
            if "parent" in document:
                container = self._proven(gs1.container_ref(document["parent"]), field, depth + 1)
                around = (container, *container.around)
        proven = self._standings[ref] = Standing(ref, periods[-1], around)
        return proven

    def _take(self, asked: Mapping[str, range], found: Iterable[Unit | Container | None]) -> list[Part]:
        """Keep what was read of each, a window; the parts of lists that it names for the first time."""
        fresh: dict[Part, None] = {}
        documents = iter(found)
        for ref, window in asked.items():
            periods = self.periods.setdefault(ref, [])
            for document in [next(documents) for _ in window]:
                if document is None:
                    break
                periods.append(document_of(ref, document))
                if "parent" in document:
                    part = part_named(document)
                    if part not in self._packings:
                        fresh[part] = None
        return list(fresh)

    def _unfinished(self, asked: Mapping[str, range]) -> dict[str, range]:
        """Goods of whose periods there may be more, and which to read next: up to one that tells."""
        left: dict[str, range] = {}
        for ref, window in asked.items():
            periods, following = self.periods[ref], window.stop
            most = None if ref.startswith("00") else self._at_most
            if len(periods) == following and following != most and goes_on(ref, periods[-1]):
                if following > MAX_PERIODS:
                    raise Refusal(Code.BATCH_TOO_LARGE, f"{ref} has more than {MAX_PERIODS} periods")
                left[ref] = range(following, following + 1 + following % 2)
        return left
