"""The audit itself: blocks in, findings out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from fabric_protos.common import common_pb2

from chaincode.model import keys
from chaincode.model.directory import EVERY_KEY
from gateway.fabric.blocks import header_hash
from mediledger.audit import policies
from mediledger.audit.directory import DIRECTORY, Directory
from mediledger.audit.document import GOODS, document_of
from mediledger.audit.finding import Broken, Finding
from mediledger.audit.goods import Goods
from mediledger.audit.holds import Holds
from mediledger.audit.kinds import ANY, KINDS, Kind
from mediledger.audit.members import Members
from mediledger.audit.signed import Signatures, Signed, Write
from mediledger.audit.written import CUSTODY
from network.devnet.transaction import Invalid

REGISTRY = "registry"
PACKING, HOLD, LOT = "packing", "hold", "lot"
# In a smaller consortium every majority is everybody.
MIN_MEMBERS = 3


class Auditor:
    """Takes the blocks of a channel in their order. It keeps a few words per key that can change."""

    def __init__(self) -> None:
        self.blocks = 0
        self.transactions = 0
        self._previous = b""
        self._signatures = Signatures()
        self._ledger = Ledger()

    def block(self, block: common_pb2.Block) -> list[Finding]:
        """What the next block breaks."""
        number = block.header.number
        findings: list[Finding] = []
        data_hash = hashlib.sha256(b"".join(block.data.data)).digest()
        follows = (number, block.header.previous_hash) == (self.blocks, self._previous)
        if not follows or data_hash != block.header.data_hash:
            findings.append(Finding(number, "", "", (), Broken.CHAIN))
        try:
            for signed in self._signatures.read(block):
                self.transactions += 1
                findings += self._ledger.transaction(signed)
        except Invalid as error:
            findings.append(Finding(number, error.transaction_id, "", (), Broken.UNREADABLE))
        self._previous = header_hash(block.header)
        self.blocks = number + 1
        return findings


class Ledger:
    """What the transactions so far have made: of each key, who must agree before it changes."""

    def __init__(self) -> None:
        self._members = Members()
        self._directory = Directory()
        self._goods = Goods(self._members)
        self._holds = Holds(self._members)
        # The policy of every key but goods'; None where it has none of its own.
        self._policies: dict[tuple[str, str], bytes | None] = {}

    def transaction(self, signed: Signed) -> list[Finding]:
        """What a valid transaction breaks."""
        found = [
            Finding(
                signed.block,
                signed.transaction_id,
                signed.creator,
                tuple(sorted(signed.endorsers)),
                broken,
                write.namespace,
                write.key,
            )
            for write, broken in self._broken(signed)
        ]
        return list(dict.fromkeys(found))

    def _broken(self, signed: Signed) -> Iterator[tuple[Write, Broken]]:
        goods: dict[str, dict[str, Any]] = {}
        others: list[tuple[Write, dict[str, Any]]] = []
        writes = [write for write in signed.writes if write.namespace in (REGISTRY, CUSTODY)]
        written = {(write.namespace, write.key): write for write in writes}
        for write in writes:
            if len(signed.endorsers) < self._members.majority:
                yield write, Broken.MAJORITY
            document = document_of(write)
            if document is None:
                yield write, Broken.DELETED if write.value is None else Broken.DOCUMENT
                continue
            if write.namespace == CUSTODY and document["doc"] in (*GOODS, PACKING):
                goods[write.key] = document
            if write.namespace != CUSTODY or document["doc"] not in GOODS:
                others.append((write, document))
        holds = [
            document for write, document in others if document["doc"] == HOLD and write.namespace == CUSTODY
        ]
        against = self._holds.check(goods, self._goods.last(goods), holds)
        for key, broken in (*against, *self._goods.check(signed, goods)):
            yield written[CUSTODY, key], broken
        # After the goods: a hold is its new owner's where both change at once. The registry first: the
        # directory is under the policy of the regulators whom it names.
        others.sort(key=lambda other: other[0].namespace != REGISTRY)
        for write, document in others:
            yield from ((write, broken) for broken in self._other(signed, write, document))
        for write, document in others:
            if self._hidden(write.namespace, document):
                yield write, Broken.HIDDEN
        for place in signed.policies:
            if place[0] in (REGISTRY, CUSTODY) and place not in written and not self._moved(signed, place):
                yield Write(*place, None), Broken.GUARD
        registry = [other for other in others if other[0].namespace == REGISTRY]
        directory = [
            other for other in others if other[0].namespace == CUSTODY and other[1]["doc"] == DIRECTORY
        ]
        yield from self._directory.check(registry, directory)
        for write, document in registry:
            if document["doc"] == "param" and not all(map(self._regulated, EVERY_KEY)):
                yield write, Broken.GUARD

    def _other(self, signed: Signed, write: Write, document: dict[str, Any]) -> Iterator[Broken]:
        """A document that is of no goods and no tray."""
        place = write.namespace, write.key
        kind = KINDS.get(document["doc"], ANY)
        before = self._policies.get(place)
        if write.namespace == REGISTRY:
            if self._members.regulators and not self._members.regulators & signed.endorsers:
                yield Broken.REGULATOR
            self._members.take(document)
        if place not in self._policies:
            if not self._authors(kind, document) <= signed.endorsers:
                yield Broken.AUTHOR
        elif kind.once:
            yield Broken.SETTLED
        elif before and not policies.met(before, signed.endorsers):
            yield Broken.POLICY
        self._policies[place] = policy = signed.policies.get(place, before)
        if not (
            self._regulated(write.key)
            if document["doc"] == DIRECTORY
            else self._kept(kind, document, policy or b"")
        ):
            yield Broken.GUARD

    def _authors(self, kind: Kind, document: dict[str, Any]) -> set[str]:
        """The MSPs for whom a document's first version speaks; of a lot, also its product's manufacturer."""
        authors = {self._members.msp(document[kind.author])} if kind.author else set()
        return authors | ({self._members.maker(document["gtin"])} if document["doc"] == LOT else set())

    def _moved(self, signed: Signed, place: tuple[str, str]) -> bool:
        """Whether a policy without a document is that of the directory, which comes under new regulators."""
        if place not in self._policies or place[1] not in EVERY_KEY:
            return False
        self._policies[place] = signed.policies[place]
        return self._regulated(place[1])

    def _regulated(self, key: str) -> bool:
        """Whether a part of the directory cannot be written again without every regulator."""
        policy = self._policies.get((CUSTODY, key)) or b""
        return all(policies.guarded(policy, regulator) for regulator in self._members.regulators)

    def _hidden(self, namespace: str, document: dict[str, Any]) -> bool:
        """Whether the key that a document is found by was not written, in this transaction or before."""
        key = self._found_by(document)
        return key is not None and (namespace, key) not in self._policies

    def _found_by(self, document: dict[str, Any]) -> str | None:
        """The key without which chaincode does not find a document; None where it looks for it anyhow."""
        if document["doc"] == HOLD:
            ref = document["ref"]
            lot = ref[18:] if "gln" in document else self._goods.lot_of(ref)
            # Of a container's hold there is none, nor of a pack's that is not on the ledger.
            return keys.held_lot_key(ref[2:16], lot) if lot else None
        kind, *names = KINDS.get(document["doc"], ANY).found_by or ("",)
        return keys.composite(kind, *(document[name] for name in names)) if kind else None

    def _kept(self, kind: Kind, document: dict[str, Any], policy: bytes) -> bool:
        """Whether the key can be written again by nobody without those whom the document concerns."""
        if kind.once:
            return policies.settled(policy)
        guards = {self._members.msp(document[name]) for name in kind.guards}
        guards.update(document.get("guards", ()))
        if document["doc"] == HOLD and not self._concerned(document, policy):
            return False
        return all(policies.guarded(policy, guard) for guard in guards)

    def _concerned(self, hold: dict[str, Any], policy: bytes) -> bool:
        """Whether nobody guards a hold but whom it names, and if anybody does, the goods' owner."""
        owner = self._members.msp(hold["gln"]) if "gln" in hold else self._goods.owner_of(hold["ref"])
        guards = frozenset(hold["guards"])
        strangers = [] if len(self._members.all) < MIN_MEMBERS else sorted(self._members.all - guards)
        if guards and owner not in guards:
            return False
        return not any(policies.guarded(policy, stranger) for stranger in strangers)
