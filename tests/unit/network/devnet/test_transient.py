"""Private sets that wait for their block."""

from __future__ import annotations

from pathlib import Path

import pytest

from network.devnet import transient
from network.devnet.transient import TransientStore


def test_kept_until_dropped_and_over_a_restart(tmp_path: Path) -> None:
    store = TransientStore(tmp_path)
    store.keep("one", b"1")
    store.keep("two", b"2")
    store.keep("one", b"other")
    store.keep("one", b"1")
    store.close()
    store = TransientStore(tmp_path)
    assert sorted(store.get("one")) == [b"1", b"other"]
    assert (store.get("two"), store.get("three")) == ([b"2"], [])
    store.drop(["one", "three"])
    store.drop([])
    assert (store.get("one"), store.get("two")) == ([], [b"2"])
    store.close()


def test_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient, "MAX_KEPT", 3)
    store = TransientStore(tmp_path)
    for number in range(6):
        store.keep(str(number), b"x")
    assert [number for number in range(6) if store.get(str(number))] == [3, 4, 5]
    store.close()
