"""Rates in whole numbers against USP <1079.2>'s formula."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import coldchain, kinetics

temperatures = st.integers(kinetics.COLDEST_MC, kinetics.HOTTEST_MC)
series = st.lists(temperatures, min_size=1, max_size=60)


def exact_rate(value_mc: int) -> Decimal:
    """exp(-dH / (R T)) in fifty decimal digits."""
    with localcontext() as context:
        context.prec = 50
        return (-Decimal("83144") / Decimal("8.3144") / (Decimal(value_mc + 273_150) / 1000)).exp()


def float_mkt(values_mc: list[int]) -> float:
    """USP <1079.2>'s formula as written, in degrees Celsius: what a spreadsheet would say."""
    quotient = 83.144 / 0.0083144
    mean = math.fsum(math.exp(-quotient / ((value + 273_150) / 1000)) for value in values_mc) / len(values_mc)
    return quotient / -math.log(mean) - 273.15


@given(temperatures)
def test_a_rate_is_the_formulas(value: int) -> None:
    exact = exact_rate(value)
    assert abs(Decimal(kinetics.rate(value)) / 2**256 / exact - 1) < Decimal("1e-16")


@given(st.integers(kinetics.COLDEST_MC, kinetics.HOTTEST_MC - 1))
def test_a_milli_degree_more_is_a_higher_rate(value: int) -> None:
    assert kinetics.rate(value) < kinetics.rate(value + 1)


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (-200_000, "6d93a41f02d5b82"),
        (5_000, "1189f11493253358f86631178384f5d7c0000000000000000000"),
        (25_000, "c399e69a35d046d907b15620c09c0b4700000000000000000000"),
        (200_000, "2d8773a57bc3830fb0c9d229470d58640000000000000000000000000"),
    ],
)
def test_a_rate_has_the_same_digits_for_ever(value: int, digits: str) -> None:
    """Sums of rates stand on the ledger: another way to compute them must find the same."""
    assert f"{kinetics.rate(value):x}" == digits


@given(series)
def test_mkt_is_usps_to_a_hundredth_of_a_degree(values: list[int]) -> None:
    assert abs(coldchain.mkt_mc(coldchain.summary(values)) / 1000 - float_mkt(values)) < 0.01


@given(series)
def test_mkt_is_the_nearest_milli_degree(values: list[int]) -> None:
    with localcontext() as context:
        context.prec = 50
        mean = sum(map(exact_rate, values), Decimal(0)) / len(values)
        exact = Decimal(10_000_000) / -mean.ln() - 273_150
    assert abs(coldchain.mkt_mc(coldchain.summary(values)) - exact) <= Decimal("0.500001")


@given(temperatures, st.integers(1, 10_000))
def test_mkt_of_a_constant_series_is_the_constant(value: int, count: int) -> None:
    assert kinetics.mean_kinetic_mc(kinetics.rate(value) * count, count, value - 50, value + 50) == value


def test_mkt_of_half_a_day_at_twenty_and_half_at_thirty_degrees() -> None:
    # By hand: exp(-10000/293.15) = 1.5320e-15, exp(-10000/303.15) = 4.7200e-15, mean 3.1260e-15,
    # -ln = 33.39903, 10000/33.39903 = 299.410 K = 26.260 degrees.
    assert coldchain.mkt_mc(coldchain.summary([20_000, 30_000])) == 26_260
