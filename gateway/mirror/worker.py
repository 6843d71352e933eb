"""The mirror at work: follows the ledger for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime

import psycopg

from chaincode.model.errors import MediLedgerError
from gateway.fabric import FabricError, Network
from gateway.mirror.reader import batches
from gateway.mirror.writer import Connection, Moved, Position, Writer, position

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class Progress:
    """What the health endpoint tells: the mirror's height, its last lag, and what stopped it for good."""

    def __init__(self) -> None:
        self.height = 0
        self.lag_ms = 0
        self.connected = False
        self.stopped: str | None = None

    def advance(self, block_number: int, at: datetime) -> None:
        self.height = block_number + 1
        self.lag_ms = max(0, round((datetime.now(UTC) - at).total_seconds() * 1000))


async def follow(network: Network, database_url: str, progress: Progress) -> None:
    """Mirror block after block until cancelled.

    A lost database or ledger is waited for, with growing pauses. What cannot be mended by waiting, a broken
    chain or a malformed document, raises.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url, autocommit=True, connect_timeout=5
            ) as connection:
                progress.connected = True
                pause = FIRST_PAUSE
                await _follow(network, connection, progress)
        except Moved:
            log.info("the mirror was rebuilt; going on from its new checkpoint")
        except (psycopg.OperationalError, psycopg.InterfaceError, FabricError, OSError) as error:
            progress.connected = False
            log.warning("mirror interrupted (%s), again in %.1f s", _line(error), pause)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE)


async def _follow(network: Network, connection: Connection, progress: Progress) -> None:
    writer = Writer(network.channel)
    here: Position | None = await position(connection, network.channel)
    if here:
        progress.height = here.next_block
    async for batch in batches(network, here.next_block if here else 0):
        here = await writer.write(connection, here, batch)
        newest = max(transaction.timestamp_ms for transaction in batch[-1].transactions)
        progress.advance(here.block_number, datetime.fromtimestamp(newest / 1000, UTC))


async def keep_following(network: Network, database_url: str, progress: Progress) -> None:
    """``follow``, but what stops it for good is kept in ``progress`` for the health endpoint to tell.

    The process stays: started again it would find the same, and a restart loop hides the reason.
    """
    try:
        await follow(network, database_url, progress)
    except MediLedgerError as error:
        progress.stopped = str(error)
        log.error("the mirror stops: %s", error)
        await asyncio.Event().wait()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
