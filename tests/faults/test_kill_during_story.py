"""kill -9 of each part in turn while the story is told: all of it converges, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import psycopg
import pytest
from rich.console import Console

from mediledger.demo import run
from tests.support import system
from tests.support.system import RunningSystem
from tests.support.verified import verify_devnet

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
MANY = 40


@pytest.fixture(scope="module", params=system.kinds())
def fresh(request: pytest.FixtureRequest) -> Iterator[RunningSystem]:
    """A system of its own: what is killed here must not disturb other tests."""
    with system.running(request.param) as started:
        yield started


async def kill_in_turn(running: RunningSystem, story: asyncio.Task[object], left: list[str]) -> None:
    """Kill one process of each sort in ``left``, the next once the last is back, until the story is over."""
    chosen = random.Random(1)
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
    left = [prefix for prefix in VICTIMS if any(n.startswith(prefix) for n in fresh.state().processes)]
    assert {"chaincode", "gateway", "mirror", "bridge", "postgres", "mosquitto", "redis"} < set(left)
    await tell_until_all_died(fresh, left)
    nothing_lost_or_doubled(fresh)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_the_story_survives_many_deaths_in_random_order(fresh: RunningSystem) -> None:
    parts = [prefix for prefix in VICTIMS if any(n.startswith(prefix) for n in fresh.state().processes)]
    left = random.Random(2).choices(parts, k=MANY)
    await tell_until_all_died(fresh, left)
    nothing_lost_or_doubled(fresh)


async def tell_until_all_died(running: RunningSystem, left: list[str]) -> None:
    """Tell the story, again and again, until one process of each sort in ``left`` has died meanwhile."""
    tellings = len(left)
    for _ in range(tellings):
        telling = asyncio.create_task(
            run.tell(running.system, run.script(run.Options(), packs=2000), Console(quiet=True))
        )
        await asyncio.sleep(PAUSE_SECONDS)
        await kill_in_turn(running, telling, left)
        outcome = await telling
        assert outcome.packs == 2000
        assert outcome.readings == 480
        assert outcome.dispensed == 500
        assert outcome.refused == "held"
        if not left:
            return
    raise AssertionError(f"{left} did not die in {tellings} tellings")


def nothing_lost_or_doubled(running: RunningSystem) -> None:
    """The ledger is what its blocks say, every mirror what the ledger; readings are anchored once each."""
    if running.kind == "devnet":
        verify_devnet(running.system.home)
    running.verify_mirrors()
    owner = next(o for o in running.system.topology.organizations if o.role == "wholesaler")
    with psycopg.connect(running.system.services().database_url(owner.name)) as database:
        stored = database.execute("SELECT count(*), count(anchor_id) FROM reading").fetchone()
        anchored = database.execute("SELECT sum(count) FROM sensor_anchor").fetchone()
        spoiled = database.execute("SELECT count(*) FROM dead_letter").fetchone()
    assert stored is not None
    assert anchored is not None
    assert stored[0] == stored[1] == anchored[0]
    assert stored[0] % 480 == 0
    assert spoiled == (0,)
