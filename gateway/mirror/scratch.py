"""New, empty mirrored tables in a schema of their own, beside the ones in use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement, SetColumnComment

from gateway.mirror.tables import MIRRORED
from gateway.mirror.writer import Connection


@asynccontextmanager
async def scratch(database_url: str, schema: str) -> AsyncIterator[Connection]:
    """A connection that sees new mirrored tables in ``schema``, without indexes, gone at the end.

    Two commands of one sort do not meet: the second waits for the first one's lock.
    """
    name = sql.Identifier(schema)
    async with await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, connect_timeout=10
    ) as connection:
        await connection.execute("SET client_min_messages TO warning")
        # What a crash loses here is made again.
        await connection.execute("SET synchronous_commit TO off")
        await connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (schema,))
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        await connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        await connection.execute(sql.SQL("SET search_path TO {}, public").format(name))
        try:
            await _execute(connection, [CreateTable(table) for table in _copies(schema)])
            yield connection
        finally:
            if not connection.broken:
                await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))


async def finish(connection: Connection, schema: str) -> None:
    """What filled tables lack to take their originals' place: indexes, comments, statistics."""
    statements: list[DDLElement] = []
    for copy, table in zip(_copies(schema), MIRRORED, strict=True):
        for index, original in zip(_by_columns(copy), _by_columns(table), strict=True):
            # A copy in a schema takes the schema into its name; in the other's place it must have its name.
            index.name = original.name
            statements.append(CreateIndex(index))
        statements += [SetColumnComment(column) for column in copy.columns if column.comment]
    await _execute(connection, statements)
    for table in MIRRORED:
        await connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table.name)))


def _copies(schema: str) -> list[sa.Table]:
    made = sa.MetaData(naming_convention=MIRRORED[0].metadata.naming_convention)
    return [table.to_metadata(made, schema=schema) for table in MIRRORED]


def _by_columns(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: tuple(column.name for column in index.columns))


async def _execute(connection: Connection, statements: Sequence[DDLElement]) -> None:
    dialect = postgresql.dialect()
    for statement in statements:
        await connection.execute(sql.SQL(str(statement.compile(dialect=dialect))))
