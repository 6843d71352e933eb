"""The member's database: a small pool, and what of its failures is waited for."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from iot_bridge.counters import Status

log = logging.getLogger(__name__)

POOL_SIZE = 4
CONNECT_SECONDS = 5
STATEMENT_MS = 30_000
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 3.0
# Lost, locked out, or restarting: the same statement may succeed later.
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Pool = AsyncConnectionPool[Connection]
Answer = TypeVar("Answer")

_OPTIONS: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": CONNECT_SECONDS,
    "options": f"-c statement_timeout={STATEMENT_MS} -c timezone=UTC",
}


def pool(url: str) -> Pool:
    """A pool to be opened by ``async with``; its connections commit each statement by itself."""
    return AsyncConnectionPool(
        url,
        kwargs=_OPTIONS,
        min_size=1,
        max_size=POOL_SIZE,
        timeout=CONNECT_SECONDS,
        reconnect_timeout=LONGEST_PAUSE,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )


async def connect(url: str) -> Connection:
    """A connection of its own, for what belongs to a session."""
    return await psycopg.AsyncConnection.connect(url, **_OPTIONS)


async def patiently(made: Pool, status: Status, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
    """``work`` in a transaction, repeated until the database is there for it.

    A lost commit may have taken place: ``work`` must be safe to repeat.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            async with made.connection() as connection, connection.transaction():
                answer = await work(connection)
        except AWAY as error:
            if status.database:
                log.warning("the database is away: %s", type(error).__name__)
            status.database = False
        else:
            if not status.database:
                log.info("the database is there")
            status.database = True
            return answer
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 2, LONGEST_PAUSE)
