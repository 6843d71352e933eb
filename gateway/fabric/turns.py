"""So many calls at a time, the rest in their turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.fabric.calls import Priority


class Turns:
    """At most ``limit`` holders at once; who waits is let in by priority, then by arrival."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("at least one call at a time is needed")
        self._free = limit
        self._waiting: tuple[deque[asyncio.Future[None]], ...] = tuple(deque() for _ in Priority)

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """Held while it is entered."""
        await self._take(priority)
        try:
            yield
        finally:
            self._give()

    async def _take(self, priority: Priority) -> None:
        if self._free:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting[priority].append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            # Its turn may have come in the same moment: then it is passed on.
            if mine.done() and not mine.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        for queue in self._waiting:
            while queue:
                next_one = queue.popleft()
                if not next_one.done():
                    next_one.set_result(None)
                    return
        self._free += 1
