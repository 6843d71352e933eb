"""Blocks into Postgres: a block's effects, its outbox rows and the checkpoint in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg
from psycopg import sql

from chaincode.model.errors import MediLedgerError
from gateway.fabric.blocks import VALID, BlockView, TransactionView
from gateway.mirror import documents
from gateway.mirror.documents import LASTING, MAPPERS, Row, Written, text, time
from gateway.mirror.trays import Trays

log = logging.getLogger(__name__)

NAMESPACES = frozenset({"registry", "custody"})
# Whoever writes the mirrored tables of a database holds this lock for the transaction.
LOCK = 0x4D4C_4D52

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_TRANSACTION_COLUMNS = (
    "block_number",
    "position",
    "tx_id",
    "type",
    "validation_code",
    "creator_msp",
    "chaincode",
    "function",
    "at",
    "endorsers",
    "event_name",
    "event",
)
_BLOCK_COLUMNS = ("number", "header_hash", "previous_hash", "data_hash", "transactions", "at")


class ChainBroken(MediLedgerError):
    """A block does not follow the one that the mirror holds: this is not the chain that it mirrors."""


class Unwritable(MediLedgerError):
    """Postgres refuses what a block holds; trying again would not help."""


class Moved(MediLedgerError):
    """The checkpoint is no longer where this writer left it: somebody else rebuilt the mirror."""


@dataclass(frozen=True)
class Position:
    """How far the mirror is: the last block and its header's hash; None before the first."""

    block_number: int
    header_hash: bytes

    @property
    def next_block(self) -> int:
        return self.block_number + 1


async def position(connection: Connection, channel: str) -> Position | None:
    """The checkpoint of a channel."""
    cursor = await connection.execute(
        "SELECT block_number, header_hash FROM checkpoint WHERE channel = %s", (channel,)
    )
    found = await cursor.fetchone()
    return Position(found[0], bytes(found[1])) if found else None


class Writer:
    """Writes consecutive blocks of one channel through one connection.

    ``outbox`` is off where blocks are replayed whose events were told before.
    """

    def __init__(self, channel: str, outbox: bool = True) -> None:
        self._channel = channel
        self._outbox = outbox
        self._unknown: set[str] = set()

    async def write(
        self, connection: Connection, expected: Position | None, blocks: Sequence[BlockView]
    ) -> Position:
        """Apply ``blocks``, which follow ``expected``, in one transaction; the new position.

        Raises ChainBroken, Moved, DocumentError, Unwritable, or psycopg's error, and then nothing is written.
        """
        last = self._follow(expected, blocks)
        try:
            await self._write(connection, expected, blocks, last)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # Not the row itself: the database's message may quote what a log must not hold.
            raise Unwritable(
                f"blocks {blocks[0].number} to {last.block_number}: {error.diag.message_primary or error!r}"
            ) from error
        return last

    async def _write(
        self, connection: Connection, expected: Position | None, blocks: Sequence[BlockView], last: Position
    ) -> None:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            if await position(connection, self._channel) != expected:
                raise Moved("the mirror was rebuilt meanwhile")
            await self._write_chain(connection, blocks)
            await self._write_documents(connection, blocks)
            if self._outbox:
                await self._write_outbox(connection, blocks)
            await connection.execute(
                "INSERT INTO checkpoint (channel, block_number, header_hash, block_at, mirrored_at)"
                " VALUES (%s, %s, %s, %s, clock_timestamp())"
                " ON CONFLICT (channel) DO UPDATE SET block_number = excluded.block_number,"
                " header_hash = excluded.header_hash, block_at = excluded.block_at,"
                " mirrored_at = excluded.mirrored_at",
                (self._channel, last.block_number, last.header_hash, block_at(blocks[-1])),
            )

    @staticmethod
    def _follow(expected: Position | None, blocks: Sequence[BlockView]) -> Position:
        before = expected
        for block in blocks:
            number = before.next_block if before else 0
            if block.number != number:
                raise ChainBroken(f"block {block.number} came where block {number} follows")
            if before and block.previous_hash != before.header_hash:
                raise ChainBroken(
                    f"block {block.number} follows {block.previous_hash.hex()}, "
                    f"but block {before.block_number} here is {before.header_hash.hex()}"
                )
            before = Position(block.number, block.header_hash)
        if before is None:
            raise ChainBroken("no block to write")
        return before

    @staticmethod
    async def _write_chain(connection: Connection, blocks: Sequence[BlockView]) -> None:
        rows: Iterable[Row] = (
            (b.number, b.header_hash, b.previous_hash, b.data_hash, len(b.transactions), block_at(b))
            for b in blocks
        )
        await _copy(connection, "block", _BLOCK_COLUMNS, rows)
        rows = (_transaction_row(b, t) for b in blocks for t in b.transactions)
        await _copy(connection, "ledger_transaction", _TRANSACTION_COLUMNS, rows)

    async def _write_documents(self, connection: Connection, blocks: Sequence[BlockView]) -> None:
        """The last state of every row that the valid transactions wrote, one statement per table."""
        latest = self._latest(blocks)
        made = {kind: documents.rows(kind, written.values()) for kind, written in latest.items()}
        trays = await Trays.read(connection, made.get("tray", []), made.get("unit", []))
        for kind, rows in made.items():
            mapper = MAPPERS[kind]
            deleted = [place[0] for place, value, *_ in latest[kind].values() if value is None]
            if deleted:
                await _delete(connection, mapper.table.name, mapper.key, deleted)
            if rows:
                await _upsert(connection, mapper, trays.placed(rows) if kind == "unit" else rows)
        await trays.spread(connection)

    def _latest(self, blocks: Sequence[BlockView]) -> dict[str, dict[tuple[str, ...], Written]]:
        """What is left of the blocks' writes, by kind and row: the last of each, of the newest period.

        Where somebody deletes what chaincode never does, the row keeps what was there, whatever the blocks it
        is read in.
        """
        latest: dict[str, dict[tuple[str, ...], Written]] = {}
        for block in blocks:
            for transaction in block.transactions:
                if not transaction.valid:
                    continue
                for write in transaction.writes:
                    if write.namespace not in NAMESPACES:
                        continue
                    kind, attributes = documents.split(write.key)
                    if not self._known(kind) or (write.is_delete and kind in LASTING):
                        continue
                    place = documents.place(kind, attributes, block.number, transaction.tx_id)
                    rows = latest.setdefault(kind, {})
                    before = rows.get(place[0])
                    if before is None or before[0][1] <= place[1]:
                        value = None if write.is_delete else write.value
                        rows[place[0]] = (place, value, block.number, transaction.tx_id)
        return latest

    def _known(self, kind: str) -> bool:
        if kind in MAPPERS:
            return True
        if kind not in self._unknown and kind not in documents.INDEXES:
            self._unknown.add(kind)
            log.warning("documents of kind %r are not mirrored", kind)
        return False

    @staticmethod
    async def _write_outbox(connection: Connection, blocks: Sequence[BlockView]) -> None:
        rows = [
            (block.number, transaction.tx_id, text(transaction.event.name), _json(transaction.event.payload))
            for block in blocks
            for transaction in block.transactions
            if transaction.valid and transaction.event and transaction.chaincode in NAMESPACES
        ]
        if rows:
            async with connection.cursor() as cursor:
                await cursor.executemany(
                    "INSERT INTO outbox (block_number, tx_id, topic, payload) VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (tx_id) DO NOTHING",
                    rows,
                )


async def tell_events(connection: Connection, after: int) -> None:
    """Put the events of mirrored blocks beyond ``after`` into the outbox, for a rebuild that went further."""
    await connection.execute(
        "INSERT INTO outbox (block_number, tx_id, topic, payload)"
        " SELECT block_number, tx_id, event_name, event FROM ledger_transaction"
        " WHERE block_number > %s AND validation_code = %s AND event_name IS NOT NULL AND chaincode = ANY(%s)"
        " ORDER BY block_number, position ON CONFLICT (tx_id) DO NOTHING",
        (after, VALID, sorted(NAMESPACES)),
    )


async def _upsert(connection: Connection, mapper: documents.Mapper, rows: Iterable[Row]) -> None:
    table = sql.Identifier(mapper.table.name)
    staging = sql.Identifier(f"staging_{mapper.table.name}")
    await connection.execute(
        sql.SQL("CREATE TEMP TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(staging, table)
    )
    await _copy(connection, f"staging_{mapper.table.name}", mapper.columns, rows)
    columns = sql.SQL(", ").join(map(sql.Identifier, mapper.columns))
    changes = sql.SQL(", ").join(
        sql.SQL("{} = excluded.{}").format(sql.Identifier(name), sql.Identifier(name))
        for name in mapper.columns
        if name not in mapper.key
    )
    key = sql.SQL(", ").join(map(sql.Identifier, mapper.key))
    newer = sql.SQL(" WHERE excluded.period >= {}.period").format(table) if mapper.periods else sql.SQL("")
    await connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}{}").format(
            table, columns, columns, staging, key, changes, newer
        )
    )


async def _delete(
    connection: Connection, table: str, key: Sequence[str], values: Sequence[tuple[str, ...]]
) -> None:
    condition = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in key)
    statement = sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(table), condition)
    async with connection.cursor() as cursor:
        await cursor.executemany(statement, values)


async def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


def _transaction_row(block: BlockView, transaction: TransactionView) -> Row:
    event = transaction.event
    return (
        block.number,
        transaction.index,
        text(transaction.tx_id),
        transaction.type,
        transaction.validation_code,
        text(transaction.creator_msp),
        text(transaction.chaincode),
        text(transaction.function),
        time(transaction.timestamp_ms),
        [text(endorser) for endorser in transaction.endorsers],
        text(event.name) if event else None,
        _json(event.payload) if event else None,
    )


def block_at(block: BlockView) -> datetime:
    """The time of a block's newest transaction; blocks have none of their own."""
    return time(max((transaction.timestamp_ms for transaction in block.transactions), default=0))


def _json(payload: bytes) -> str:
    """An event's payload; of one that is no JSON, its text as a JSON string."""
    try:
        return orjson.dumps(documents.parse(payload)).decode()
    except (ValueError, TypeError):
        return orjson.dumps(text(payload.decode(errors="replace"))).decode()
