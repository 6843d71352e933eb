"""Exports of temperature loggers: CSV of timestamp and value, with or without a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path

from chaincode.model.errors import MediLedgerError
from iot_bridge.readings import Reading

UNITS = ("celsius", "fahrenheit", "kelvin")
MAX_LINE = 10_000
_TIME_NAMES = ("timestamp", "time", "date", "datetime", "date/time")
_VALUE_NAMES = ("value", "temperature", "temp")


class ExportError(MediLedgerError):
    """An export that cannot be read; the message names the file, the line and the column."""


def read_export(path: Path, unit: str) -> Iterator[Reading]:
    """The readings of an export in its order, numbered from 0.

    Timestamps are ISO 8601 or ``YYYY-MM-DD HH:MM:SS``, UTC where they name no offset. Values are in
    ``unit``, one of ``UNITS``. The columns are found by a header's names (timestamp, time, date; value,
    temperature), else they are the first two. Raises ExportError.
    """
    if unit not in UNITS:
        raise ExportError(f"unit {unit!r} is none of {', '.join(UNITS)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            yield from _readings(path, handle, unit)
    except OSError as error:
        raise ExportError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ExportError(f"{path}: not UTF-8 text") from error


def _readings(path: Path, lines: Iterator[str], unit: str) -> Iterator[Reading]:
    rows = csv.reader(_bounded(path, lines), strict=True)
    columns: tuple[int, int] | None = None
    sequence = 0
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _header(row)
                if columns is not None:
                    continue
                columns = (0, 1)
            where = f"{path}, line {rows.line_num}"
            if len(row) <= max(columns):
                raise ExportError(f"{where}, column {max(columns) + 1}: missing")
            at = _time(row[columns[0]], f"{where}, column {columns[0] + 1}")
            value = _value(row[columns[1]], unit, f"{where}, column {columns[1] + 1}")
            yield Reading(sequence, at, value)
            sequence += 1
    except csv.Error as error:
        raise ExportError(f"{path}, line {rows.line_num}: {error}") from error
    if not sequence:
        raise ExportError(f"{path}: no readings")


def _bounded(path: Path, lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise ExportError(f"{path}, line {number}: longer than {MAX_LINE} characters")
        yield line


def _header(row: list[str]) -> tuple[int, int] | None:
    """The columns of time and value where ``row`` is a header, None where it is a reading already."""
    names = [cell.strip().lower() for cell in row]
    time = next((place for place, name in enumerate(names) if _is(name, _TIME_NAMES)), None)
    value = next((place for place, name in enumerate(names) if _is(name, _VALUE_NAMES)), None)
    if time is not None and value is not None:
        return time, value
    # Other names: a header still, if its cells cannot be a reading's.
    if len(names) >= 2 and not any(letter.isdigit() for letter in "".join(names[:2])):
        return 0, 1
    return None


def _is(name: str, known: tuple[str, ...]) -> bool:
    """Whether a column is called one of ``known``, perhaps with a unit behind: ``temperature (°C)``."""
    return any(name == one or name.startswith((f"{one} ", f"{one}(", f"{one}_")) for one in known)


def _time(text: str, where: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ExportError(f"{where}: {_shown(text)} is no timestamp (YYYY-MM-DD HH:MM:SS)") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    milliseconds = round(moment.timestamp() * 1000)
    if milliseconds < 0:
        raise ExportError(f"{where}: {_shown(text)} is before 1970")
    return milliseconds


def _value(text: str, unit: str, where: str) -> int:
    """Milli-degrees Celsius, exactly converted, then rounded half to even."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ExportError(f"{where}: {_shown(text)} is no number") from None
    if not number.is_finite() or abs(number) > 10_000:
        raise ExportError(f"{where}: {_shown(text)} is no temperature")
    if unit == "fahrenheit":
        celsius = (number - 32) * 5 / 9
    elif unit == "kelvin":
        celsius = number - Decimal("273.15")
    else:
        celsius = number
    return int((celsius * 1000).to_integral_value(ROUND_HALF_EVEN))


def _shown(text: str) -> str:
    return repr(text.strip()[:40])
