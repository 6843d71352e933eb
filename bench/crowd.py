"""Many at once on one client: submits, and streams of the events that they cause."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time

from bench.ledger import Stage
from bench.load import Call, Spread
from bench.results import Results
from gateway.fabric import FabricError

SUBMITS = 1_000
STREAMS = 200
EVENT_SECONDS = 60.0


class _Lost(logging.Handler):
    """Counts the streams that the client had to open again, which only its log tells."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


async def measure(stage: Stage, results: Results, kind: str) -> None:
    """Commission packs, one in each of many submits at once, while every stream is to tell of each of them.

    An error is a submit that fails, an event that a stream misses or tells twice, a stream that was lost.
    """
    lost = _Lost()
    log = logging.getLogger("gateway.fabric.events")
    log.addHandler(lost)
    began = time.perf_counter()
    told: list[list[str]] = [[] for _ in range(STREAMS)]
    first = await stage.network.height()
    streams = [asyncio.create_task(_listen(stage, first, seen)) for seen in told]
    try:
        calls = itertools.islice(stage.singles(), SUBMITS)
        failed = sum(await asyncio.gather(*(_fails(call) for call in calls)))
        submitted = time.perf_counter() - began
        await asyncio.wait(streams, timeout=EVENT_SECONDS)
    finally:
        log.removeHandler(lost)
        for stream in streams:
            stream.cancel()
        ended = await asyncio.gather(*streams, return_exceptions=True)
    for outcome in ended:
        if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
            raise outcome
    missed = sum(SUBMITS - failed - len(set(seen)) for seen in told)
    doubled = sum(len(seen) - len(set(seen)) for seen in told)
    errors = failed + missed + doubled + lost.count
    yardstick = (
        f"none of {SUBMITS:,} submits at once ({submitted:.1f} s) and {STREAMS} event streams "
        f"({time.perf_counter() - began:.1f} s) on one client"
    )
    results.add("client.concurrent", Spread.of([float(errors)]), "errors", yardstick, kind)


async def _listen(stage: Stage, first: int, seen: list[str]) -> None:
    """Note the transactions of as many events as there are submits."""
    async with stage.network.chaincode_events(stage.custody.chaincode, first) as events:
        async for event in events:
            seen.append(event.transaction_id)
            if len(seen) == SUBMITS:
                return


async def _fails(call: Call) -> bool:
    try:
        await call()
    except FabricError as error:
        logging.getLogger(__name__).warning("a submit failed: %s", error)
        return True
    return False
