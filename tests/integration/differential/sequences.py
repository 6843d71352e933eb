"""Random sequences of transactions: what they are, how they are drawn, and how they are written down.

A sequence has rounds. The transactions of a round are endorsed over one state, then ordered as they stand, in
one block or in two that follow each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

MEMBERS = ("ManufacturerMSP", "DistributorMSP", "RegulatorMSP")
KEYS = ("~k0", "~k1", "~k2", "~k3")
"""Their ``~`` becomes a prefix that each run of a sequence has for itself."""
EDGES = (*KEYS, "~", "~z", "~k", "~k4")
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


def drawn(count: int, number: int) -> list[Sequence]:
    """As many different sequences; the same for the same ``number``."""
    found: dict[Sequence, None] = {}

    @seed(number)
    @settings(
        max_examples=count * 2,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_sequences)
    def draw(sequence: Sequence) -> None:
        if len(found) < count:
            found[sequence] = None

    draw()
    return list(found)


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


_key = st.sampled_from(KEYS)
_attribute = st.sampled_from(("a", "b"))
_value = st.sampled_from(("a", "b", "value", "0" * 64))
_edge = st.sampled_from(EDGES)
_collection = st.sampled_from(COLLECTIONS)
_msps = st.sampled_from((MEMBERS[:1], MEMBERS[1:2], MEMBERS[2:], MEMBERS[:2], MEMBERS[1:], MEMBERS))


def _operation(name: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Operation]:
    def flat(values: tuple[Any, ...]) -> Operation:
        return (name, *(v for value in values for v in (value if isinstance(value, tuple) else (value,))))

    return st.tuples(*parts).map(flat)


_write = st.one_of(
    _operation("put", _key, _value),
    _operation("put", _key, _value),
    _operation("put", _key, _value),
    _operation("delete", _key),
    _operation("put_composite", st.just("~"), _attribute, _attribute),
)
_read = st.one_of(
    _operation("get", _key),
    _operation("get", _key),
    _operation("range", _edge, _edge),
    _operation("range", st.just("~"), st.just("~z")),
    _operation("history", _key),
    _operation("get_policy", _key),
    _operation("get_all", _key, _key, _key),
    _operation("prefix", st.just("~"), _attribute),
)
_policy = st.one_of(_operation("set_policy", _key, _msps), _operation("set_policy", _key))
_private = st.one_of(
    _operation("put_secret", _collection, _key, _value),
    _operation("put_secret", _collection, _key, _value),
    _operation("put_secret", _collection, _key, _value),
    _operation("delete_private", _collection, _key),
    _operation("purge_private", _collection, _key),
    _operation("get_secret", _collection, _key),
    _operation("get_private", _collection, _key),
    _operation("private_hash", _collection, _key),
    _operation("set_private_policy", _collection, _key, _msps),
    _operation("set_private_policy", _collection, _key),
    _operation("get_private_policy", _collection, _key),
)
_rare = st.one_of(
    _operation("range_page", _edge, _edge, st.sampled_from(("1", "2", "5")), st.sampled_from(("", "~k1"))),
    _operation("range_private", _collection, _edge, _edge),
    _operation("flush"),
    _operation("event", st.sampled_from(("made", "moved")), _value),
    _operation("fail", st.just("no")),
    _operation("call", st.sampled_from((*CHAINCODES, "nobody")), st.just(""), st.just("get"), _key),
    _operation("call", st.sampled_from(CHAINCODES), st.just(""), st.just("put"), _key, _value),
    _operation("call", st.sampled_from(CHAINCODES), st.just(""), st.just("fail"), st.just("no")),
)
_any = st.one_of(_write, _write, _read, _read, _policy, _private, _private, _rare)
_operations = st.one_of(
    # What most transactions of a ledger do: read a key and write it.
    st.tuples(_key, _value).map(lambda kv: (("get", kv[0]), ("put", *kv))),
    st.lists(_write, min_size=1, max_size=2).map(tuple),
    st.lists(_any, min_size=1, max_size=5).map(tuple),
    st.lists(_any, min_size=1, max_size=5).map(tuple),
)
_endorsers = st.sampled_from(((0,), (1,), (0, 1), (1, 2), (0, 1, 2), ()))
_calls = st.builds(
    Call,
    member=st.integers(0, 2),
    endorsers=_endorsers,
    chaincode=st.sampled_from((*CHAINCODES[:1] * 4, *CHAINCODES)),
    operations=_operations,
    hidden=st.sampled_from((False, False, False, True)),
    twice=st.sampled_from((False,) * 15 + (True,)),
    spoiled=st.sampled_from(("",) * 30 + SPOILED),
)
_blocks = st.lists(_calls, min_size=1, max_size=8).map(tuple)
_rounds = st.lists(_blocks, min_size=1, max_size=2).map(tuple)


def _bounded(rounds: list[Round]) -> Sequence:
    """No more transactions than a sequence may have: what is too much at its end is left out."""
    left = MOST_CALLS
    kept: list[Round] = []
    for one in rounds:
        blocks = []
        for block in one:
            if left:
                blocks.append(block[:left])
            left -= min(left, len(block))
        if blocks:
            kept.append(tuple(blocks))
    return Sequence(tuple(kept))


def _told(sequence: Sequence) -> Sequence:
    """The same with no valid private write that its own member's peer has not endorsed.

    Only by endorsing does that peer come by the value of an implicit collection: another peer sends it to
    nobody, and on Fabric the block would wait until the member's peer gives up asking for it. Without a
    policy of the key's own such a write is invalid, and nobody asks.
    """
    guarded = {
        one[1] for call in sequence.calls() for one in call.operations if one[0] == "set_private_policy"
    }

    def endorsed(call: Call) -> Call:
        written = {one[1] for one in call.operations if one[0] in PRIVATE_WRITES}
        owners = {IMPLICIT[name] for name in written & guarded if name in IMPLICIT}
        return replace(call, endorsers=tuple(sorted({*call.endorsers, *owners})))

    return Sequence(
        tuple(tuple(tuple(endorsed(call) for call in block) for block in one) for one in sequence.rounds)
    )


_sequences = st.lists(_rounds, min_size=2, max_size=5).map(_bounded).map(_told)
