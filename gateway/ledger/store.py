"""How many transactions the mirror holds."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.mirror.tables import block


class TransactionCount:
    """Counts by blocks, each once: a block that is in the mirror never changes."""

    def __init__(self) -> None:
        self._next = 0
        self._count = 0

    async def up_to(self, engine: AsyncEngine, height: int) -> int:
        """Transactions in the blocks before ``height``, valid or not."""
        if height < self._next:
            # The mirror is being rebuilt.
            self._next = self._count = 0
        query = select(func.coalesce(func.sum(block.c.transactions), 0)).where(
            block.c.number >= self._next, block.c.number < height
        )
        start = self._next
        async with engine.connect() as connection:
            more = int((await connection.execute(query)).scalar_one())
        # Another request may have counted the same blocks meanwhile.
        if start == self._next:
            self._next, self._count = height, self._count + more
        return self._count
