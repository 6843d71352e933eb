"""Trays of packs: who had to agree that they begin, that packs leave them, and that they are packed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from chaincode.model import gs1, keys
from chaincode.model.periods import HANDS
from chaincode.model.trays import Place, pack_in
from mediledger.audit import policies
from mediledger.audit.finding import Broken
from mediledger.audit.last import (
    Last,
    Told,
    born_of,
    digest,
    guarded,
    kept_of,
    told,
)
from mediledger.audit.members import Members
from mediledger.audit.written import Written


class _Tray(NamedTuple):
    """``pack`` is how each pack stands that is in it; ``left`` are those that are not.

    ``hands`` are the owner's and custodian's names, and ``same`` is the hash of what never changes.
    """

    pack: Last
    left: Told
    hands: tuple[str, ...]
    same: bytes


class Trays:
    """Every tray on the ledger: a small tuple for its hundred packs."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._trays: dict[Place, _Tray] = {}

    def pack(self, place: Place) -> Last | None:
        """How the packs stand that are in a tray; None where there is no such tray."""
        return self._trays[place].pack if place in self._trays else None

    def names(self, written: Written, place: Place, serial: str) -> bool:
        """Whether a transaction begins a tray, and commissions a pack in it as it says."""
        return place not in self._trays and serial in written.commissions(place)

    def check(self, written: Written, last: Mapping[str, Last]) -> Iterator[tuple[str, Broken]]:
        """What a transaction's trays break; ``last`` are the periods before it of all goods.

        Notes in ``written`` which packs leave each.
        """
        for place, key in written.trays.items():
            document, before = written.documents[key], self._trays.get(place)
            if before is None:
                found = self._begun(written, place, document)
            elif before.pack.parent:
                found = iter([Broken.SETTLED])
            else:
                found = self._changed(written, place, document, before, last)
            yield from ((key, broken) for broken in found)
            if not guarded(document, self._members, self._policy(written, place, key)):
                yield key, Broken.GUARD

    def remember(self, written: Written) -> None:
        """Keep what a transaction's trays say; after everything else of it was checked."""
        for place, key in written.trays.items():
            document = written.documents[key]
            pack = Last(
                0,
                document.get("owner_msp", ""),
                self._members.msp(document.get("custodian", "")),
                document.get("parent", ""),
                self._policy(written, place, key),
                born=born_of(document),
                kept=kept_of(pack_in(document, place[1])),  # type: ignore[arg-type]
                tray=place,
            )
            self._trays[place] = _Tray(pack, told(document["left"]), _hands(document), _same(document))

    def _begun(self, written: Written, place: Place, document: dict[str, Any]) -> Iterator[Broken]:
        if document.get("owner_msp") not in written.endorsers:
            yield Broken.OWNER
        if self._members.maker(document["gtin"]) not in written.endorsers:
            yield Broken.AUTHOR
        if written.commissions(place) != set(document["serials"]) or not document["serials"]:
            yield Broken.TRAY
        if document["left"]:
            yield Broken.LEFT

    def _changed(
        self, written: Written, place: Place, document: dict[str, Any], tray: _Tray, last: Mapping[str, Last]
    ) -> Iterator[Broken]:
        if tray.pack.owner not in written.endorsers:
            yield Broken.OWNER
        if tray.pack.custodian not in written.endorsers:
            yield Broken.CUSTODIAN
        if tray.pack.policy and not policies.met(tray.pack.policy, written.endorsers):
            yield Broken.POLICY
        packed = "parent" in document
        if _same(document) != tray.same or _hands(document) != (() if packed else tray.hands):
            yield Broken.CHANGED
        if packed and not written.packs(document["parent"], place, tray.pack.owner):
            yield Broken.PACKED
        count, _ = tray.left
        newly = document["left"][count:]
        written.leaving[place] = frozenset(newly)
        grown = told(document["left"][:count]) == tray.left and not (packed and newly)
        if not grown or not _all_leave(written, place, newly, last):
            yield Broken.LEFT

    def _policy(self, written: Written, place: Place, key: str) -> bytes:
        before = self._trays.get(place)
        return written.policy(key, before.pack.policy if before else b"")


def _all_leave(written: Written, place: Place, serials: Iterable[str], last: Mapping[str, Last]) -> bool:
    """Whether packs, each named once, are in a tray, and begin a period of their own."""
    serials = list(serials)
    refs = [gs1.unit_ref(place[0], serial) for serial in serials]
    inside = all(ref in last and last[ref].tray == place for ref in refs)
    begun = all(keys.period_key(ref, 1) in written.documents for ref in refs)
    return inside and begun and len(set(refs)) == len(refs)


def _hands(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(document[name] for name in HANDS if name in document)


def _same(document: Mapping[str, Any]) -> bytes:
    return digest(document, *HANDS, "parent", "left")
