from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model.documents.coldchain import Storage
from iot_bridge.readings import Reading, Reason
from iot_bridge.rules import (
    CLOCK_MS,
    FUTURE_MS,
    Device,
    Watch,
    check_device,
    check_reading,
    is_excursion,
    watch_of,
)

GLN = "9521234000020"
NOW = 1_700_000_000_000
FRIDGE: Storage = {"min_mc": 2000, "max_mc": 8000}
CASE, PALLET = "095212340000000017", "095212340000000024"
DEVICE = Device(
    "d",
    GLN,
    "temperature",
    "active",
    (Watch(CASE, NOW, None, FRIDGE, False), Watch(PALLET, NOW - 9_000_000, NOW - 10_000, FRIDGE, True)),
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"gln": "9521234000013"}, Reason.DEVICE_UNKNOWN),
        ({"kind": "humidity"}, Reason.DEVICE_UNKNOWN),
        ({"status": "retired"}, Reason.DEVICE_INACTIVE),
        ({"watches": ()}, None),
    ],
)
def test_whose_readings_are_taken(change: dict[str, Any], reason: Reason | None) -> None:
    assert check_device(dataclasses.replace(DEVICE, **change), GLN) == reason


@pytest.mark.parametrize(
    ("at", "container"),
    [
        (NOW, CASE),
        (NOW + 9_000_000, CASE),
        (NOW - 1, CASE),
        (NOW - 10_000, PALLET),
        (NOW - 9_000_000, PALLET),
        (NOW - 9_000_000 - CLOCK_MS, PALLET),
        (NOW - 9_000_000 - CLOCK_MS - 1, None),
    ],
)
def test_a_reading_belongs_to_what_was_watched_then(at: int, container: str | None) -> None:
    watch = watch_of(DEVICE, at)
    assert (watch and watch.container) == container


def test_a_device_watches_while_a_watch_has_no_end() -> None:
    assert DEVICE.watching
    assert not dataclasses.replace(DEVICE, watches=DEVICE.watches[1:]).watching


def test_an_unknown_device_is_unknown() -> None:
    assert check_device(None, GLN) == Reason.DEVICE_UNKNOWN


@pytest.mark.parametrize(
    ("at", "value", "oldest", "reason"),
    [
        (NOW, 150_000, None, None),
        (NOW, 150_001, None, Reason.OUT_OF_RANGE),
        (NOW, -200_000, None, None),
        (NOW, -200_001, None, Reason.OUT_OF_RANGE),
        (NOW + FUTURE_MS, 5000, None, None),
        (NOW + FUTURE_MS + 1, 5000, None, Reason.IN_FUTURE),
        (0, 5000, None, None),
        (NOW - 1000, 5000, 1000, None),
        (NOW - 1001, 5000, 1000, Reason.TOO_OLD),
    ],
)
def test_which_readings_are_taken(at: int, value: int, oldest: int | None, reason: Reason | None) -> None:
    assert check_reading(Reading(0, at, value), "temperature", NOW, oldest) == reason


@given(st.integers(-200_000, 150_000))
def test_an_excursion_is_outside_the_profile(value: int) -> None:
    assert is_excursion(Reading(0, NOW, value), FRIDGE) == (not 2000 <= value <= 8000)
