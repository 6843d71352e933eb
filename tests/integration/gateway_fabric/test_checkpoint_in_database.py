"""A checkpoint that the caller's database transaction owns: effects and position, or neither."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from gateway.fabric import ChaincodeEvent, Network, Position

PROBE = "probe"
Connection = psycopg.AsyncConnection[tuple[int | None, str]]


class DatabaseCheckpoint:
    """What README.md describes: ``load`` for the stream, ``store`` for the caller's transactions."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    async def load(self) -> Position:
        query = "SELECT block_number, transaction_id FROM position WHERE name = %s"
        row = await (await self._connection.execute(query, (self._name,))).fetchone()
        return Position(*row) if row else Position()

    async def store(self, position: Position) -> None:
        await self._connection.execute(
            "INSERT INTO position VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE"
            " SET block_number = excluded.block_number, transaction_id = excluded.transaction_id",
            (self._name, position.block_number, position.transaction_id),
        )


class Crash(Exception):
    """The process ends here."""


async def consume(network: Network, url: str, name: str, start: int, crash_at: str, last: str) -> None:
    """Take events into the table until ``last``; crash within the transaction of ``crash_at``."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        checkpoint = DatabaseCheckpoint(connection, name)
        async with network.chaincode_events(PROBE, start, checkpoint) as events:
            async for event in events:
                await take(connection, checkpoint, event, crash_at)
                if event.name == last:
                    return


async def take(
    connection: Connection, checkpoint: DatabaseCheckpoint, event: ChaincodeEvent, crash_at: str
) -> None:
    async with connection.transaction():
        await connection.execute("INSERT INTO effect VALUES (%s)", (event.name,))
        if event.name == crash_at:
            raise Crash
        await checkpoint.store(event.position)


async def test_each_event_takes_effect_once_whatever_crashes(
    network: Network, key: str, postgres: str
) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS effect (name text)")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS position"
            " (name text PRIMARY KEY, block_number bigint, transaction_id text NOT NULL)"
        )
    start = await network.height()
    names = [f"{key}-{number}" for number in range(5)]
    for name in names:
        await network.contract(PROBE).submit("event", name, "{}")
    async with asyncio.timeout(60):
        for crash_at in names:
            with pytest.raises(Crash):
                await consume(network, postgres, key, start, crash_at, names[-1])
            await asyncio.sleep(0)
        await consume(network, postgres, key, start, "nowhere", names[-1])
    with psycopg.connect(postgres) as connection:
        effects = connection.execute("SELECT name FROM effect WHERE name LIKE %s", (f"{key}%",)).fetchall()
    assert [name for (name,) in effects] == names
