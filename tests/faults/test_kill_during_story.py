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


@pytest.fixture(scope="module", params=system.kinds())
def fresh(request: pytest.FixtureRequest) -> Iterator[RunningSystem]:
    """A system of its own: what is killed here must not disturb other tests."""
    with system.running(request.param, base_port=20000) as started:
        yield started


async def kill_in_turn(running: RunningSystem, story: asyncio.Task[object]) -> list[str]:
    """Kill one process of each sort, the next once the last is back, until the story is over."""
    chosen = random.Random(1)  # noqa: S311 - repeatable choice of victims
    killed = []
    for prefix in VICTIMS:
        names = [
            name
            for name, process in running.state().processes.items()
            if name.startswith(prefix) and process.status == "ready"
        ]
        if not names:
            continue
        if story.done():
            break
        name = chosen.choice(names)
        restarts = running.state().processes[name].restarts
        running.kill(name)
        killed.append(name)
        await running.recovered(name, restarts)
        await asyncio.sleep(PAUSE_SECONDS)
    return killed


async def test_the_story_survives_the_death_of_each_part(fresh: RunningSystem) -> None:
    # Told again and again until every part has died once: one telling may be over before.
    killed: list[str] = []
    for _ in range(4):
        telling = asyncio.create_task(
            run.tell(fresh.system, run.script(run.Options(), packs=2000), Console(quiet=True))
        )
        await asyncio.sleep(PAUSE_SECONDS)
        killed += await kill_in_turn(fresh, telling)
        outcome = await telling
        assert outcome.packs == 2000
        assert outcome.readings == 480
        assert outcome.dispensed == 500
        assert outcome.refused == "held"
        if len(killed) >= 8:
            break
    sorts = {prefix for prefix in VICTIMS if any(name.startswith(prefix) for name in killed)}
    assert sorts >= {"chaincode", "gateway", "mirror", "bridge", "postgres"}, killed
    assert sorts & {"devnet", "peer"}, killed

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
