"""State, history and blocks that outlive the process."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.devnet.errors import DevnetError
from network.devnet.store import MAX_KEY_BYTES, Change, Location, Store, Stored


def test_empty(store: Store) -> None:
    assert (store.height(), store.block(0), store.locate("tx")) == (0, None, None)
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "k") is None
        assert snapshot.history("custody", "k") == []
        assert list(snapshot.range("custody", "", "")) == []


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    store = Store(tmp_path / "devnet")
    store.commit(0, b"genesis", [], [])
    store.commit(
        1,
        b"one",
        [Change("custody", "a", b"1", (1, 0)), Change("custody", "b", b"2", (1, 1))],
        [("first", 0, 0), ("second", 1, 0), ("third", 2, 11)],
    )
    store.commit(2, b"two", [Change("custody", "a", b"3", (2, 0)), Change("custody", "b", None, (2, 0))], [])
    store.close()
    store = Store(tmp_path / "devnet")
    assert (store.height(), store.block(1), store.block(2), store.block(3)) == (3, b"one", b"two", None)
    assert store.locate("third") == Location(1, 2, 11)
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") == Stored(b"3", (2, 0))
        assert snapshot.get("custody", "b") is None
        assert snapshot.history("custody", "a") == [(2, 0), (1, 0)]
        assert snapshot.history("custody", "b") == [(2, 0), (1, 1)]
        assert snapshot.block(1) == b"one"
    store.close()


def test_no_block_twice(store: Store) -> None:
    store.commit(0, b"one", [], [("tx", 0, 0)])
    with pytest.raises(DevnetError, match="block 0 is there already"):
        store.commit(0, b"other", [Change("custody", "a", b"1", (0, 0))], [("other", 0, 0)])
    assert (store.block(0), store.locate("other")) == (b"one", None)
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") is None


def test_a_block_that_fails_leaves_nothing(store: Store) -> None:
    changes = [Change("custody", "a", b"1", (0, 0)), Change("custody", "k" * MAX_KEY_BYTES, b"1", (0, 0))]
    with pytest.raises(DevnetError, match="at most 480 bytes"):
        store.commit(0, b"one", changes, [])
    assert store.height() == 0
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") is None


def test_a_snapshot_does_not_see_later_blocks(store: Store) -> None:
    store.commit(0, b"", [Change("custody", "a", b"1", (0, 0))], [])
    with store.snapshot() as before:
        store.commit(1, b"", [Change("custody", "a", b"2", (1, 0)), Change("custody", "b", b"", (1, 0))], [])
        assert before.get("custody", "a") == Stored(b"1", (0, 0))
        assert [key for key, _ in before.range("custody", "", "")] == ["a"]
        assert before.history("custody", "a") == [(0, 0)]
    with store.snapshot() as after:
        assert after.get("custody", "a") == Stored(b"2", (1, 0))


def test_namespaces_are_apart(store: Store) -> None:
    names = ["a", "ab", "b"]
    store.commit(0, b"", [Change(name, "k", name.encode(), (0, 0)) for name in names], [])
    with store.snapshot() as snapshot:
        for name in names:
            assert [(key, stored.value) for key, stored in snapshot.range(name, "", "")] == [
                ("k", name.encode())
            ]


def test_histories_of_similar_keys_are_apart(store: Store) -> None:
    keys = ["k", "k\x00", "k\x00\x00", "kk", "k\x00\x00\x00"]
    for number, key in enumerate(keys):
        store.commit(number, b"", [Change("custody", key, b"v", (number, 7))], [])
    with store.snapshot() as snapshot:
        for number, key in enumerate(keys):
            assert snapshot.history("custody", key) == [(number, 7)]


@pytest.mark.parametrize("transaction_id", ["", "x" * 481, "x" * 5000, "é" * 300])
def test_what_is_no_id_is_nowhere(store: Store, transaction_id: str) -> None:
    assert store.locate(transaction_id) is None


keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.sets(keys, max_size=12), keys, keys | st.just(""))
def test_ranges_are_in_fabrics_order(
    tmp_path_factory: pytest.TempPathFactory, found: set[str], start: str, end: str
) -> None:
    """By the bytes of their UTF-8, the end excluded, as a peer's state database has them."""
    store = Store(tmp_path_factory.mktemp("range"))
    store.commit(0, b"", [Change("custody", key, b"v", (0, 0)) for key in found], [])
    inside = [key for key in found if start <= key and (not end or key < end)]
    with store.snapshot() as snapshot:
        got = [key for key, _ in snapshot.range("custody", start, end)]
    store.close()
    assert got == sorted(inside, key=str.encode)
