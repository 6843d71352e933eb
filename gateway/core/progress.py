"""How far the mirror is behind the ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.ledger import Ledger
from gateway.mirror.tables import checkpoint


@dataclass(frozen=True)
class Progress:
    """Blocks on the peer and in the mirror; ``lag_ms``: how old the first block is that the mirror lacks."""

    height: int
    mirror_height: int
    lag_ms: int


async def mirror_height(engine: AsyncEngine, channel: str) -> int:
    """How many blocks the mirror has."""
    query = select(checkpoint.c.block_number).where(checkpoint.c.channel == channel)
    async with engine.connect() as connection:
        number = (await connection.execute(query)).scalar_one_or_none()
    return 0 if number is None else number + 1


async def progress(engine: AsyncEngine, ledger: Ledger) -> Progress:
    """The two heights and the lag between them; the ledger's errors where the peer cannot be asked."""
    height = await ledger.height()
    mirrored = await mirror_height(engine, ledger.network.channel)
    if mirrored >= height:
        return Progress(height, mirrored, 0)
    age = time.time() * 1000 - await ledger.block_time_ms(mirrored)
    return Progress(height, mirrored, max(0, round(age)))
