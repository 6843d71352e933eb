"""Dates of AIs: day 00, the century, and back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import gs1_dates
from chaincode.model.errors import Code, Refusal


@pytest.mark.parametrize(
    ("written", "year", "meant"),
    [
        ("270630", 2026, "2027-06-30"),
        ("270600", 2026, "2027-06-30"),
        ("280200", 2026, "2028-02-29"),
        ("270200", 2026, "2027-02-28"),
        ("271200", 2026, "2027-12-31"),
        # The table of section 7.12, from either side of its two edges.
        ("760101", 2026, "2076-01-01"),
        ("770101", 2026, "1977-01-01"),
        ("490101", 2098, "2049-01-01"),
        ("480101", 2098, "2148-01-01"),
        ("490101", 2099, "2149-01-01"),
        ("500101", 2099, "2050-01-01"),
        ("000200", 2026, "2000-02-29"),
    ],
)
def test_what_a_date_means(written: str, year: int, meant: str) -> None:
    assert gs1_dates.day(written, year, "expiry") == meant


@pytest.mark.parametrize(
    "written", ["271301", "270001", "270631", "270229", "27063", "2706300", "27O630", "", "٢٧٠٦٣٠"]
)
def test_no_date(written: str) -> None:
    with pytest.raises(Refusal) as refused:
        gs1_dates.day(written, 2026, "expiry")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "expiry")


@given(st.dates(date(1970, 1, 1), date(2200, 12, 31)), st.integers(-49, 50))
def test_a_date_in_the_window_comes_back(day: date, ahead: int) -> None:
    iso, year = day.isoformat(), day.year - ahead
    assert gs1_dates.day(gs1_dates.yymmdd(iso, year, "expiry"), year, "expiry") == iso


@given(st.dates(date(1970, 1, 1), date(2200, 12, 31)), st.sampled_from([-99, -50, 51, 99, 100, -100]))
def test_a_date_outside_the_window_is_not_written(day: date, ahead: int) -> None:
    with pytest.raises(Refusal):
        gs1_dates.yymmdd(day.isoformat(), day.year - ahead, "expiry")


@pytest.mark.parametrize("written", ["2706301260", "2706302400", "2706001200", "27063012", "27063012000"])
def test_no_minute(written: str) -> None:
    with pytest.raises(Refusal):
        gs1_dates.check_minute(written, "(7003)")
    gs1_dates.check_minute("2706302359", "(7003)")
