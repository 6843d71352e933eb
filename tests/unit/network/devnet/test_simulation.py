"""Read-write sets, and what is said of two that differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from network.devnet import simulation
from network.devnet.errors import DevnetError
from network.devnet.simulation import Simulation, first_difference
from network.devnet.store import Change, Store


@pytest.fixture
def filled(store: Store) -> Store:
    changes = [Change("custody", key, key.encode(), (0, place)) for place, key in enumerate("abcd")]
    store.commit(0, b"", changes, [])
    return store


def results(store: Store, run: Callable[[Simulation], object]) -> bytes:
    with store.snapshot() as snapshot:
        simulated = Simulation(snapshot)
        run(simulated)
        return simulated.results()


def namespaces(data: bytes) -> dict[str, kv_rwset_pb2.KVRWSet]:
    whole = rwset_pb2.TxReadWriteSet.FromString(data)
    return {one.namespace: kv_rwset_pb2.KVRWSet.FromString(one.rwset) for one in whole.ns_rwset}


def test_reads_and_writes(filled: Store) -> None:
    def run(simulated: Simulation) -> None:
        simulated.put("custody", "z", b"1")
        assert simulated.get("custody", "z") == b"", "its own writes do not show"
        assert simulated.get("custody", "b") == b"b"
        simulated.put("custody", "b", None)
        simulated.put("custody", "z", b"2")
        assert simulated.get("registry", "a") == b""
        assert simulated.written() == ["custody"]

    sets = namespaces(results(filled, run))
    assert list(sets) == ["custody", "registry"]
    custody = sets["custody"]
    assert [(r.key, r.HasField("version"), r.version.tx_num) for r in custody.reads] == [
        ("b", True, 1),
        ("z", False, 0),
    ]
    assert [(w.key, w.value, w.is_delete) for w in custody.writes] == [("b", b"", True), ("z", b"2", False)]
    assert [(r.key, r.HasField("version")) for r in sets["registry"].reads] == [("a", False)]


def test_equal_runs_in_another_order_give_equal_bytes(filled: Store) -> None:
    def one(simulated: Simulation) -> None:
        simulated.get("custody", "a")
        simulated.get("registry", "x")
        simulated.put("custody", "y", b"1")
        simulated.put("custody", "x", b"1")

    def other(simulated: Simulation) -> None:
        simulated.put("custody", "x", b"1")
        simulated.get("registry", "x")
        simulated.put("custody", "y", b"1")
        simulated.get("custody", "a")

    assert results(filled, one) == results(filled, other)


def test_ranges(filled: Store) -> None:
    def run(simulated: Simulation) -> None:
        assert simulated.range("custody", "b", "d") == ([("b", b"b"), ("c", b"c")], "")
        assert simulated.range("custody", "a", "", limit=2) == ([("a", b"a"), ("b", b"b")], "c")

    whole, page = namespaces(results(filled, run))["custody"].range_queries_info
    assert (whole.start_key, whole.end_key, whole.itr_exhausted) == ("b", "d", True)
    assert [(r.key, r.version.tx_num) for r in whole.raw_reads.kv_reads] == [("b", 1), ("c", 2)]
    # A page depends on what it showed, not on what comes after it.
    assert (page.start_key, page.end_key, page.itr_exhausted) == ("a", "c", False)


def test_long_ranges_go_on_where_they_ended(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MAX_RANGE", 3)
    with filled.snapshot() as snapshot:
        items, following = Simulation(snapshot).range("custody", "", "")
    assert ([key for key, _ in items], following) == (["a", "b", "c"], "d")


def test_a_key_that_cannot_be_stored_is_refused_at_once(filled: Store) -> None:
    with filled.snapshot() as snapshot:
        simulated = Simulation(snapshot)
        with pytest.raises(DevnetError, match="at most 480 bytes"):
            simulated.put("custody", "k" * 500, b"1")
        assert simulated.written() == []


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (lambda s: s.put("custody", "k", b"1"), lambda s: s.put("custody", "k", b"2"), "custody: write 'k'"),
        (lambda s: s.put("custody", "k", b"1"), lambda s: s.put("custody", "k", None), "custody: write 'k'"),
        (lambda s: s.put("custody", "k", b"1"), lambda s: s.get("custody", "k"), "custody: read 'k'"),
        (lambda s: s.get("registry", "k"), lambda s: None, "registry: read 'k'"),
        (
            lambda s: s.range("custody", "a", "c"),
            lambda s: s.range("custody", "a", "d"),
            "custody: range from 'a'",
        ),
        (
            lambda s: (s.put("b", "k", b"1"), s.put("a", "z", b"1"), s.put("a", "y", b"1")),
            lambda s: None,
            "a: write 'y'",
        ),
    ],
)
def test_first_difference(
    filled: Store, one: Callable[[Simulation], object], other: Callable[[Simulation], object], told: str
) -> None:
    left, right = results(filled, one), results(filled, other)
    assert first_difference(left, right) == told
    assert first_difference(right, left) == told


def test_no_difference(filled: Store) -> None:
    same = results(filled, lambda s: s.get("custody", "a"))
    assert first_difference(same, same) == "nothing: the same reads and writes in another order"
