"""Dates as GS1's AIs write them, YYMMDD (GS1 General Specifications, sections 3.4 and 7.12)."""

from __future__ import annotations

import calendar
import re
from datetime import date

from chaincode.model.errors import Code, Refusal

_SIX = re.compile("[0-9]{6}")
_TEN = re.compile("[0-9]{10}")


def day(value: str, year: int, field: str) -> str:
    """The date, ``YYYY-MM-DD``, that YYMMDD means in ``year``; day 00 is the last of its month.

    The century is that of the year which is nearest: at most 49 years before ``year`` and 50 after it.
    Refusal naming ``field`` where there is no such date.
    """
    if not isinstance(value, str) or _SIX.fullmatch(value) is None:
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} is a date, YYMMDD", field)
    century, of_century = divmod(year, 100)
    full = century * 100 + int(value[:2])
    ahead = int(value[:2]) - of_century
    if ahead >= 51:
        full -= 100
    elif ahead <= -50:
        full += 100
    month, of_month = int(value[2:4]), int(value[4:])
    try:
        last = calendar.monthrange(full, month)[1]
        return date(full, month, of_month or last).isoformat()
    except ValueError:
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} {value} is no day of the calendar", field) from None


def yymmdd(iso: str, year: int, field: str) -> str:
    """YYMMDD of a date ``YYYY-MM-DD``; Refusal where read in ``year`` it would mean another century."""
    written = iso[2:4] + iso[5:7] + iso[8:]
    if day(written, year, field) != iso:
        raise Refusal(Code.INVALID_ARGUMENT, f"{iso} is too far from {year} to be written YYMMDD", field)
    return written


def check(value: str, field: str) -> None:
    """Refuse six digits that are a date in no century."""
    # 2000 has a 29 February, as all centuries' other years with the same last two digits have.
    day(value, 2000, field)


def check_minute(value: str, field: str) -> None:
    """Refuse ten digits that are no YYMMDDhhmm; the day is never 00 here."""
    if _TEN.fullmatch(value) is None or value[4:6] == "00" or value[6:8] > "23" or value[8:] > "59":
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} {value} is no YYMMDDhhmm", field)
    check(value[:6], field)
