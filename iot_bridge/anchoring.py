"""From stored readings to anchors that wait for the ledger: a window that is due is claimed."""

from __future__ import annotations

import asyncio
import logging
import time
from itertools import chain

from iot_bridge import anchors, store
from iot_bridge.counters import Status
from iot_bridge.database import Connection, Pool, patiently
from iot_bridge.windows import Key, Windows, together

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
# Readings that a bridge stored and did not live to anchor are looked for this often.
ADOPT_SECONDS = 60.0
ADOPT_WINDOWS = 5000
PRUNE_SECONDS = 3600.0


class Anchoring:
    """Closes windows; ``claimed`` is called when there is something to submit."""

    def __init__(
        self,
        pool: Pool,
        windows: Windows,
        length_ms: int,
        idle_seconds: float,
        dead_letter_days: int,
        status: Status,
        claimed: asyncio.Event,
    ) -> None:
        self._pool = pool
        self._windows = windows
        self._length = length_ms
        self._quiet = max(ADOPT_SECONDS, idle_seconds * 2)
        self._days = dead_letter_days
        self._status = status
        self._claimed = claimed
        self._stored = asyncio.Event()

    def stored(self) -> None:
        """Readings were stored: one of them may be in a hurry."""
        self._stored.set()

    async def run(self) -> None:
        """Claim what is due, until cancelled."""
        await self._adopt(0)
        adopted = pruned = time.monotonic()
        while True:
            self._stored.clear()
            now = time.monotonic()
            groups = together(self._windows.due(now), self._length)
            while groups:
                try:
                    await self._close(groups[0][0][0], groups[0][-1][0])
                except BaseException:
                    for key, window in chain(*groups):
                        self._windows.restore(key, window, time.monotonic())
                    raise
                del groups[0]
            if now - adopted > ADOPT_SECONDS:
                adopted = now
                await self._adopt(self._quiet)
            if now - pruned > PRUNE_SECONDS:
                pruned = now
                await patiently(self._pool, self._status, lambda c: store.prune_dead_letters(c, self._days))
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self._stored.wait()
            except TimeoutError:
                continue

    async def _close(self, first: Key, last: Key) -> None:
        """Anchors for the readings from one window of a container to another, as many as they need."""

        async def work(connection: Connection) -> tuple[str, int] | None:
            found = await store.unanchored(
                connection, first.container, first.number * self._length, (last.number + 1) * self._length
            )
            readings = anchors.first_of(found)
            if not readings:
                return None
            storage = await store.storage(connection, first.container)
            anchor = await asyncio.to_thread(anchors.build, first.container, storage, readings)
            await store.claim(connection, anchor, readings)
            return anchor.id, len(readings)

        while (made := await patiently(self._pool, self._status, work)) is not None:
            log.info("anchor %s of container %s waits, over %d readings", made[0], first.container, made[1])
            self._claimed.set()

    async def _adopt(self, quiet_seconds: float) -> None:
        """Wait for windows that nobody waits for: of this bridge's last life, or another's."""
        found = await patiently(
            self._pool,
            self._status,
            lambda connection: store.orphans(connection, self._length, quiet_seconds, ADOPT_WINDOWS),
        )
        now = time.monotonic()
        for container, number, readings in found:
            self._windows.adopt(container, number, readings, now)
        if found:
            log.info("found %d windows with readings that wait for an anchor", len(found))
