"""The audit itself: blocks in, findings out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from fabric_protos.common import common_pb2

from gateway.fabric.blocks import header_hash
from mediledger.audit import policies
from mediledger.audit.document import GOODS, document_of
from mediledger.audit.finding import Broken, Finding
from mediledger.audit.goods import CUSTODY, Goods
from mediledger.audit.holds import Holds
from mediledger.audit.kinds import ANY, KINDS
from mediledger.audit.members import Members
from mediledger.audit.signed import Signatures, Signed, Write
from network.devnet.transaction import Invalid

REGISTRY = "registry"


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
        custody: dict[str, dict[str, Any]] = {}
        holds: list[dict[str, Any]] = []
        writes = [write for write in signed.writes if write.namespace in (REGISTRY, CUSTODY)]
        by_key = {write.key: write for write in writes if write.namespace == CUSTODY}
        for write in writes:
            if len(signed.endorsers) < self._members.majority:
                yield write, Broken.MAJORITY
            document = document_of(write)
            if document is None:
                yield write, Broken.DELETED if write.value is None else Broken.DOCUMENT
            elif write.namespace == CUSTODY and document["doc"] in GOODS:
                custody[write.key] = document
            else:
                if document["doc"] == "packing":
                    custody[write.key] = document
                elif document["doc"] == "hold":
                    holds.append(document)
                yield from ((write, broken) for broken in self._other(signed, write, document))
        written = self._goods.last(custody)
        for key, broken in (*self._holds.check(custody, written, holds), *self._goods.check(signed, custody)):
            yield by_key[key], broken

    def _other(self, signed: Signed, write: Write, document: dict[str, Any]) -> Iterator[Broken]:
        """A document that is neither a unit nor a container."""
        place = write.namespace, write.key
        kind = KINDS.get(document["doc"], ANY)
        before = self._policies.get(place)
        if write.namespace == REGISTRY:
            if self._members.regulators and not self._members.regulators & signed.endorsers:
                yield Broken.REGULATOR
            self._members.take(document)
        if place not in self._policies:
            if kind.author and self._members.msp(document[kind.author]) not in signed.endorsers:
                yield Broken.AUTHOR
        elif kind.once:
            yield Broken.SETTLED
        elif before and not policies.met(before, signed.endorsers):
            yield Broken.POLICY
        policy = signed.policies.get(place, before)
        guards = {self._members.msp(document[name]) for name in kind.guards if name in document}
        guards.update(document.get("guards", ()))
        if (kind.once and not policies.settled(policy or b"")) or not all(
            policy and policies.guarded(policy, guard) for guard in guards
        ):
            yield Broken.GUARD
        self._policies[place] = policy
