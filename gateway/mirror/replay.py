"""Making the mirror again from block 0 beside the one in use: to replace it, or to compare the two."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.fabric import Network
from gateway.mirror.reader import batches
from gateway.mirror.tables import MIRRORED
from gateway.mirror.writer import LOCK, Connection, Position, Writer, position

log = logging.getLogger(__name__)

MAX_DIFFERENCES = 20
# The checkpoint says when it was mirrored, which no replay repeats.
_COMPARED = tuple(table for table in MIRRORED if table.name != "checkpoint")


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild went through."""

    blocks: int
    units: int


@dataclass(frozen=True)
class Difference:
    """A row that only one side has, as text; ``side`` is ``mirror`` or ``ledger``."""

    table: str
    side: str
    row: str


@dataclass(frozen=True)
class Comparison:
    """What a verification found; at most ``MAX_DIFFERENCES`` are shown per table and side."""

    height: int
    rows: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        return not self.differences


async def rebuild(network: Network, database_url: str) -> Rebuilt:
    """Replay the ledger into new tables and put them in the place of the old ones, in one transaction.

    Readers see the old tables until then. Outbox, readings and whatever else is not the ledger's are kept.
    """
    async with _scratch(database_url, "mirror_rebuild") as connection:
        here = await _replay(network, connection, None, await network.height())
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            units = await _count(connection, "unit")
            for table in MIRRORED:
                name = sql.Identifier(table.name)
                await connection.execute(sql.SQL("DROP TABLE public.{}").format(name))
                await connection.execute(sql.SQL("ALTER TABLE {} SET SCHEMA public").format(name))
    return Rebuilt(here.next_block if here else 0, units)


async def verify(network: Network, database_url: str) -> Comparison:
    """Replay the ledger up to where the mirror is, and compare the two row by row."""
    async with _scratch(database_url, "mirror_verify") as connection:
        here = None
        while True:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                there = await _mirror_position(connection, network.channel)
                if there is None or (here and here.block_number >= there.block_number):
                    return await _compare(connection, here.next_block if here else 0)
            here = await _replay(network, connection, here, there.next_block)


async def _replay(
    network: Network, connection: Connection, here: Position | None, stop_before: int
) -> Position | None:
    writer = Writer(network.channel, outbox=False)
    async for batch in batches(network, here.next_block if here else 0, stop_before):
        here = await writer.write(connection, here, batch)
    return here


async def _compare(connection: Connection, height: int) -> Comparison:
    differences: list[Difference] = []
    rows = 0
    for table in _COMPARED:
        name = sql.Identifier(table.name)
        rows += await _count(connection, table.name)
        for side, one, other in (
            ("mirror", "public", "mirror_verify"),
            ("ledger", "mirror_verify", "public"),
        ):
            query = sql.SQL(
                "SELECT row_to_json(d)::text FROM (TABLE {}.{} EXCEPT TABLE {}.{}) AS d LIMIT {}"
            ).format(sql.Identifier(one), name, sql.Identifier(other), name, sql.Literal(MAX_DIFFERENCES))
            found = await (await connection.execute(query)).fetchall()
            differences += [Difference(table.name, side, row[0]) for row in found]
    return Comparison(height, rows, tuple(differences))


async def _mirror_position(connection: Connection, channel: str) -> Position | None:
    await connection.execute("SET LOCAL search_path TO public")
    try:
        return await position(connection, channel)
    finally:
        await connection.execute("SET LOCAL search_path TO mirror_verify, public")


async def _count(connection: Connection, table: str) -> int:
    found = await (
        await connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    ).fetchone()
    return found[0] if found else 0


@asynccontextmanager
async def _scratch(database_url: str, schema: str) -> AsyncIterator[Connection]:
    """A connection whose mirrored tables are new, empty ones in ``schema``, gone at the end.

    Two commands of one sort do not meet: the second waits for the first one's lock.
    """
    name = sql.Identifier(schema)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (schema,))
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        await connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        await connection.execute(sql.SQL("SET search_path TO {}, public").format(name))
        try:
            for statement in _definitions(schema):
                await connection.execute(statement)
            yield connection
        finally:
            if not connection.broken:
                await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))


def _definitions(schema: str) -> list[sql.SQL]:
    """The mirrored tables and their indexes, as in ``tables``, in ``schema``."""
    dialect = postgresql.dialect()
    made = sa.MetaData(naming_convention=MIRRORED[0].metadata.naming_convention)
    statements: list[sql.SQL] = []
    for table in MIRRORED:
        copy = table.to_metadata(made, schema=schema)
        statements.append(sql.SQL(str(CreateTable(copy).compile(dialect=dialect))))
        for index, original in zip(_by_name(copy), _by_name(table), strict=True):
            # A copy in a schema takes the schema into its name; after the swap the name must be the old one.
            index.name = original.name
            statements.append(sql.SQL(str(CreateIndex(index).compile(dialect=dialect))))
    return statements


def _by_name(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: tuple(column.name for column in index.columns))
