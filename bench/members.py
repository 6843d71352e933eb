"""What members run beside the ledger: the mirror's lag and rebuild, the bridge's readings."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time

import psycopg
from rich.console import Console

from bench import ledger
from bench.idle import idle
from bench.load import Spread, percentile, rate
from bench.results import Results
from bench.sensors import readings
from chaincode.model.errors import MediLedgerError
from gateway.fabric import connect
from mediledger.system import PROJECT, System
from network.ledger import member_profile

LAG_SECONDS = 20.0
POLL_SECONDS = 0.01
CATCH_UP_SECONDS = 60.0
REBUILDS = 3
_PACKS = re.compile(r"\((\d+) packs/s\)")


async def measure(system: System, results: Results, console: Console) -> None:
    """Lag while packs are commissioned, then rebuilds, then the bridge."""
    async with ledger.staged(system) as stage:
        await idle([system], console)
        await lag(system, stage, results)
    await idle([system], console)
    rebuild(system, results)
    await readings(system, results)


async def lag(system: System, stage: ledger.Stage, results: Results) -> None:
    """From a block's delivery by the peer to its commit in the mirror, while packs are commissioned."""
    organization = next(o for o in system.topology.organizations if o.role == "regulator")
    database_url = system.services().database_url(organization.name)
    delivered: dict[int, float] = {}
    mirrored: dict[int, float] = {}
    loaded = asyncio.Event()
    async with (
        connect(member_profile(system.home, organization)) as gateway,
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
    ):
        network = gateway.network(system.topology.channel)
        first = await network.height()

        async def watch_ledger() -> None:
            async for block in network.block_events(first):
                delivered[block.header.number] = time.perf_counter()

        async def watch_mirror() -> None:
            done = first
            while not (loaded.is_set() and done > max(delivered)):
                found = await (await connection.execute("SELECT block_number FROM checkpoint")).fetchone()
                now = time.perf_counter()
                for number in range(done, (found[0] if found else -1) + 1):
                    mirrored[number] = now
                    done = number + 1
                await asyncio.sleep(POLL_SECONDS)

        watchers = [asyncio.create_task(watch_ledger()), asyncio.create_task(watch_mirror())]
        load = await rate(stage.batches(), ledger.BATCH_CONCURRENCY, LAG_SECONDS)
        # The last block is written; its event may be a moment behind.
        await asyncio.sleep(1.0)
        loaded.set()
        await asyncio.wait(watchers, timeout=CATCH_UP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for watcher in watchers:
            watcher.cancel()
        for outcome in await asyncio.gather(*watchers, return_exceptions=True):
            if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
                raise MediLedgerError(f"a watcher ended: {outcome!r}")
    lags = [1000 * max(0.0, mirrored[number] - at) for number, at in delivered.items() if number in mirrored]
    if len(lags) < len(delivered):
        raise MediLedgerError(f"only {len(lags)} of {len(delivered)} blocks were mirrored")
    packs = ledger.BATCH * load.per_s
    yardstick = f"1,000 ms while {packs:,.0f} packs/s are commissioned, {len(lags)} blocks"
    spread = Spread(percentile(lags, 0.95), min(lags), max(lags))
    results.add("mirror.lag.p95_ms", spread, "ms", yardstick, system.kind)


def rebuild(system: System, results: Results) -> None:
    """Packs per second of a rebuild from block 0, with the mirrors of all members running."""
    organization = next(o for o in system.topology.organizations if o.role == "regulator")
    rates = []
    for _ in range(REBUILDS):
        finished = subprocess.run(
            [sys.executable, "-m", "gateway.mirror", "rebuild"],
            cwd=PROJECT,
            env=os.environ | system.environment(organization),
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        found = _PACKS.search(finished.stdout)
        if not found:
            raise MediLedgerError(f"the rebuild said: {finished.stdout}")
        rates.append(float(found.group(1)))
    yardstick = "20,000 packs/s, blocks read from the peer"
    results.add("mirror.rebuild.packs_per_s", Spread.of(rates), "packs/s", yardstick, system.kind)
