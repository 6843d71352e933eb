"""kill -9 of each part in turn while the story is told: all of it converges, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest
from rich.console import Console

from mediledger.demo import run
from mediledger.system import PROJECT
from tests.support import system
from tests.support.system import RunningSystem

pytestmark = [pytest.mark.timeout(900)]

# Whatever of these the ledger has; names are prefixes of process names.
VICTIMS = (
    "devnet",
    "peer",
    "orderer",
    "chaincode",
    "gateway",
    "mirror",
    "bridge",
    "postgres",
    "mosquitto",
    "redis",
)
PAUSE_SECONDS = 1.0
TELLINGS = 8


@pytest.fixture(scope="module", params=system.kinds())
def fresh(request: pytest.FixtureRequest) -> Iterator[RunningSystem]:
    """A system of its own: what is killed here must not disturb other tests."""
    with system.running(request.param, base_port=20000) as started:
        yield started


async def kill_in_turn(running: RunningSystem, story: asyncio.Task[object], left: list[str]) -> None:
    """Kill one process of each sort in ``left``, the next once the last is back, until the story is over."""
    chosen = random.Random(1)  # noqa: S311 - repeatable choice of victims
    while left and not story.done():
        names = [
            name
            for name, process in running.state().processes.items()
            if name.startswith(left[0]) and process.status == "ready"
        ]
        if names:
            name = chosen.choice(names)
            restarts = running.state().processes[name].restarts
            running.kill(name)
            await running.recovered(name, restarts)
            await asyncio.sleep(PAUSE_SECONDS)
        left.pop(0)


async def test_the_story_survives_the_death_of_each_part(fresh: RunningSystem) -> None:
    # Told again until every part has died while it was told: one telling may be over before.
    left = [prefix for prefix in VICTIMS if any(n.startswith(prefix) for n in fresh.state().processes)]
    assert {"chaincode", "gateway", "mirror", "bridge", "postgres", "mosquitto", "redis"} < set(left)
    for _ in range(TELLINGS):
        telling = asyncio.create_task(
            run.tell(fresh.system, run.script(run.Options(), packs=2000), Console(quiet=True))
        )
        await asyncio.sleep(PAUSE_SECONDS)
        await kill_in_turn(fresh, telling, left)
        outcome = await telling
        assert outcome.packs == 2000
        assert outcome.readings == 480
        assert outcome.dispensed == 500
        assert outcome.refused == "held"
        if not left:
            break
    assert not left, "these were not killed"

    async with fresh.api("regulator") as regulator:
        units = await regulator.get("/ledger")
        assert units["mirror_height"] == units["height"]
    for organization in fresh.system.topology.organizations:
        verified = subprocess.run(
            [sys.executable, "-m", "gateway.mirror", "verify"],
            cwd=PROJECT,
            env=os.environ | fresh.system.environment(organization),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr
