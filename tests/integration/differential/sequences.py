"""Sequences of transactions: what they are, and how they are written down.

A sequence has rounds. The transactions of a round are endorsed over one state, then ordered as they stand, in
one block or in two that follow each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

MEMBERS = ("ManufacturerMSP", "DistributorMSP", "RegulatorMSP")
KEYS = ("~k0", "~k1", "~k2", "~k3")
"""Their ``~`` becomes a prefix that each run of a sequence has for itself."""
IMPLICIT = {f"_implicit_org_{MEMBERS[number]}": number for number in (0, 1)}
"""Collections and their members."""
COLLECTIONS = (*IMPLICIT, "deal", "board", "short")
PRIVATE_WRITES = ("put_secret", "delete_private", "purge_private", "set_private_policy")
CHAINCODES = ("probe", "probe2")
MOST_CALLS = 30
SPOILED = ("none", "one", "doubled", "swapped", "forged")
"""No endorsement is left, or one, or one twice, or with each other's signatures; or the answer is another."""

Operation = tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """One transaction: who proposes it, who endorses it (nobody named: as the gateway chooses), what it does.

    ``hidden``: the operations are transient data. ``twice``: the same envelope is submitted twice.
    ``spoiled``: how the envelope is spoiled before the client signs it.
    """

    member: int
    endorsers: tuple[int, ...]
    chaincode: str
    operations: tuple[Operation, ...]
    hidden: bool = False
    twice: bool = False
    spoiled: str = ""

    @property
    def all_operations(self) -> list[Operation]:
        """With what the chaincode has another one do."""
        asked = [one[3:] for one in self.operations if one[0] == "call" and one[1] in CHAINCODES]
        return [*self.operations, *asked]

    def program(self, prefix: str) -> str:
        """The operations as the probe takes them, on keys with this prefix."""
        return json.dumps([[part.replace("~", prefix) for part in one] for one in self.operations])


Block = tuple[Call, ...]
Round = tuple[Block, ...]


@dataclass(frozen=True)
class Sequence:
    """Rounds of transactions on a few keys."""

    rounds: tuple[Round, ...]

    def calls(self) -> Iterator[Call]:
        return (call for one in self.rounds for block in one for call in block)

    def to_json(self) -> str:
        return json.dumps([[[asdict(call) for call in block] for block in one] for one in self.rounds])

    @classmethod
    def from_json(cls, text: Any) -> Sequence:
        return cls(
            tuple(tuple(tuple(_call(call) for call in block) for block in one) for one in json.loads(text))
        )


def _call(raw: dict[str, Any]) -> Call:
    return Call(
        raw["member"],
        tuple(raw["endorsers"]),
        raw["chaincode"],
        tuple(tuple(one) for one in raw["operations"]),
        raw["hidden"],
        raw["twice"],
        raw["spoiled"],
    )


def final_reads(sequence: Sequence) -> Iterator[tuple[str, tuple[Operation, ...]]]:
    """By chaincode, what asks for everything that a sequence can have written."""
    operations = [one for call in sequence.calls() for one in call.all_operations]
    chaincodes = {call.chaincode for call in sequence.calls()}
    chaincodes |= {one[1] for one in operations if one[0] == "call" and one[1] in CHAINCODES}
    reads: list[Operation] = [("range", "~", "~z"), ("prefix", "~")]
    reads += [("history", key) for key in _second(operations, "put", "delete")]
    reads += [("get_policy", key) for key in _second(operations, "set_policy")]
    private = sorted({one[1:3] for one in operations if one[0] in PRIVATE_WRITES})
    reads += [(name, *place) for place in private for name in ("get_secret", "private_hash")]
    guarded = sorted({one[1:3] for one in operations if one[0] == "set_private_policy"})
    reads += [("get_private_policy", *place) for place in guarded]
    for chaincode in sorted(chaincodes):
        yield chaincode, tuple(reads)


def _second(operations: Iterable[Operation], *names: str) -> list[str]:
    return sorted({one[1] for one in operations if one[0] in names})
