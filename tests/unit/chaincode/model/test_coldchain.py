"""Means, mean kinetic temperature, storage profiles."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import coldchain
from chaincode.model.documents.coldchain import Storage

temperatures = st.integers(coldchain.ABSOLUTE_ZERO_MC, 200_000)
series = st.lists(temperatures, min_size=1, max_size=30)


def exact_mkt_mc(values: list[int]) -> Decimal:
    """USP <1079.2>'s formula in fifty decimal digits, for temperatures above absolute zero."""
    with localcontext() as context:
        context.prec = 50
        energy = Decimal("83.144") / Decimal("0.0083144")
        kelvins = [(Decimal(value) + 273_150) / 1000 for value in values]
        rate = sum((-energy / kelvin).exp() for kelvin in kelvins) / len(kelvins)
        return energy / -rate.ln() * 1000 - 273_150


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
    assert coldchain.mean_mc(values) == mean


@given(series)
def test_mean_is_the_nearest_integer_and_within_the_readings(values: list[int]) -> None:
    mean = coldchain.mean_mc(values)
    assert abs(Fraction(sum(values), len(values)) - mean) <= Fraction(1, 2)
    assert min(values) <= mean <= max(values)


def test_of_no_readings() -> None:
    with pytest.raises(ValueError, match="no readings"):
        coldchain.mean_mc([])
    with pytest.raises(ValueError, match="no readings"):
        coldchain.mkt_mc([])


@given(temperatures, st.integers(1, 50))
def test_mkt_of_a_constant_series_is_the_constant(value: int, count: int) -> None:
    assert coldchain.mkt_mc([value] * count) == value


@pytest.mark.parametrize(
    "values",
    [
        [20_000, 30_000],
        [2_000, 8_000],
        [5_000] * 23 + [25_000],
        [-80_000, -60_000],
        [21_500, 22_250, 27_900, 40_000],
    ],
)
def test_mkt_of_known_series(values: list[int]) -> None:
    assert coldchain.mkt_mc(values) == round(exact_mkt_mc(values))


def test_mkt_of_half_a_day_at_twenty_and_half_at_thirty_degrees() -> None:
    # By hand: exp(-10000/293.15) = 1.5320e-15, exp(-10000/303.15) = 4.7200e-15, mean 3.1260e-15,
    # -ln = 33.39903, 10000/33.39903 = 299.410 K = 26.260 degrees.
    assert coldchain.mkt_mc([20_000, 30_000]) == 26_260


@given(series)
def test_mkt_lies_between_mean_and_maximum(values: list[int]) -> None:
    """Warm spells weigh more; an anchor's mkt_mc must lie within the window's minimum and maximum."""
    mkt = coldchain.mkt_mc(values)
    assert min(values) <= mkt <= max(values)
    assert mkt >= coldchain.mean_mc(values) - 1


@given(series, st.randoms(use_true_random=False))
def test_mkt_does_not_depend_on_the_order(values: list[int], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert coldchain.mkt_mc(shuffled) == coldchain.mkt_mc(values)


def test_reading_leaf_is_canonical_json() -> None:
    assert coldchain.reading_leaf("probe-1", 7, 1_700_000_000_000, -4_250) == (
        b'{"at":1700000000000,"device":"probe-1","sequence":7,"temperature_mc":-4250}'
    )


def profile(low: int, high: int) -> Storage:
    return {"min_mc": low, "max_mc": high}


def test_narrowest_profile() -> None:
    assert coldchain.narrowest([profile(2_000, 8_000)]) == profile(2_000, 8_000)
    assert coldchain.narrowest([profile(2_000, 8_000), profile(0, 5_000), profile(-10, 25_000)]) == profile(
        2_000, 5_000
    )
    assert coldchain.narrowest([profile(2_000, 8_000), profile(8_000, 25_000)]) == profile(8_000, 8_000)


def test_profiles_without_a_common_temperature() -> None:
    with pytest.raises(ValueError, match="at least 15000 and at most 8000"):
        coldchain.narrowest([profile(2_000, 8_000), profile(15_000, 25_000)])


@pytest.mark.parametrize(
    ("low", "high", "out"),
    [
        (2_000, 8_000, False),
        (5_000, 5_000, False),
        (1_999, 5_000, True),
        (5_000, 8_001, True),
        (0, 9_000, True),
    ],
)
def test_both_ends_are_inside(low: int, high: int, out: bool) -> None:
    assert coldchain.outside(profile(2_000, 8_000), low, high) is out
