"""How sequences are drawn: few keys, many conflicts, a little of everything that chaincode asks of a peer."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.integration.differential.limits import bounded, survivable, told
from tests.integration.differential.sequences import (
    CHAINCODES,
    COLLECTIONS,
    KEYS,
    MEMBERS,
    SPOILED,
    Block,
    Call,
    Operation,
    Round,
    Sequence,
)

Strategy = st.SearchStrategy

EDGES = (*KEYS, "~", "~z", "~k", "~k4")
"""Where ranges begin and end, some of them before they begin."""


def drawn(count: int, number: int) -> list[Sequence]:
    """As many different sequences; the same for the same ``number``."""
    found: dict[Sequence, None] = {}

    @seed(number)
    @settings(
        max_examples=count * 2,
        database=None,
        deadline=None,
        # A sequence is not looked at here, so there is nothing to shrink.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_SEQUENCES)
    def draw(sequence: Sequence) -> None:
        if len(found) < count:
            found[sequence] = None

    draw()
    assert len(found) == count
    return list(found)


def _operation(name: str, *parts: Strategy[Any]) -> Strategy[Operation]:
    def flat(values: tuple[Any, ...]) -> Operation:
        return (name, *(v for value in values for v in (value if isinstance(value, tuple) else (value,))))

    return st.tuples(*parts).map(flat)


_key = st.sampled_from(KEYS)
_private_key = st.sampled_from(KEYS[:2])
_attribute = st.sampled_from(("a", "b"))
_value = st.sampled_from(("a", "b", "value", "0" * 64))
_edge = st.sampled_from(EDGES)
_msps = st.sampled_from((MEMBERS[:1], MEMBERS[1:2], MEMBERS[2:], MEMBERS[:2], MEMBERS[1:], MEMBERS))

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
_rare = st.one_of(
    _operation("range_page", _edge, _edge, st.sampled_from(("1", "2", "5")), st.sampled_from(("", "~k1"))),
    _operation("flush"),
    _operation("event", st.sampled_from(("made", "moved")), _value),
    _operation("fail", st.just("no")),
    _operation("call", st.sampled_from((*CHAINCODES, "nobody")), st.just(""), st.just("get"), _key),
    _operation("call", st.sampled_from(CHAINCODES), st.just(""), st.just("put"), _key, _value),
    _operation("call", st.sampled_from(CHAINCODES), st.just(""), st.just("event"), st.just("told"), _value),
    _operation("leave_queries", _edge, _edge),
    # More than a peer records one by one.
    _operation("put_many", st.just("~m"), st.sampled_from(("40", "60"))),
    _operation("range", st.just("~m"), st.just("~n")),
    _operation("call", st.sampled_from(CHAINCODES), st.just(""), st.just("fail"), st.just("no")),
)


def _private(collections: tuple[str, ...]) -> Strategy[Operation]:
    named = st.sampled_from(collections)

    def of(name: str, *parts: Strategy[Any]) -> Strategy[Operation]:
        return _operation(name, named, *parts)

    return st.one_of(
        of("put_secret", _private_key, _value),
        of("put_secret", _private_key, _value),
        of("put_secret", _private_key, _value),
        of("delete_private", _private_key),
        of("purge_private", _private_key),
        of("get_secret", _private_key),
        of("get_secret", _private_key),
        of("get_private", _private_key),
        of("private_hash", _private_key),
        of("set_private_policy", _private_key, _msps),
        of("set_private_policy", _private_key),
        of("get_private_policy", _private_key),
        of("range_private", _edge, _edge),
        st.tuples(st.sampled_from(CHAINCODES), of("put_secret", _private_key, _value)).map(
            lambda asked: ("call", asked[0], "", *asked[1])
        ),
    )


@functools.cache
def _of(collections: tuple[str, ...]) -> Strategy[Sequence]:
    """Sequences that use these collections."""
    private = _private(collections)
    whatever = st.one_of(_write, _write, _read, _read, _policy, private, private, private, _rare)
    some = st.lists(whatever, min_size=1, max_size=5).map(tuple)
    calls = st.builds(
        Call,
        member=st.integers(0, 2),
        endorsers=st.sampled_from(((0,), (1,), (0, 1), (1, 2), (0, 1, 2), ())),
        chaincode=st.sampled_from((*CHAINCODES[:1] * 4, *CHAINCODES)),
        operations=st.one_of(
            # What most transactions of a ledger do: read a key and write it.
            st.tuples(_key, _value).map(lambda kv: (("get", kv[0]), ("put", *kv))),
            st.lists(_write, min_size=1, max_size=2).map(tuple),
            st.lists(private, min_size=1, max_size=2).map(tuple),
            some,
            some,
        ),
        hidden=st.sampled_from((False, False, False, True)),
        twice=st.sampled_from((False,) * 15 + (True,)),
        spoiled=st.sampled_from(("",) * 30 + SPOILED),
    )
    blocks: Strategy[Block] = st.lists(calls, min_size=1, max_size=8).map(tuple)
    rounds: Strategy[Round] = st.lists(blocks, min_size=1, max_size=2).map(tuple)
    return st.lists(rounds, min_size=2, max_size=5).map(bounded).map(told).map(survivable)


_SEQUENCES = (
    st.lists(st.sampled_from(COLLECTIONS), min_size=1, max_size=2, unique=True)
    .map(lambda names: tuple(sorted(names)))
    .flatmap(_of)
)
