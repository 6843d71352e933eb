"""Holds on goods: read at once with whatever needs them, placed, lifted and inherited."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from chaincode.contracts.context import Context, Resolved
from chaincode.contracts.standing import Standing
from chaincode.model import gs1, keys
from chaincode.model.documents.safety import Claim, ClaimStatus, Hold
from chaincode.rules import holds


class Holds:
    """The holds over some goods as this transaction read them; changed in memory, and written by ``save``.

    A transaction does not see its own writes: whatever it does to holds it does to one of these.
    """

    def __init__(self, names: dict[str, str], documents: dict[str, Hold]) -> None:
        """``names``: the keys that were read, with their refs; ``documents``: what was there."""
        self._names = names
        self._documents = documents
        self._changed: set[str] = set()

    def of(self, key: str) -> Hold:
        """The document under a key that was read; an empty one where nothing was ever on hold."""
        return self._documents.get(key) or holds.empty(self._names[key])

    def own(self, standing: Standing) -> Hold:
        """The hold document of the goods themselves."""
        return self.of(keys.hold_key(standing.ref))

    def over(self, standing: Standing) -> list[Hold]:
        """Every hold document that concerns the goods: their own, of what is around them, of their lots."""
        if not self._documents:
            # As it nearly always is, with a thousand packs to ask about.
            return []
        return [self._documents[key] for key, _ in _keys_over(standing) if key in self._documents]

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


async def holds_of(context: Context, goods_read: Sequence[Standing]) -> Holds:
    """The holds over goods, what is around them and their lots, in one reading."""
    wanted = {key: name for standing in goods_read for key, name in _keys_over(standing)}
    return await read_holds(context, wanted)


async def read_holds(context: Context, wanted: dict[str, str]) -> Holds:
    """Hold documents by their keys, each with the ref that it is of."""
    if not wanted:
        return Holds({}, {})
    found = await context.read_all(list(wanted))
    stored = {key: document for key, document in zip(wanted, found, strict=True) if document is not None}
    return Holds(wanted, stored)


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


async def inherit(context: Context, container: Standing, children: Collection[str], field: str) -> None:
    """Give the holds on a container to what is taken out of it, and take its marks of them away."""
    key = keys.hold_key(container.ref)
    outer = (await read_holds(context, {key: container.ref})).own(container)
    claimed = holds.claims(outer)
    # What carries no mark inside need not be read, except to write a claim to it.
    refs = sorted(children) if claimed else sorted(name for name in children if name.startswith("00"))
    if not claimed and not outer["inside"]:
        return
    found = await read_holds(context, {keys.hold_key(name): name for name in refs})
    gone = set(children)
    for name in refs:
        child = found.of(keys.hold_key(name))
        gone.update(child["inside"])
        if claimed:
            found.put(keys.hold_key(name), holds.inherited(child, outer, field))
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


def _keys_over(standing: Standing) -> Iterator[tuple[str, str]]:
    """The keys of all holds over goods, each with the ref that it is of."""
    for one in (standing, *standing.around):
        yield keys.hold_key(one.ref), one.ref
    owner, custodian = standing.owner, standing.custodian
    glns = (owner,) if owner == custodian else tuple(sorted((owner, custodian)))
    for gtin, lot in lots_of(standing):
        yield from _lot_keys(gtin, lot, glns)


@lru_cache(maxsize=1024)
def _lot_keys(gtin: str, lot: str, glns: tuple[str, ...]) -> list[tuple[str, str]]:
    """As ``_keys_over``, of one lot: a thousand packs of a case have one between them."""
    return [(keys.lot_hold_key(gtin, lot, gln), gs1.lot_ref(gtin, lot)) for gln in glns]


def lots_of(standing: Standing) -> list[tuple[str, str]]:
    """GTIN and lot of everything in the goods."""
    document = standing.document
    if document["doc"] == "unit":
        return [(document["gtin"], document["lot"])]
    return [(content["gtin"], content["lot"]) for content in document["contents"]]
