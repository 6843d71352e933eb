"""Transactions that nobody's honest chaincode makes, and what the audit must say of each."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import canonical, keys
from chaincode.model.directory import EVERY_BUCKET, SETTINGS_KEY
from chaincode.model.packing import seal_of
from chaincode.model.periods import written
from mediledger.audit.finding import Broken
from mediledger.audit.signed import Signed, Write
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, REGULATOR, WHOLESALER, World

EVERYBODY = frozenset(MSPS[who] for who in (MAKER, WHOLESALER, PHARMACY, REGULATOR))
NOT_MAKER = EVERYBODY - {MSPS[MAKER]}
NOT_REGULATOR = EVERYBODY - {MSPS[REGULATOR]}


def opened(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Custody's directory as a consortium is founded with these settings: its documents by their keys."""
    buckets = {
        keys.directory_key(name): {"doc": "directory", "bucket": name, "parties": {}} for name in EVERY_BUCKET
    }
    return buckets | {SETTINGS_KEY: {"doc": "directory", "bucket": "settings", "settings": settings}}


@dataclass
class Forged:
    """A transaction that nobody's honest chaincode makes."""

    writes: Mapping[str, Any]
    endorsers: frozenset[str] = NOT_MAKER
    policies: Mapping[str, bytes] = field(default_factory=dict)
    sealed_for: str = ""
    namespace: str = "custody"

    def signed(self) -> Signed:
        seals = {
            (
                f"_implicit_org_{self.sealed_for}",
                hashlib.sha256(keys.seal_key(document["sscc"]).encode()).digest(),
            ): hashlib.sha256(seal_of(document["parts"])).digest()
            for document in self.writes.values()
            if self.sealed_for and document["doc"] == "container"
        }
        return Signed(
            9,
            "forged",
            MSPS[WHOLESALER],
            self.endorsers,
            tuple(
                Write(
                    self.namespace,
                    key,
                    value if value is None or isinstance(value, bytes) else canonical.dumps(written(value)),
                )
                for key, value in self.writes.items()
            ),
            {(self.namespace, key): policy for key, policy in self.policies.items()},
            seals,
        )


Made = Callable[[World], Awaitable[Forged]]
CASES: list[Any] = []


def breaks(*broken: Broken) -> Callable[[Made], Made]:
    def enter(made: Made) -> Made:
        CASES.append(pytest.param(made, set(broken), id=made.__name__))
        return made

    return enter


def mine(*msps: str) -> bytes:
    return owners_policy(msps, sorted(EVERYBODY))


def owner(who: str) -> dict[str, str]:
    return {"owner": who, "owner_msp": MSPS[who], "custodian": who}


def hash_of(part: Any) -> str:
    """A part of a packing list as its container's document names it."""
    return hashlib.sha256(canonical.dumps(part)).hexdigest()


def key_of(ref: str, period: int = 0) -> str:
    return keys.period_key(ref, period)
