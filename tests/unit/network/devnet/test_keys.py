"""Keys of any length in their namespaces, in Fabric's order."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from network.devnet import keys
from network.devnet.store import Change, Effects, Store

# Short alphabets make prefixes and near misses; long runs reach beyond what LMDB's keys hold.
part = st.text("a\x00\x01é\U0010ffff", min_size=1, max_size=4)
runs = st.sampled_from(["", "a" * 420, "a" * 432, "a" * 433, "é" * 216])
texts = st.tuples(runs, part, st.sampled_from(["", "z" * 30, "z" * 600])).map("".join)


@given(texts, texts)
def test_different_keys_are_stored_apart(one: str, other: str) -> None:
    assert (keys.encode("custody", one) == keys.encode("custody", other)) == (one == other)
    # What the history puts behind a key must fit LMDB's 511 bytes too.
    assert len(keys.encode("custody", one)) + 14 <= 511


@settings(max_examples=150, deadline=None)
@example({"a" * 432, "a" * 432 + "b", "a" * 432 + "a" * 50}, "a" * 433, "")
@given(st.sets(texts, max_size=12), texts, texts | st.just(""))
def test_ranges_are_in_fabrics_order(
    tmp_path_factory: pytest.TempPathFactory, found: set[str], start: str, end: str
) -> None:
    """By the bytes of their UTF-8, the end excluded, as a peer's state database has them."""
    store = Store(tmp_path_factory.mktemp("range"))
    changes = [Change("custody", key, key.encode(), (0, 0)) for key in found]
    others = [Change(name, key, b"other", (0, 0)) for name in ("custod", "custodyx") for key in found]
    store.commit(0, bytes(32), b"", Effects([*changes, *others]))
    inside = [key for key in found if start <= key and (not end or key < end)]
    with store.snapshot() as snapshot:
        got = [(key, stored.value) for key, stored in snapshot.range("custody", start, end)]
    store.close()
    assert got == [(key, key.encode()) for key in sorted(inside, key=str.encode)]
