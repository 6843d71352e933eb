"""A pharmacy's sales file as the demo's demand: day by day, whole packs."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from chaincode.model.errors import MediLedgerError

MAX_DAYS = 20_000
# As many as one pallet of 900 cases of 100 carries.
MAX_PACKS = 90_000


class SalesFileError(MediLedgerError):
    """A sales file that cannot be read; the message names line and column."""


@dataclass(frozen=True)
class Sales:
    """Demand of one column: ``days`` as (date as written, whole packs), ``units`` sold in the file."""

    column: str
    days: tuple[tuple[str, int], ...]
    units: float

    @property
    def packs(self) -> int:
        return sum(packs for _, packs in self.days)


def read(path: Path, column: str | None = None) -> Sales:
    """Read a CSV of one row per day: a date first, then units sold per product class.

    ``column`` names the class, the first by default. Fractions of a pack are carried over to the next day,
    so that the packs add up to the units sold, rounded down. Raises SalesFileError.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            rows = list(csv.reader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SalesFileError(f"{path}: {error}") from error
    if len(rows) < 2 or len(rows[0]) < 2:
        raise SalesFileError(f"{path}: needs a header and a row per day, a date and one column at least")
    if len(rows) - 1 > MAX_DAYS:
        raise SalesFileError(f"{path}: more than {MAX_DAYS} days")
    header = rows[0]
    name = column or header[1]
    if name not in header[1:]:
        raise SalesFileError(f"{path}: no column {name}, there are {', '.join(header[1:])}")
    index = header.index(name)
    days: list[tuple[str, int]] = []
    carried = units = 0.0
    for line, row in enumerate(rows[1:], start=2):
        value = _quantity(path, line, name, row[index] if index < len(row) else "")
        units += value
        carried += value
        # A sum of decimals such as 3.67 falls short of a whole number by a rounding error.
        whole = math.floor(carried + 1e-9)
        carried -= whole
        days.append((row[0], whole))
    sales = Sales(name, tuple(days), units)
    if sales.packs > MAX_PACKS:
        raise SalesFileError(
            f"{path}: column {name} sells {sales.packs} packs, at most {MAX_PACKS} are replayed"
        )
    return sales


def even(packs: int, days: int = 10) -> Sales:
    """Without a file: ``packs`` sold evenly over ``days``."""
    daily = [packs // days + (1 if day < packs % days else 0) for day in range(days)]
    return Sales("packs", tuple((f"day {n}", quantity) for n, quantity in enumerate(daily, 1)), float(packs))


def _quantity(path: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise SalesFileError(f"{path}: line {line}, column {column}: {text!r} is not a number") from None
    if not math.isfinite(value) or value < 0:
        raise SalesFileError(f"{path}: line {line}, column {column}: {text} is not a quantity")
    return value
