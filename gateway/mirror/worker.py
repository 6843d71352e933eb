"""The mirror at work: follows the ledger for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime

import psycopg

from chaincode.model.errors import MediLedgerError
from gateway.fabric import FabricError, Network
from gateway.mirror.chain import same_chain
from gateway.mirror.reader import batches
from gateway.mirror.writer import Connection, Moved, Position, Writer, block_at, position

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
# Held for as long as a mirror is connected: a second one of the same database stands by.
RUN_LOCK = 0x4D4C_4D57


class Standby(MediLedgerError):
    """Another mirror writes this database."""


class Progress:
    """What the health endpoint tells: height, last lag, and what the mirror waits for or stopped at."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.lag_ms = 0
        self.waiting: str | None = "not connected yet"
        self.stopped: str | None = None

    @property
    def height(self) -> int:
        return self.position.next_block if self.position else 0

    @property
    def ready(self) -> bool:
        return self.waiting is None and self.stopped is None and self.height > 0

    def advance(self, position: Position, at: datetime) -> None:
        self.position = position
        self.lag_ms = max(0, round((datetime.now(UTC) - at).total_seconds() * 1000))


async def follow(network: Network, database_url: str, progress: Progress) -> None:
    """Mirror block after block until cancelled.

    A lost database or ledger is waited for, with growing pauses. What cannot be mended by waiting, a broken
    chain or a malformed document, raises.
    """
    pause = FIRST_PAUSE
    while True:
        began = asyncio.get_running_loop().time()
        try:
            async with await _connect(database_url) as connection:
                await _stand_alone(connection)
                progress.position = await position(connection, network.channel)
                await same_chain(network, progress.position)
                progress.waiting = None
                await _follow(network, connection, progress)
        except Moved:
            log.info("the mirror was rebuilt; going on from its new checkpoint")
        except (Standby, psycopg.Error, FabricError, OSError) as error:
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            progress.waiting = _line(error)
            log.warning("mirror interrupted (%s), again in %.1f s", progress.waiting, pause)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE)


async def _connect(database_url: str) -> Connection:
    """A connection that is given up when its server no longer answers, so that another one is tried."""
    return await psycopg.AsyncConnection.connect(
        database_url,
        autocommit=True,
        connect_timeout=5,
        keepalives_idle=5,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=20_000,
    )


async def _stand_alone(connection: Connection) -> None:
    await connection.execute("SET client_min_messages TO warning")
    answer = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (RUN_LOCK,))).fetchone()
    if not answer or not answer[0]:
        raise Standby("another mirror writes this database")


async def _follow(network: Network, connection: Connection, progress: Progress) -> None:
    writer = Writer(network.channel)
    async for batch in batches(network, progress.height):
        here = await writer.write(connection, progress.position, batch)
        progress.advance(here, block_at(batch[-1]))


async def keep_following(network: Network, database_url: str, progress: Progress) -> None:
    """``follow``, but what stops it is kept in ``progress`` for the health endpoint to tell.

    The process stays: started again it would find the same, and a restart loop hides the reason. It goes on
    when a rebuild has moved the checkpoint.
    """
    while True:
        try:
            await follow(network, database_url, progress)
        except MediLedgerError as error:
            progress.stopped = _line(error)
            log.error("the mirror stops: %s", progress.stopped)
            await _moved(database_url, network.channel, progress.position)
            log.info("the mirror was rebuilt; going on")
            progress.stopped = None


async def _moved(database_url: str, channel: str, here: Position | None) -> None:
    """Wait until the checkpoint is no longer ``here``."""
    while True:
        try:
            async with await _connect(database_url) as connection:
                if await position(connection, channel) != here:
                    return
        except psycopg.Error as error:
            log.warning("the stopped mirror cannot read its checkpoint: %s", _line(error))
        await asyncio.sleep(LONGEST_PAUSE)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
