"""Making the mirror again from block 0 beside the one in use: to replace it, or to compare the two."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import psycopg
from psycopg import sql

from gateway.fabric import Network
from gateway.mirror.chain import same_chain
from gateway.mirror.reader import batches
from gateway.mirror.scratch import finish, scratch
from gateway.mirror.tables import MIRRORED
from gateway.mirror.writer import LOCK, Connection, Moved, Position, Writer, position, tell_events

log = logging.getLogger(__name__)

MAX_DIFFERENCES = 20
# A swap waits this long for readers in the middle of a transaction, lets the others pass, and tries again.
SWAP_SECONDS = 3
SWAP_ATTEMPTS = 10
_REBUILD = "mirror_rebuild"
_VERIFY = "mirror_verify"
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
class Compared:
    """A table's state as the ledger has it: rows, and a digest that does not depend on their order."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Comparison:
    """What a verification found; at most ``MAX_DIFFERENCES`` are shown per table and side."""

    height: int
    tables: tuple[Compared, ...]
    differences: tuple[Difference, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def equal(self) -> bool:
        return not self.differences


async def rebuild(network: Network, database_url: str) -> Rebuilt:
    """Replay the ledger into new tables and put them in the place of the old ones, in one transaction.

    Readers see the old tables until then. A mirror that runs goes on from the new checkpoint. Outbox,
    readings and whatever else is not the ledger's are kept; events of blocks that the old tables did not
    have yet go to the outbox.
    """
    async with scratch(database_url, _REBUILD) as connection:
        here = await _replay(network, connection, None, await network.height())
        units = await _count(connection, "unit")
        await finish(connection, _REBUILD)
        for attempt in range(1, SWAP_ATTEMPTS + 1):
            try:
                await _swap(connection, network.channel)
                break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if attempt == SWAP_ATTEMPTS:
                    raise
                log.info("the mirror's tables are in use, again in 1 s (%d of %d)", attempt, SWAP_ATTEMPTS)
                await asyncio.sleep(1)
    return Rebuilt(here.next_block if here else 0, units)


async def _swap(connection: Connection, channel: str) -> None:
    async with connection.transaction():
        await connection.execute(sql.SQL("SET LOCAL lock_timeout TO {}").format(f"{SWAP_SECONDS}s"))
        await connection.execute("SET LOCAL synchronous_commit TO on")
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        replaced = await _mirror_position(connection, channel, _REBUILD)
        for table in MIRRORED:
            name = table.name
            await connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("public", name)))
            await connection.execute(
                sql.SQL("ALTER TABLE {} SET SCHEMA public").format(sql.Identifier(_REBUILD, name))
            )
        await tell_events(connection, replaced.block_number if replaced else -1)


async def verify(network: Network, database_url: str) -> Comparison:
    """Replay the ledger up to where the mirror is, and compare the two row by row.

    The mirror waits while they are compared. Raises ChainBroken or LedgerBehind where the ledger does not
    hold the mirror's last block.
    """
    async with scratch(database_url, _VERIFY) as connection:
        here: Position | None = None
        while True:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                there = await _mirror_position(connection, network.channel, _VERIFY)
                if here == there:
                    return await _compare(connection, here.next_block if here else 0)
            if there is None or (here and here.block_number >= there.block_number):
                raise Moved("the mirror was rebuilt while it was compared; verify it again")
            await same_chain(network, there)
            here = await _replay(network, connection, here, there.next_block)


async def _replay(
    network: Network, connection: Connection, here: Position | None, stop_before: int
) -> Position | None:
    writer = Writer(network.channel, outbox=False)
    async for batch in batches(network, here.next_block if here else 0, stop_before):
        here = await writer.write(connection, here, batch)
    return here


async def _compare(connection: Connection, height: int) -> Comparison:
    compared: list[Compared] = []
    differences: list[Difference] = []
    for table in _COMPARED:
        mirror, ledger = sql.Identifier("public", table.name), sql.Identifier(_VERIFY, table.name)
        compared.append(await _digest(connection, table.name, ledger))
        for side, one, other in (("mirror", mirror, ledger), ("ledger", ledger, mirror)):
            query = sql.SQL(
                "SELECT row_to_json(d)::text FROM (TABLE {} EXCEPT TABLE {}) AS d LIMIT {}"
            ).format(one, other, sql.Literal(MAX_DIFFERENCES))
            found = await (await connection.execute(query)).fetchall()
            differences += [Difference(table.name, side, row[0]) for row in found]
    return Comparison(height, tuple(compared), tuple(differences))


async def _digest(connection: Connection, name: str, table: sql.Identifier) -> Compared:
    query = sql.SQL(
        "SELECT count(*), (coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
        " % 18446744073709551616)::text FROM {} AS t"
    ).format(table)
    rows, digest = (await (await connection.execute(query)).fetchone()) or (0, "0")
    return Compared(name, rows, f"{int(digest) % 2**64:016x}")


async def _mirror_position(connection: Connection, channel: str, schema: str) -> Position | None:
    """The checkpoint of the tables in use, seen from a transaction that sees ``schema`` first."""
    await connection.execute("SET LOCAL search_path TO public")
    found = await position(connection, channel)
    await connection.execute(sql.SQL("SET LOCAL search_path TO {}, public").format(sql.Identifier(schema)))
    return found


async def _count(connection: Connection, table: str) -> int:
    found = await (
        await connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    ).fetchone()
    return found[0] if found else 0
