"""Driving calls at a fixed concurrency or a fixed rate, and reading what came of it."""

from __future__ import annotations

import asyncio
import itertools
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Spread:
    """Median, minimum and maximum of repeated measurements."""

    value: float
    min: float
    max: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Load:
    """What a load came to: calls finished per second, and this process's CPU for each, in ms."""

    per_s: float
    cpu_ms: float


async def rate(calls: Iterator[Call], concurrency: int, seconds: float = math.inf) -> Load:
    """Make calls, ``concurrency`` at a time, until the time is over or there are no more.

    A call that fails ends the measurement.
    """
    finished = 0
    used = time.process_time()
    began = time.perf_counter()
    ends = began + seconds

    async def worker() -> None:
        nonlocal finished
        while time.perf_counter() < ends and (call := next(calls, None)):
            await call()
            finished += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())
    used = time.process_time() - used
    return Load(finished / (time.perf_counter() - began), 1000 * used / finished)


async def latencies(calls: Iterator[Call], per_second: float, seconds: float) -> list[float]:
    """Seconds each call took, started ``per_second`` whether or not the earlier ones have returned."""
    taken: list[float] = []

    async def one(call: Call) -> None:
        began = time.perf_counter()
        await call()
        taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            group.create_task(one(next(calls)))
    return taken


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(len(ordered) * share + 0.999999) - 1))]


def numbers(start: int = 0) -> Iterator[int]:
    """Never the same number twice in a run."""
    return itertools.count(start)
