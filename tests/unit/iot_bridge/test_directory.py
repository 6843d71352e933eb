from __future__ import annotations

from typing import Any

from iot_bridge.directory import KNOWN_SECONDS, SILENT_SECONDS, UNKNOWN_SECONDS, Directory
from iot_bridge.rules import Watch

SSCC, PALLET = "095212340000000017", "095212340000000024"
DEVICE = ("d", "9521234000020", "temperature", "active")
ATTACHED = (*DEVICE, SSCC, 5000, None, 2000, 8000, True)
FORMER = (*DEVICE, PALLET, 1000, 4000, 15_000, 25_000, False)
IDLE = (*DEVICE, None, None, None, None, None, False)


class Mirror:
    """A connection that answers with ``rows``."""

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self.rows = list(rows)

    async def execute(self, _: str, __: Any) -> Mirror:
        return self

    async def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows


async def load(directory: Directory, now: float, *rows: tuple[Any, ...]) -> None:
    await directory.load(Mirror(*rows), ["d"], now)  # type: ignore[arg-type]


async def test_a_device_is_known_for_a_moment() -> None:
    directory = Directory()
    assert directory.missing(["d"], 0.0) == ["d"]
    await load(directory, 0.0, ATTACHED)
    device = directory.get("d")
    assert device is not None
    assert device.watches == (Watch(SSCC, 5000, None, {"min_mc": 2000, "max_mc": 8000}, True),)
    assert device.watching
    assert directory.missing(["d"], KNOWN_SECONDS - 0.1) == []
    assert directory.missing(["d"], KNOWN_SECONDS) == ["d"]
    assert directory.unusable_seconds("d", 1.0) == 0


async def test_one_that_is_unknown_is_looked_for_sooner_and_timed() -> None:
    directory = Directory()
    await load(directory, 0.0)
    assert directory.get("d") is None
    assert directory.missing(["d"], UNKNOWN_SECONDS) == ["d"]
    await load(directory, 2.0, IDLE)
    assert directory.unusable_seconds("d", 3.0) == 3.0
    await load(directory, 4.0, ATTACHED)
    assert directory.unusable_seconds("d", 5.0) == 0
    await load(directory, 6.0, IDLE)
    assert directory.unusable_seconds("d", 7.0) == 1.0


async def test_what_it_watched_before_is_known_and_not_enough() -> None:
    directory = Directory()
    await load(directory, 0.0, ATTACHED, FORMER)
    device = directory.get("d")
    assert device is not None
    assert [(watch.container, watch.until) for watch in device.watches] == [(SSCC, None), (PALLET, 4000)]
    assert directory.unusable_seconds("d", 1.0) == 0
    await load(directory, 2.0, IDLE, FORMER)
    assert directory.unusable_seconds("d", 3.0) == 1.0
    device = directory.get("d")
    assert device is not None
    assert [watch.container for watch in device.watches] == [PALLET]


async def test_one_that_was_silent_is_timed_anew() -> None:
    directory = Directory()
    await load(directory, 0.0, IDLE)
    await load(directory, SILENT_SECONDS, IDLE)
    assert directory.unusable_seconds("d", SILENT_SECONDS + 1) == 1.0


async def test_it_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr("iot_bridge.directory.MAX_DEVICES", 2)
    directory = Directory()
    await directory.load(Mirror(), ["a", "b", "c"], 0.0)  # type: ignore[arg-type]
    assert directory.missing(["a", "b", "c"], 0.0) == ["a"]
