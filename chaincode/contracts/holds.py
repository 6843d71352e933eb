"""Holds on goods: read at once with whatever needs them, placed, lifted and inherited."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from chaincode.contracts.context import Context, Resolved
from chaincode.contracts.recalled import asked_first
from chaincode.contracts.standing import Standing
from chaincode.model import keys
from chaincode.model.documents.safety import Claim, ClaimStatus, HeldLot, Hold
from chaincode.rules import holds


class Holds:
    """The holds over some goods as this transaction read them; changed in memory, and written by ``save``.

    A transaction does not see its own writes: whatever it does to holds it does to one of these.

    Of a lot of which nothing was ever on hold, neither the packs' own holds are read nor what some party has
    of it on hold: a thousand packs have one key between them that says so (``HeldLot``), written with the
    first hold.
    """

    def __init__(self, documents: dict[str, Hold], lots: dict[str, str], held: set[str]) -> None:
        """``documents``: what was read, by key. ``lots``: the key of the ``HeldLot`` by that of each hold on
        a pack or a lot; ``held``: those of them that are there.
        """
        self._documents = documents
        self._lots = lots
        self._held = held
        self._changed: set[str] = set()

    @property
    def ever(self) -> bool:
        """Whether the goods, or any pack of their lots, were ever on hold."""
        return bool(self._documents or self._held)

    def of(self, key: str) -> Hold:
        """The document under a key that was read; an empty one where nothing was ever on hold."""
        return self._documents.get(key) or holds.empty(keys.split(key)[1][0])

    def own(self, standing: Standing) -> Hold:
        """The hold document of the goods themselves."""
        return self.of(keys.hold_key(standing.ref))

    def over(self, standing: Standing) -> list[Hold]:
        """Every hold document that concerns the goods: their own, of what is around them, of their lots."""
        if not self._documents:
            # As it nearly always is, with a thousand packs to ask about.
            return []
        return [self._documents[key] for key in _keys_over(standing) if key in self._documents]

    def held(self, standing: Standing) -> bool:
        """Whether the goods, what is around them or what is inside them is on hold."""
        return bool(self.own(standing)["inside"]) or any(map(holds.claims, self.over(standing)))

    def check(self, context: Context, standing: Standing, field: str) -> None:
        """The rule that nothing on hold moves, for the goods with all around and inside them."""
        context.check(holds.not_held, standing.ref, self.over(standing), field)

    def check_disposal(self, context: Context, standing: Standing, reason: str, field: str) -> None:
        """The rule for what is decommissioned while it is on hold."""
        context.check(holds.disposable, standing.ref, self.over(standing), reason, field)

    def place(
        self, context: Context, where: Sequence[str], claim: Claim, guards: Collection[str], field: str
    ) -> None:
        """Put a claim on the hold under the first key, and a mark of it on those around it (``where_of``)."""
        own, *around = where
        context.check(holds.not_claimed, self.of(own), claim, field)
        self.put(own, holds.placed(self.of(own), claim, guards, field))
        for key in around:
            self.put(key, holds.marked(self.of(key), self.of(own)["ref"], guards, field))

    def lift(
        self, context: Context, where: Sequence[str], ended: Sequence[Claim], by: str, reason: str
    ) -> None:
        """End claims on the hold under the first key; with the last one the marks around it end too."""
        own, *around = where
        self.put(own, holds.lifted(self.of(own), ended, by, reason, context.now))
        if not holds.claims(self.of(own)):
            for key in around:
                self.put(key, holds.unmarked(self.of(key), [self.of(own)["ref"]]))

    def put(self, key: str, hold: Hold) -> None:
        """Change the document under a key."""
        self._documents[key] = hold
        self._changed.add(key)

    def save(self, context: Context) -> None:
        """Write what was changed, under the policy of those whom it concerns."""
        for key in sorted(self._changed):
            context.write(key, self._documents[key], protected_by=self._documents[key]["guards"])
        for key in sorted({self._lots[key] for key in self._changed if key in self._lots} - self._held):
            gtin, lot = keys.split(key)[1]
            held: HeldLot = {"doc": "held_lot", "gtin": gtin, "lot": lot}
            context.write_once(key, held)
            self._held.add(key)


async def holds_of(context: Context, goods_read: Sequence[Standing]) -> Holds:
    """The holds over goods, what is around them and their lots, in one message where there was never any.

    The lots' documents and whether their products were ever recalled come in the same message: who asks what
    is on hold looks at expiry or recalls next.
    """
    others, lots = _own_keys(goods_read)
    inside: dict[tuple[str, str], None] = {}
    for one in goods_read:
        others.update(dict.fromkeys(where_of(one)[1:]))
        glns = _parties(one.owner, one.custodian)
        for lot in lots_of(one):
            inside[lot] = None
            lots.update(dict.fromkeys(_lot_keys(*lot, glns), _held_lot_key(*lot)))
    return await _read(context, others, lots, asked_first(inside))


def asked_of_loose(gtin: str, lot: str) -> list[str]:
    """The keys that ``holds_of`` reads first of a loose pack of this lot."""
    return [_held_lot_key(gtin, lot), *asked_first([(gtin, lot)])]


async def lot_holds(context: Context, gtin: str, lot: str, gln: str) -> Holds:
    """The hold on whatever one party has of a lot, under ``keys.lot_hold_key``."""
    return await _read(context, {}, {keys.lot_hold_key(gtin, lot, gln): _held_lot_key(gtin, lot)})


def _own_keys(goods_read: Sequence[Standing]) -> tuple[dict[str, None], dict[str, str]]:
    """The keys of the own holds of containers, and those of packs with the key of each lot's ``HeldLot``."""
    others: dict[str, None] = {}
    lots: dict[str, str] = {}
    for one in goods_read:
        document, key = one.document, keys.hold_key(one.ref)
        if document["doc"] == "unit":
            lots[key] = _held_lot_key(document["gtin"], document["lot"])
        else:
            others[key] = None
    return others, lots


async def _read(
    context: Context, others: Collection[str], lots: dict[str, str], ahead: Sequence[str] = ()
) -> Holds:
    """The holds of containers, and of ``lots`` those whose ``HeldLot`` is there; see ``Holds``.

    ``ahead`` are keys that the caller reads next.
    """
    marks = sorted(set(lots.values()))
    found = await context.read_all([*marks, *others, *ahead])
    held = {mark for mark, document in zip(marks, found, strict=False) if document is not None}
    wanted = [*others, *(key for key, mark in lots.items() if mark in held)]
    # What is not of a lot was read already.
    documents = zip(wanted, await context.read_all(wanted), strict=True)
    return Holds({key: document for key, document in documents if document is not None}, lots, held)


async def place(
    context: Context,
    standing: Standing,
    status: ClaimStatus,
    reason: str,
    by_gln: str,
    resolved: Resolved,
    basis: str | None = None,
    field: str = "ref",
) -> None:
    """Put goods on hold, or change the status of the hold with this basis; once a transaction."""
    found = await holds_of(context, [standing])
    claim = claim_of(context, status, reason, by_gln, basis)
    guards = (owner_msp(standing), resolved.party(by_gln, field)["msp_id"])
    found.place(context, where_of(standing), claim, guards, field)
    found.save(context)


async def inherit(context: Context, container: Standing, children: Sequence[Standing], field: str) -> None:
    """Give the holds on a container to what is taken out of it, and take its marks of them away."""
    key = keys.hold_key(container.ref)
    outer = (await _read(context, [key], {})).own(container)
    claimed = holds.claims(outer)
    # What carries no mark inside need not be read, except to write a claim to it.
    read = children if claimed else [child for child in children if child.document["doc"] == "container"]
    if not claimed and not outer["inside"]:
        return
    found = await _read(context, *_own_keys(read))
    gone = {child.ref for child in children}
    for child in read:
        own = found.own(child)
        gone.update(own["inside"])
        if claimed:
            found.put(keys.hold_key(child.ref), holds.inherited(own, outer, field))
    if outer["inside"]:
        found.put(key, holds.unmarked(outer, gone))
    found.save(context)


def claim_of(
    context: Context, status: ClaimStatus, reason: str, by_gln: str, basis: str | None = None
) -> Claim:
    """A claim made now."""
    claim: Claim = {"status": status, "reason": reason, "placed_by": by_gln, "placed_at": context.now}
    if basis is not None:
        claim["basis"] = basis
    return claim


def owner_msp(standing: Standing) -> str:
    """The organisation of the goods' owner."""
    return standing.outermost.document["owner_msp"]


def where_of(standing: Standing) -> list[str]:
    """The keys of the goods' own hold and of the holds of the containers around them."""
    return [keys.hold_key(one.ref) for one in (standing, *standing.around)]


def _keys_over(standing: Standing) -> Iterator[str]:
    """The keys of all holds over goods: their own, of what is around them and of their lots."""
    yield from where_of(standing)
    glns = _parties(standing.owner, standing.custodian)
    for gtin, lot in lots_of(standing):
        yield from _lot_keys(gtin, lot, glns)


def _parties(owner: str, custodian: str) -> tuple[str, ...]:
    """Owner and custodian (GLNs), each once."""
    return (owner,) if owner == custodian else tuple(sorted((owner, custodian)))


@lru_cache(maxsize=1024)
def _lot_keys(gtin: str, lot: str, glns: tuple[str, ...]) -> list[str]:
    """Of the holds on a lot at some parties: a thousand packs of a case have them between them."""
    return [keys.lot_hold_key(gtin, lot, gln) for gln in glns]


@lru_cache(maxsize=1024)
def _held_lot_key(gtin: str, lot: str) -> str:
    return keys.held_lot_key(gtin, lot)


def lots_of(standing: Standing) -> list[tuple[str, str]]:
    """GTIN and lot of everything in the goods."""
    document = standing.document
    if document["doc"] == "unit":
        return [(document["gtin"], document["lot"])]
    return [(content["gtin"], content["lot"]) for content in document["contents"]]
