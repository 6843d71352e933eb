"""State, history and blocks that outlive the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from network.devnet.errors import DevnetError
from network.devnet.snapshot import Stored
from network.devnet.store import Change, Effects, Location, MetadataChange, Store

HASH = bytes(32)


def test_empty(store: Store) -> None:
    assert (store.height(), store.block(0), store.locate("tx")) == (0, None, None)
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "k") is None
        assert snapshot.history("custody", "k") == []
        assert list(snapshot.range("custody", "", "")) == []


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    store = Store(tmp_path / "devnet")
    store.commit(0, HASH, b"genesis", Effects())
    store.commit(
        1,
        b"1" * 32,
        b"one",
        Effects(
            [Change("custody", "a", b"1", (1, 0)), Change("custody", "b", b"2", (1, 1))],
            [MetadataChange("custody", "a", b"policy")],
            [("first", 0, 0), ("second", 1, 0), ("third", 2, 11)],
        ),
    )
    changes = [Change("custody", "a", b"3", (2, 0)), Change("custody", "b", None, (2, 0))]
    store.commit(2, b"2" * 32, b"two", Effects(changes))
    store.close()
    store = Store(tmp_path / "devnet")
    assert (store.height(), store.block(1), store.block(2), store.block(3)) == (3, b"one", b"two", None)
    assert store.locate("third") == Location(1, 2, 11)
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") == Stored(b"3", (2, 0))
        assert snapshot.get("custody", "b") is None
        assert snapshot.history("custody", "a") == [(2, 0), (1, 0)]
        assert snapshot.history("custody", "b") == [(2, 0), (1, 1)]
        assert snapshot.metadata("custody", "a") == b"policy"
    assert (store.number_of(b"1" * 32), store.number_of(b"3" * 32), store.number_of(b"1")) == (1, None, None)
    store.close()


def test_no_block_twice(store: Store) -> None:
    store.commit(0, HASH, b"one", Effects((), (), [("tx", 0, 0)]))
    other = Effects([Change("custody", "a", b"1", (0, 0))], (), [("other", 0, 0)])
    with pytest.raises(DevnetError, match="block 0 is there already"):
        store.commit(0, HASH, b"other", other)
    assert (store.block(0), store.locate("other")) == (b"one", None)
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") is None


def test_one_process_at_a_time(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DevnetError, match="another devnet has the ledger"):
        Store(tmp_path / "devnet")


def test_a_deletion_and_a_new_value_in_one_block(store: Store) -> None:
    changes = [Change("custody", "a", b"1", (0, 0)), Change("custody", "a", None, (0, 1))]
    store.commit(0, HASH, b"", Effects([*changes, Change("custody", "a", b"2", (0, 2))]))
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") == Stored(b"2", (0, 2))
        assert snapshot.history("custody", "a") == [(0, 2), (0, 1), (0, 0)]


def test_metadata_comes_and_goes(store: Store) -> None:
    store.commit(0, HASH, b"", Effects((), [MetadataChange("custody", "a", b"1")]))
    with store.snapshot() as before:
        store.commit(1, HASH, b"", Effects((), [MetadataChange("custody", "a", b"")]))
        assert before.metadata("custody", "a") == b"1"
        assert before.metadata("custod", "a") == b""
    with store.snapshot() as after:
        assert after.metadata("custody", "a") == b""


def test_what_is_private_has_no_history(store: Store) -> None:
    store.commit(0, HASH, b"", Effects([Change("custody", "a", b"1", (0, 0), history=False)]))
    with store.snapshot() as snapshot:
        assert snapshot.get("custody", "a") == Stored(b"1", (0, 0))
        assert snapshot.history("custody", "a") == []


def test_a_snapshot_does_not_see_later_blocks(store: Store) -> None:
    store.commit(0, HASH, b"", Effects([Change("custody", "a", b"1", (0, 0))]))
    later = [Change("custody", "a", b"2", (1, 0)), Change("custody", "b", b"", (1, 0))]
    with store.snapshot() as before:
        store.commit(1, HASH, b"", Effects(later))
        assert before.get("custody", "a") == Stored(b"1", (0, 0))
        assert [key for key, _ in before.range("custody", "", "")] == ["a"]
        assert before.history("custody", "a") == [(0, 0)]
    with store.snapshot() as after:
        assert after.get("custody", "a") == Stored(b"2", (1, 0))


def test_namespaces_are_apart(store: Store) -> None:
    names = ["a", "ab", "b"]
    store.commit(0, HASH, b"", Effects([Change(name, "k", name.encode(), (0, 0)) for name in names]))
    with store.snapshot() as snapshot:
        for name in names:
            assert [(key, stored.value) for key, stored in snapshot.range(name, "", "")] == [
                ("k", name.encode())
            ]


def test_histories_of_similar_keys_are_apart(store: Store) -> None:
    keys = ["k", "k\x00", "k\x00\x00", "kk", "k\x00\x00\x00", "k" * 500, "k" * 501]
    for number, key in enumerate(keys):
        store.commit(number, HASH, b"", Effects([Change("custody", key, b"v", (number, 7))]))
    with store.snapshot() as snapshot:
        for number, key in enumerate(keys):
            assert snapshot.history("custody", key) == [(number, 7)]


@pytest.mark.parametrize("transaction_id", ["", "x" * 481, "x" * 5000, "é" * 300])
def test_what_is_no_id_is_nowhere(store: Store, transaction_id: str) -> None:
    assert store.locate(transaction_id) is None
