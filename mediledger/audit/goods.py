"""Periods of units and containers: who had to agree that they begin, and that they change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chaincode.model import keys, trays
from chaincode.model.periods import HANDS
from mediledger.audit import policies
from mediledger.audit.finding import Broken
from mediledger.audit.last import (
    PERIODS,
    Last,
    born_of,
    gone_of,
    guarded,
    kept_of,
    last_of,
    period_of,
    stays,
)
from mediledger.audit.members import Members
from mediledger.audit.signed import Signed
from mediledger.audit.trays import Trays
from mediledger.audit.written import Documents, Written

# Deeper than goods are ever packed: what is forged may go round in circles.
MAX_DEPTH = 16
Found = Iterator[tuple[str, Broken]]


class Goods:
    """The newest period of everything on the ledger: one small tuple each, and one for all that are alike.

    Of a pack in its tray it says the tray, so that a hundred of them share one.
    """

    def __init__(self, members: Members) -> None:
        self._members = members
        self._trays = Trays(members)
        self._last: dict[str, Last] = {}
        self._alike: dict[Last, Last] = {}

    def last(self, documents: Documents) -> dict[str, Last]:
        """The newest periods so far of the goods that documents are of, by ref."""
        refs = {period_of(key)[0] for key, document in documents.items() if document["doc"] in PERIODS}
        return {ref: last for ref in refs if (last := self._standing(ref)) is not None}

    def check(self, signed: Signed, documents: Documents) -> Found:
        """What a transaction's goods, trays and packing lists break; ``documents`` are those by key."""
        written = Written(signed, documents, self._last)
        for sscc, key in written.packings.items():
            if not written.packs_all(sscc):
                yield key, Broken.PACKED
        yield from self._trays.check(written, self._last)
        for ref, number, key in written.periods:
            document, last = documents[key], self._standing(ref)
            for broken in self._period(written, ref, number, document, last):
                yield key, broken
            newest = last.period if last else -1
            if number in (newest, newest + 1):
                before = self._last[ref].policy if number == newest else b""
                policy = written.policy(key, before)
                if not guarded(document, self._members, policy):
                    yield key, Broken.GUARD
                now = last_of(document, self._members, policy)
                self._last[ref] = self._alike.setdefault(now, now)
        self._trays.remember(written)

    def owner_of(self, ref: str) -> str:
        """The MSP that owns goods, by the outermost container around them; empty where there is none."""
        last = self._standing(ref)
        for _ in range(MAX_DEPTH):
            if last is None or not last.parent:
                break
            last = self._standing(f"00{last.parent}")
        return last.owner if last else ""

    def lot_of(self, ref: str) -> str:
        """The lot number of a pack; empty where it is not on the ledger, and of a container."""
        last = self._standing(ref)
        return last.born[0] if last and last.born else ""

    def _standing(self, ref: str) -> Last | None:
        """The newest period of goods; of a pack in its tray as that says."""
        last = self._last.get(ref)
        return last if last is None or last.tray is None else self._trays.pack(last.tray) or last

    def _period(
        self, written: Written, ref: str, number: int, document: dict[str, Any], last: Last | None
    ) -> Iterator[Broken]:
        newest = last.period if last else -1
        if number < newest:
            yield Broken.SETTLED
        elif number > newest + 1:
            yield Broken.PERIOD
        elif last is None:
            yield from self._born(written, ref, document)
        elif number == newest:
            yield from self._changed(written, ref, document, last)
        elif last.parent:
            yield from self._taken(written, ref, document, last)
        elif last.tray:
            yield from self._left(written, ref, document, last)
        else:
            yield Broken.PERIOD

    def _born(self, written: Written, ref: str, document: dict[str, Any]) -> Iterator[Broken]:
        if document["doc"] == "unit":
            if not self._trays.names(written, trays.place_of(document), document["serial"]):
                yield Broken.TRAY
            return
        if document.get("owner_msp") not in written.endorsers:
            yield Broken.OWNER
        if document["sscc"] not in written.packings:
            yield Broken.PACKED

    def _changed(self, written: Written, ref: str, document: dict[str, Any], last: Last) -> Iterator[Broken]:
        if last.parent or last.tray:
            yield Broken.SETTLED
            return
        if last.policy and not policies.met(last.policy, written.endorsers):
            yield Broken.POLICY
        yield from self._agreed(written, ref, document, last)
        if "parent" not in document and _put_back(document, last):
            yield Broken.TAKEN

    def _left(self, written: Written, ref: str, document: dict[str, Any], last: Last) -> Iterator[Broken]:
        if last.tray is None or ref[18:] not in written.leaving.get(last.tray, ()):
            yield Broken.LEFT
            return
        yield from self._agreed(written, ref, document, last)

    def _agreed(self, written: Written, ref: str, document: dict[str, Any], last: Last) -> Iterator[Broken]:
        """What goods that were loose break where they change, leave their tray or are packed."""
        if last.owner not in written.endorsers:
            yield Broken.OWNER
        if last.custodian not in written.endorsers:
            yield Broken.CUSTODIAN
        if "parent" in document:
            if not written.packs(document["parent"], ref, last.owner):
                yield Broken.PACKED
            if not stays(document, last):
                yield Broken.CHANGED
            return
        if document["owner_msp"] not in written.endorsers | {last.owner}:
            yield Broken.RECEIVER
        if born_of(document) != last.born:
            yield Broken.CHANGED

    def _taken(self, written: Written, ref: str, document: dict[str, Any], last: Last) -> Iterator[Broken]:
        name = f"00{last.parent}"
        container = self._last.get(name)
        said = written.documents.get(keys.period_key(name, container.period)) if container else None
        if container is None or said is None or "parent" in said:
            yield Broken.TAKEN
            return
        whose = all(document.get(field) == said[field] for field in HANDS)
        if container.owner not in written.endorsers or not whose:
            yield Broken.OWNER
        if kept_of(document) != last.kept:
            yield Broken.CHANGED
        if not written.says_taken(said, ref):
            yield Broken.TAKEN


def _put_back(document: dict[str, Any], last: Last) -> bool:
    """Whether a container's document takes back that something was taken out."""
    return gone_of(document, last.gone[0]) != last.gone and document["status"] != "unpacked"
