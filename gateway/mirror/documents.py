"""From a ledger document to a row of its table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from chaincode.model import keys
from chaincode.model.errors import MediLedgerError
from chaincode.model.periods import whole
from gateway.mirror import tables

Row = tuple[Any, ...]
Place = tuple[tuple[str, ...], int]
# Where it belongs, the document or None where it was deleted, block number and transaction id.
Written = tuple[Place, bytes | None, int, str]
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

    ``fields`` maps columns to their field; the other columns carry the field of their name, a column
    ``document`` all of it. With a column ``period``, documents come in numbered periods, each under a key of
    its own, and the row shows the newest one.
    """

    def __init__(self, table: sa.Table, fields: Mapping[str, str] | None = None) -> None:
        self.table = table
        self.periods = "period" in table.columns
        own = [column for column in table.columns if column.name not in ("block_number", "tx_id")]
        # SQLAlchemy's names are a kind of str of their own, which a JSON writer does not take for a key.
        self.columns = [str(column.name) for column in own] + ["block_number", "tx_id"]
        self.key = [str(column.name) for column in table.primary_key.columns]
        self._fields = dict(fields or {})
        self._read = [_reader(column, self.field(column.name)) for column in own]
        # A table's key comes first. Of its last columns, what stands in them where keys name nothing.
        self._key = self._read[: len(self.key)]
        defaults = (_default(column) for column in own[: len(self.key)])
        self._absent = [default for default in defaults if default is not None]

    def field(self, column: str) -> str:
        """The document's field that a column carries."""
        return self._fields.get(column, column)

    def row(self, document: Mapping[str, Any], block_number: int, tx_id: str) -> Row:
        """The row of ``document`` as this transaction wrote it; KeyError, TypeError or ValueError."""
        return (*[read(document) for read in self._read], block_number, tx_id)

    def named(self, document: Mapping[str, Any]) -> Place:
        """The row that a document says it is of, and the period; KeyError or TypeError."""
        return tuple(read(document) for read in self._key), document["period"] if self.periods else 0

    def place(self, attributes: Sequence[str]) -> Place:
        """The row that a ledger key's attributes stand for, and the period; ValueError for no key."""
        width = len(self.key)
        row, rest = tuple(attributes[:width]), attributes[width:]
        period = int(rest[0]) if self.periods and rest else 0
        named = (*row, str(period)) if period > 0 else row
        absent = self._absent[: width - len(row)]
        if named != tuple(attributes) or len(row) + len(absent) < width:
            raise ValueError(f"{'/'.join(attributes)} is no key")
        return (*row, *absent), period


def _reader(column: sa.Column[Any], name: str) -> Read:
    """Reads a column's value: of the type that it must have, its default or None where it may be absent."""
    if column.name == "document":
        return _json
    convert, wanted = _conversion(column.type)
    default = _default(column)
    optional = bool(column.nullable) or default is not None

    def read(document: Mapping[str, Any]) -> Any:
        value = document.get(name)
        if value is None and optional:
            return default
        if wanted is not None and type(value) is not wanted:
            raise TypeError(f"{name} is {type(value).__name__}, not {wanted.__name__}")
        return convert(value) if convert else value

    return read


def _default(column: sa.Column[Any]) -> Any:
    """What stands in a column where a document says nothing; None where nothing does."""
    return column.default.arg if isinstance(column.default, sa.ColumnDefault) else None


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


MAPPERS: dict[str, Mapper] = {
    table.name: Mapper(table)
    for table in (
        tables.party,
        tables.product,
        tables.proposal,
        tables.vote,
        tables.lot,
        tables.unit,
        tables.container,
        tables.packing,
        tables.repackaging,
        tables.hold,
        tables.device,
        tables.sensor_anchor,
        tables.container_temperature,
        tables.excursion,
        tables.excursion_decision,
        tables.recall,
        tables.recall_ack,
        tables.recall_check,
        tables.verification,
        tables.trace_request,
        tables.investigation,
        tables.sample,
        tables.high_risk,
        tables.notification,
        tables.notification_response,
    )
} | {
    "tray": Mapper(tables.tray, {"gone": "left"}),
    "transfer": Mapper(tables.transfer, {"from_gln": "from", "to_gln": "to"}),
    "param": Mapper(tables.parameter),
    "epcis": Mapper(tables.event_hash),
}
# Whose documents say that they are something else than their keys.
DOC = {"epcis": "event_hash"}
# A unit's document without any of these says nothing of which one it is.
_SAYS_WHICH = (b'"gtin"', b'"serial"', b"\\")
# Chaincode deletes none of these: they are the proof of each other.
LASTING = frozenset({"unit", "tray", "container"})
# By these chaincode finds other documents, or what they say; they say nothing that those do not.
INDEXES = frozenset({"directory", "held_lot", "recalled", "recalled_product", "verified"})


def split(key: str) -> tuple[str, tuple[str, ...]]:
    """The kind of document that a ledger key names, and the attributes; no kind of a key that is not ours."""
    try:
        return keys.split(key)
    except ValueError:
        return "", ()


def place(kind: str, attributes: Sequence[str], block_number: int, tx_id: str) -> Place:
    """The row that a document's key belongs to, and the period; DocumentError where the key is malformed."""
    try:
        return MAPPERS[kind].place(attributes)
    except ValueError as error:
        raise DocumentError(
            f"block {block_number}, transaction {tx_id}: malformed {kind}: {error}"
        ) from error


def _whole(found: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A unit's document from what is written of it; ValueError where that denies what its key says."""
    document = whole(found, *place[0])
    denied = [name for name, value in found.items() if document[name] != value]
    if denied:
        raise ValueError(f"it has another {denied[0]}")
    return document


def _check_lists(kind: str, document: Mapping[str, Any]) -> None:
    """TypeError where a tray or a packing list does not list packs, or trays, as chaincode writes them."""
    lists = {"tray": ("serials", "left"), "packing": ("children",)}.get(kind, ())
    named = document["trays"] if kind == "packing" else []
    if not all(_is_texts(document[name]) for name in lists) or not all(_is_texts(one, 2) for one in named):
        raise TypeError("a list is of something else")


def _is_texts(value: Any, count: int | None = None) -> bool:
    right = type(value) is list and all(type(one) is str for one in value)
    return right and count in (None, len(value))


def row(kind: str, place: Place, value: bytes, block_number: int, tx_id: str) -> Row:
    """The row of a document written at ``place``; DocumentError where it is malformed.

    It must name the kind and the place of its key: one under another's key would hide that other.
    """
    try:
        document = parse(value)
        if kind == "unit":
            document = _whole(document, place)
        _check_lists(kind, document)
        mapper = MAPPERS[kind]
        made = mapper.row(document, block_number, tx_id)
        named = mapper.named(document)
        if document["doc"] != DOC.get(kind, kind) or named != place:
            raise ValueError(f"it is {document['doc']} {'/'.join(named[0])}")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise DocumentError(
            f"block {block_number}, transaction {tx_id}: malformed {kind}: {error!r}"
        ) from error
    return made


def rows(kind: str, written: Iterable[Written]) -> list[Row]:
    """The rows of documents as ``row`` makes them; units that are written alike are read once."""
    made: list[Row] = []
    alike: dict[tuple[bytes, int, int, str], Row] = {}
    for place, value, block_number, tx_id in written:
        if value is None:
            continue
        same = (value, place[1], block_number, tx_id)
        one = alike.get(same)
        if one is None:
            one = row(kind, place, value, block_number, tx_id)
            if kind == "unit" and not any(said in value for said in _SAYS_WHICH):
                alike[same] = one
        else:
            one = (*place[0], *one[len(place[0]) :])
        made.append(one)
    return made
