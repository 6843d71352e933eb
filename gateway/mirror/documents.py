"""From a ledger document to a row of its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from chaincode.model import keys
from chaincode.model.errors import MediLedgerError
from gateway.mirror import tables

Row = tuple[Any, ...]
Read = Callable[[Mapping[str, Any]], Any]

# Every client of Postgres can read these, in any time zone.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_INTEGER_LIMIT = 2**31


class DocumentError(MediLedgerError):
    """A document on the ledger that the mirror cannot read: it stops rather than lose it."""


def time(milliseconds: int) -> datetime:
    """Epoch milliseconds as a point in time, cut to ``EARLIEST`` and ``LATEST``.

    A transaction's timestamp is its client's word; an absurd one must not stop every member's mirror.
    """
    try:
        return min(max(datetime.fromtimestamp(milliseconds / 1000, UTC), EARLIEST), LATEST)
    except (OverflowError, ValueError, OSError):
        return LATEST if milliseconds > 0 else EARLIEST


def text(value: str) -> str:
    """``value`` without NUL, which JSON and protobuf have and Postgres has not."""
    return value.replace("\x00", "\ufffd") if "\x00" in value else value


def parse(value: bytes) -> Any:
    """The JSON ``value`` with ``text`` applied to every string; ValueError where it is no JSON."""
    found = orjson.loads(value)
    return _cleaned(found) if b"\\u0000" in value else found


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {text(name): _cleaned(item) for name, item in value.items()}
    return value


class Mapper:
    """How one kind of document becomes rows: its table, and per column where the value comes from.

    ``places`` maps columns to the path of their field; the other columns carry the field of their name.
    """

    def __init__(self, table: sa.Table, **places: tuple[str, ...]) -> None:
        self.table = table
        own = [column for column in table.columns if column.name not in ("block_number", "tx_id")]
        # SQLAlchemy's names are a kind of str of their own, which a JSON writer does not take for a key.
        self.columns = [str(column.name) for column in own] + ["block_number", "tx_id"]
        self.key = [str(column.name) for column in table.primary_key.columns]
        self._read = [_reader(column, places.get(column.name, (column.name,))) for column in own]

    def row(self, document: Mapping[str, Any], block_number: int, tx_id: str) -> Row:
        """The row of ``document`` as this transaction wrote it; KeyError, TypeError or ValueError."""
        return (*[read(document) for read in self._read], block_number, tx_id)


def _reader(column: sa.Column[Any], path: tuple[str, ...]) -> Read:
    """Reads a column's value: of the type that it must have, None only where it may be absent."""
    *outer, name = path
    convert, wanted = _conversion(column.type)
    optional = bool(column.nullable)

    def read(document: Mapping[str, Any]) -> Any:
        for step in outer:
            document = document[step]
        value = document.get(name)
        if value is None and optional:
            return None
        if wanted is not None and type(value) is not wanted:
            raise TypeError(f"{name} is {type(value).__name__}, not {wanted.__name__}")
        return convert(value) if convert else value

    return read


def _conversion(kind: sa.types.TypeEngine[Any]) -> tuple[Callable[[Any], Any] | None, type | None]:
    """How JSON becomes a column's value, and the type that it must have in JSON."""
    if isinstance(kind, sa.DateTime):
        return time, int
    if isinstance(kind, sa.Date):
        return date.fromisoformat, str
    if isinstance(kind, sa.JSON):
        return _json, None
    if isinstance(kind, sa.Boolean):
        return None, bool
    if isinstance(kind, sa.Integer):
        return _integer, int
    return None, str


def _json(value: Any) -> str:
    if value is None:
        raise KeyError("absent")
    return orjson.dumps(value).decode()


def _integer(value: int) -> int:
    if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise OverflowError(f"{value} has more than 32 bits")
    return value


_STORAGE = {name: ("storage", name) for name in ("min_mc", "max_mc")}

MAPPERS: dict[str, Mapper] = {
    "party": Mapper(tables.party),
    "product": Mapper(tables.product, **_STORAGE),
    "lot": Mapper(tables.lot),
    "unit": Mapper(tables.unit),
    "container": Mapper(tables.container, **_STORAGE),
    "transfer": Mapper(tables.transfer, from_gln=("from",), to_gln=("to",)),
    "device": Mapper(tables.device),
    "sensor_anchor": Mapper(tables.sensor_anchor),
    "excursion": Mapper(tables.excursion, limit_min_mc=("limit", "min_mc"), limit_max_mc=("limit", "max_mc")),
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


def row(kind: str, key: str, value: bytes, block_number: int, tx_id: str) -> Row:
    """The row of a document written under ``key``; DocumentError where it is malformed.

    It must name the kind and the attributes of its key: one under another's key would hide that other.
    """
    try:
        document = parse(value)
        mapper = MAPPERS[kind]
        made = mapper.row(document, block_number, tx_id)
        named = tuple(document[name] for name in mapper.key)
        if document["doc"] != kind or named != attributes_of(key):
            raise ValueError(f"it is {document['doc']} {'/'.join(named)}")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise DocumentError(
            f"block {block_number}, transaction {tx_id}: malformed {kind}: {error!r}"
        ) from error
    return made
