"""From a ledger document to a row of its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from chaincode.model import keys
from chaincode.model.errors import MediLedgerError
from gateway.mirror import tables

Row = tuple[Any, ...]


class DocumentError(MediLedgerError):
    """A document on the ledger that the mirror cannot read: it stops rather than lose it."""


def time(milliseconds: int | None) -> datetime | None:
    """Epoch milliseconds as a point in time."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


class Mapper:
    """How one kind of document becomes rows: its table, and per column where the value comes from.

    ``renamed`` maps columns to functions of the document; the other columns carry the field of their name.
    """

    def __init__(self, table: sa.Table, **renamed: Callable[[Mapping[str, Any]], Any]) -> None:
        self.table = table
        own = [column for column in table.columns if column.name not in ("block_number", "tx_id")]
        self.columns = [column.name for column in own] + ["block_number", "tx_id"]
        self.key = [column.name for column in table.primary_key.columns]
        self._read = [renamed.get(column.name) or _reader(column) for column in own]

    def row(self, document: Mapping[str, Any], block_number: int, tx_id: str) -> Row:
        """The row of ``document`` as this transaction wrote it; KeyError where a field is missing."""
        return (*[read(document) for read in self._read], block_number, tx_id)


def _reader(column: sa.Column[Any]) -> Callable[[Mapping[str, Any]], Any]:
    name = column.name
    if isinstance(column.type, sa.DateTime):
        return lambda document: time(document.get(name))
    if isinstance(column.type, sa.JSON):
        return lambda document: orjson.dumps(document[name]).decode()
    if column.nullable:
        return lambda document: document.get(name)
    return lambda document: document[name]


def _inner(outer: str, name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda document: document[outer][name]


_STORAGE = {name: _inner("storage", name) for name in ("min_mc", "max_mc")}

MAPPERS: dict[str, Mapper] = {
    "party": Mapper(tables.party),
    "product": Mapper(tables.product, **_STORAGE),
    "lot": Mapper(tables.lot),
    "unit": Mapper(tables.unit),
    "container": Mapper(tables.container, **_STORAGE),
    "transfer": Mapper(tables.transfer, from_gln=lambda d: d["from"], to_gln=lambda d: d["to"]),
    "device": Mapper(tables.device),
    "sensor_anchor": Mapper(tables.sensor_anchor),
    "excursion": Mapper(
        tables.excursion,
        limit_min_mc=_inner("limit", "min_mc"),
        limit_max_mc=_inner("limit", "max_mc"),
    ),
    "param": Mapper(tables.parameter),
}


def kind_of(key: str) -> str:
    """The kind of document that a ledger key names; empty for a key that is not ours."""
    try:
        return keys.split(key)[0]
    except ValueError:
        return ""


def attributes_of(key: str) -> tuple[str, ...]:
    """The attributes of a document's key, which are its table's primary key."""
    return keys.split(key)[1]


def row(kind: str, value: bytes, block_number: int, tx_id: str) -> Row:
    """The row of a written document; DocumentError where it is malformed."""
    try:
        return MAPPERS[kind].row(orjson.loads(value), block_number, tx_id)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise DocumentError(
            f"block {block_number}, transaction {tx_id}: malformed {kind}: {error!r}"
        ) from error
