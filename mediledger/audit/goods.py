"""Periods of units and containers: who had to agree that they begin, and that they change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from chaincode.model import canonical, keys
from chaincode.model.packing import hashes_of, part_keys, seal_of
from chaincode.model.periods import tells_end
from mediledger.audit import policies
from mediledger.audit.finding import Broken
from mediledger.audit.members import Members
from mediledger.audit.signed import Signed

CUSTODY = "custody"
# Deeper than goods are ever packed: what is forged may go round in circles.
MAX_DEPTH = 16
IMPLICIT = "_implicit_org_"
Documents = Mapping[str, dict[str, Any]]
Found = Iterator[tuple[str, Broken]]


class Last(NamedTuple):
    """The newest period of goods; owner and custodian (MSPs) only of a loose one, which has a policy.

    ``gone`` is what a container's document says was taken out: how many, and the hash of their refs; of one
    that was unpacked, less than none. ``listed`` is the hash of what seals a container's packing list, and
    ``lot`` a pack's lot number.
    """

    period: int
    owner: str = ""
    custodian: str = ""
    parent: str = ""
    policy: bytes = b""
    gone: tuple[int, bytes] = (0, b"")
    listed: bytes = b""
    lot: str = ""


class Goods:
    """The newest period of everything on the ledger: one small tuple each, and one for all that are alike."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._last: dict[str, Last] = {}
        self._alike: dict[Last, Last] = {}

    def last(self, documents: Documents) -> dict[str, Last]:
        """The newest periods so far of the goods that documents are of, by ref."""
        refs = {period_of(key)[0] for key, document in documents.items() if document["doc"] != "packing"}
        return {ref: self._last[ref] for ref in refs if ref in self._last}

    def check(self, signed: Signed, documents: Documents) -> Found:
        """What a transaction's goods and packing lists break; ``documents`` are those by key."""
        written = _Written(signed, documents)
        for key in written.packings:
            if not written.sealed(key):
                yield key, Broken.SEAL
            if not written.packs_all(key):
                yield key, Broken.PACKED
        for ref, number, key in written.periods:
            document, last = documents[key], self._last.get(ref)
            for broken in self._period(written, ref, number, document, last):
                yield key, broken
            newest = last.period if last else -1
            if number in (newest, newest + 1):
                before = last.policy if last and number == newest else b""
                policy = signed.policies.get((CUSTODY, key), before)
                if not self._kept(policy, document):
                    yield key, Broken.GUARD
                self._remember(ref, number, document, policy)

    def _period(
        self, written: _Written, ref: str, number: int, document: dict[str, Any], last: Last | None
    ) -> Iterator[Broken]:
        newest = last.period if last else -1
        followed = keys.period_key(ref, number + 1) in written.documents
        if ("ended" in document) != (followed and tells_end(ref, number)):
            yield Broken.PACKED
        if document["period"] != number or ("parent" in document) != bool(number % 2):
            yield Broken.PERIOD
        elif number < newest:
            yield Broken.SETTLED
        elif number > newest + 1:
            yield Broken.PERIOD
        elif last is None:
            yield from self._born(written, document)
        else:
            if _listed(document) != last.listed:
                yield Broken.LISTED
            if number == newest:
                yield from self._changed(written, document, last)
            elif number % 2:
                yield from self._packed(written, ref, number, document, last)
            else:
                yield from self._taken(written, ref, document, last)

    def _born(self, written: _Written, document: dict[str, Any]) -> Iterator[Broken]:
        if document["owner_msp"] not in written.endorsers:
            yield Broken.OWNER
        if document["doc"] == "container" and not written.lists(document):
            yield Broken.PACKED

    def _changed(self, written: _Written, document: dict[str, Any], last: Last) -> Iterator[Broken]:
        if last.parent:
            yield Broken.SETTLED
            return
        if last.owner not in written.endorsers:
            yield Broken.OWNER
        if last.custodian not in written.endorsers:
            yield Broken.CUSTODIAN
        if last.policy and not policies.met(last.policy, written.endorsers):
            yield Broken.POLICY
        if document["owner_msp"] not in written.endorsers | {last.owner}:
            yield Broken.RECEIVER
        if document["doc"] == "container" and _put_back(document, last):
            yield Broken.TAKEN

    def _packed(
        self, written: _Written, ref: str, number: int, document: dict[str, Any], last: Last
    ) -> Iterator[Broken]:
        if last.owner not in written.endorsers:
            yield Broken.OWNER
        packing = written.packings.get(keys.packing_key(document["parent"], document["part"]))
        # Where it was not written it does not say that it has ended.
        told = not tells_end(ref, number - 1) or keys.period_key(ref, number - 1) in written.documents
        if packing is None or packing.periods.get(ref) != number or packing.msp_id != last.owner or not told:
            yield Broken.PACKED

    def _taken(self, written: _Written, ref: str, document: dict[str, Any], last: Last) -> Iterator[Broken]:
        name = f"00{last.parent}"
        container = self._last.get(name)
        said = written.documents.get(keys.period_key(name, container.period)) if container else None
        if container is None or said is None or "parent" in said:
            yield Broken.TAKEN
            return
        if container.owner not in written.endorsers or document["owner_msp"] != said["owner_msp"]:
            yield Broken.OWNER
        if not written.says_taken(said, ref):
            yield Broken.TAKEN

    def owner_of(self, ref: str) -> str:
        """The MSP that owns goods, by the outermost container around them; empty where there is none."""
        last = self._last.get(ref)
        for _ in range(MAX_DEPTH):
            if last is None or not last.parent:
                break
            last = self._last.get(f"00{last.parent}")
        return last.owner if last else ""

    def lot_of(self, ref: str) -> str:
        """The lot number of a pack; empty where it is not on the ledger, and of a container."""
        last = self._last.get(ref)
        return last.lot if last else ""

    def _kept(self, policy: bytes, document: dict[str, Any]) -> bool:
        """Whether the key can be written again only by whom it belongs to; a packed period's by nobody."""
        if "parent" in document:
            return policies.settled(policy)
        whose = (document["owner_msp"], self._members.msp(document["custodian"]))
        return all(policies.guarded(policy, msp) for msp in whose)

    def _remember(self, ref: str, number: int, document: dict[str, Any], policy: bytes) -> None:
        lot, listed = document["lot"] if document["doc"] == "unit" else "", _listed(document)
        if "parent" in document:
            now = Last(number, parent=document["parent"], listed=listed, lot=lot)
        else:
            custodian = self._members.msp(document["custodian"])
            now = Last(number, document["owner_msp"], custodian, "", policy, _gone(document), listed, lot)
        self._last[ref] = self._alike.setdefault(now, now)


class _Packing(NamedTuple):
    """A part of a packing list: the period that it begins for each of its goods, and the MSP that seals."""

    periods: dict[str, int]
    msp_id: str


class _Written:
    """What a transaction writes about goods."""

    def __init__(self, signed: Signed, documents: Documents) -> None:
        self.endorsers = signed.endorsers
        self.documents = documents
        self.packings: dict[str, _Packing] = {}
        self.periods: list[tuple[str, int, str]] = []
        self._hashes = signed.hashes
        self._gone: dict[str, frozenset[str]] = {}
        for key, document in documents.items():
            if document["doc"] == "packing":
                periods = dict(zip(document["children"], document["periods"], strict=True))
                self.packings[key] = _Packing(periods, document["msp_id"])
            else:
                self.periods.append((*period_of(key), key))
        self.periods.sort()

    def sealed(self, key: str) -> bool:
        """Whether a part is its container's, and the seal written with it in the collection of its MSP."""
        packing = self.documents[key]
        container = self.documents.get(keys.container_key(packing["sscc"]), {})
        place = hashlib.sha256(keys.seal_key(packing["sscc"]).encode()).digest()
        seal = self._hashes.get((IMPLICIT + packing["msp_id"], place))
        part = hashlib.sha256(canonical.dumps(packing)).hexdigest()
        is_listed = hashes_of(container).get(packing["part"]) == part
        return packing["msp_id"] in self.endorsers and is_listed and seal == _listed(container)

    def packs_all(self, key: str) -> bool:
        """Whether everything on a part is packed by this transaction, and the container begun that has it."""
        sscc, part = self.documents[key]["sscc"], self.documents[key]["part"]
        container = self.documents.get(keys.container_key(sscc))
        if container is None or key not in part_keys(container):
            return False
        begun = (self.documents.get(keys.period_key(*one), {}) for one in self.packings[key].periods.items())
        return all((one.get("parent"), one.get("part")) == (sscc, part) for one in begun)

    def lists(self, container: dict[str, Any]) -> bool:
        """Whether all parts of a container's packing list are written by this transaction."""
        parts = part_keys(container)
        return bool(parts) and self.packings.keys() >= set(parts)

    def says_taken(self, container: dict[str, Any], ref: str) -> bool:
        """Whether a container's document says that something was taken out of it."""
        sscc = container["sscc"]
        if sscc not in self._gone:
            self._gone[sscc] = frozenset(container["taken"])
        return container["status"] == "unpacked" or ref in self._gone[sscc]


def _gone(document: dict[str, Any], count: int | None = None) -> tuple[int, bytes]:
    """What a container's document says was taken out, or the first ``count`` of it."""
    if document["doc"] != "container":
        return 0, b""
    if document["status"] == "unpacked":
        return -1, b""
    refs = document["taken"][:count]
    return len(refs), hashlib.sha256("\n".join(refs).encode()).digest()


def _listed(document: dict[str, Any]) -> bytes:
    """The hash of what seals a container's packing list; empty of a pack, which has none."""
    if document["doc"] != "container":
        return b""
    return hashlib.sha256(seal_of(hashes_of(document).values())).digest()


def _put_back(document: dict[str, Any], last: Last) -> bool:
    """Whether a container's document takes back that something was taken out."""
    return _gone(document, last.gone[0]) != last.gone and document["status"] != "unpacked"


def period_of(key: str) -> tuple[str, int]:
    """The ref and period of a key of goods; ValueError of another key."""
    kind, attributes = keys.split(key)
    if kind == "unit":
        gtin, serial, *number = attributes
        return f"01{gtin}21{serial}", int(number[0]) if number else 0
    sscc, *number = attributes
    return f"00{sscc}", int(number[0]) if number else 0
