"""Summaries of readings, their leaves, storage profiles."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import coldchain, kinetics
from chaincode.model.documents.coldchain import Storage

temperatures = st.integers(kinetics.COLDEST_MC, kinetics.HOTTEST_MC)
series = st.lists(temperatures, min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([5], 5),
        ([1, 2], 2),
        ([-1, -2], -2),
        ([1, -1], 0),
        ([0, 0, 1], 0),
        ([0, 0, -1], 0),
        ([0, 1, 1], 1),
        ([-3, 0], -2),
    ],
)
def test_mean_rounds_half_away_from_zero(values: list[int], mean: int) -> None:
    assert coldchain.mean_mc(coldchain.summary(values)) == mean


@given(series)
def test_mean_is_the_nearest_integer_and_within_the_readings(values: list[int]) -> None:
    mean = coldchain.mean_mc(coldchain.summary(values))
    assert abs(Fraction(sum(values), len(values)) - mean) <= Fraction(1, 2)
    assert min(values) <= mean <= max(values)


def test_of_no_readings_nothing_can_be_said() -> None:
    with pytest.raises(ValueError, match="no readings"):
        coldchain.summary([])


@given(series)
def test_mkt_lies_between_mean_and_maximum(values: list[int]) -> None:
    """Warm spells weigh more."""
    found = coldchain.summary(values)
    assert coldchain.mean_mc(found) - 1 <= coldchain.mkt_mc(found) <= max(values)


@given(st.lists(series, min_size=1, max_size=5))
def test_parts_say_together_what_the_whole_says(parts: list[list[int]]) -> None:
    whole = coldchain.summary([value for part in parts for value in part])
    assert coldchain.merged([coldchain.summary(part) for part in parts]) == whole


def test_reading_leaf_is_canonical_json() -> None:
    assert coldchain.reading_leaf("probe-1", 7, 1_700_000_000_000, -4_250) == (
        b'{"at":1700000000000,"device":"probe-1","sequence":7,"temperature_mc":-4250}'
    )


def profile(low: int, high: int, **more: int) -> Any:
    return {"min_mc": low, "max_mc": high, **more}


COLD: Storage = profile(
    2_000,
    8_000,
    excursion_min_mc=0,
    excursion_max_mc=15_000,
    excursion_minutes=1_440,
    mkt_max_mc=8_000,
    mkt_window_days=1,
    freeze_mc=0,
)
ROOM: Storage = profile(
    15_000,
    30_000,
    excursion_min_mc=15_000,
    excursion_max_mc=40_000,
    excursion_minutes=600,
    mkt_max_mc=25_000,
    mkt_window_days=30,
)


@pytest.mark.parametrize(
    ("profiles", "narrow"),
    [
        ([COLD], COLD),
        ([profile(2_000, 8_000), profile(0, 5_000), profile(-10, 25_000)], profile(2_000, 5_000)),
        ([profile(2_000, 8_000), profile(8_000, 25_000)], profile(8_000, 8_000)),
        # One that allows no time outside its limits: nor do both together.
        (
            [COLD, profile(-20_000, 25_000)],
            profile(2_000, 8_000, mkt_max_mc=8_000, mkt_window_days=1, freeze_mc=0),
        ),
        (
            [
                ROOM,
                profile(
                    5_000,
                    25_000,
                    excursion_min_mc=2_000,
                    excursion_max_mc=35_000,
                    excursion_minutes=720,
                    mkt_max_mc=22_000,
                    mkt_window_days=7,
                    freeze_mc=-1_000,
                ),
                profile(
                    -5_000,
                    40_000,
                    excursion_min_mc=-9_000,
                    excursion_max_mc=50_000,
                    excursion_minutes=9_000,
                    freeze_mc=-10_000,
                ),
            ],
            profile(
                15_000,
                25_000,
                excursion_min_mc=15_000,
                excursion_max_mc=35_000,
                excursion_minutes=600,
                mkt_max_mc=22_000,
                mkt_window_days=7,
                freeze_mc=-1_000,
            ),
        ),
    ],
)
def test_narrowest_profile(profiles: list[Storage], narrow: Storage) -> None:
    assert coldchain.narrowest(profiles) == narrow
    assert coldchain.narrowest(profiles[::-1]) == narrow


@pytest.mark.parametrize(
    ("value", "out"), [(2_000, False), (8_000, False), (5_000, False), (1_999, True), (8_001, True)]
)
def test_both_ends_are_inside(value: int, out: bool) -> None:
    assert coldchain.outside(profile(2_000, 8_000), value) is out
