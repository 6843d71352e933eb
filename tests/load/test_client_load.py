"""One client, a thousand submits and two hundred event streams at once: none fails, no event is missed."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable

import pytest

from gateway.fabric import Concurrency, Contract, Network, connect
from network.ledger import member_profile
from tests.support.ledgers import Ledger

SUBMITS = 1_000
STREAMS = 200
CROWD = 700
CROWD_SECONDS = 2.0


@pytest.fixture
def run() -> str:
    """What all keys and events of one test begin with."""
    return uuid.uuid4().hex


async def submit_all(contract: Contract, run: str, events: int) -> list[str]:
    """So many submits at once, of which the first ``events`` set an event; those events' names."""
    names = [f"{run}-{number:04}" for number in range(SUBMITS)]
    done = await asyncio.gather(
        *(contract.submit("put_with_event", name, "{}") for name in names[:events]),
        *(contract.submit("put", name, "value") for name in names[events:]),
    )
    assert done == [b"null"] * SUBMITS
    return names[:events]


async def listen(network: Network, start: int, run: str, count: int) -> list[str]:
    """The names of the events of this run, until there are so many."""
    seen: list[str] = []
    async with network.chaincode_events("probe", start) as events:
        async for event in events:
            if event.name.startswith(run):
                seen.append(event.name)
            if len(seen) == count:
                return seen
    raise AssertionError("the stream ended")


async def check(
    network: Network, run: str, events: int, caplog: pytest.LogCaptureFixture, seconds: float
) -> None:
    start = await network.height()
    with caplog.at_level(logging.WARNING, "gateway.fabric"):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            streams = [group.create_task(listen(network, start, run, events)) for _ in range(STREAMS)]
            submitted = group.create_task(submit_all(network.contract("probe"), run, events))
    first = streams[0].result()
    assert sorted(first) == submitted.result()
    assert all(stream.result() == first for stream in streams)
    # A stream that is lost and taken up again is told in the log alone.
    assert not caplog.records


async def test_a_thousand_submits_and_two_hundred_streams(
    network: Network,
    run: str,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    await check(network, run, 20, caplog, 120)
    # Of the client alone: the ledger is other processes.
    before, began = time.process_time(), time.perf_counter()
    await submit_all(network.contract("probe"), f"{run}-again", 0)
    spent, lasted = time.process_time() - before, time.perf_counter() - began
    record_property("measured client CPU per transaction", f"{1000 * spent / SUBMITS:.2f} ms")
    record_property("measured transactions per second of one client", f"{SUBMITS / lasted:.0f}")


@pytest.mark.slow
async def test_what_a_busy_peer_refuses_is_sent_again(bare: Ledger, network: Network) -> None:
    """For a moment another client, which holds nothing back, has more calls at a peer than it takes."""
    profile = member_profile(bare.home, bare.topology.organizations[0])
    async with connect(profile, concurrency=Concurrency(calls=1, waits=CROWD)) as gateway:
        other = gateway.network(profile.channel)
        held = [asyncio.create_task(other.commit(f"{number:064}").status(60)) for number in range(CROWD)]
        await asyncio.sleep(CROWD_SECONDS)
        calls = [asyncio.create_task(network.contract("probe").evaluate("get", "nothing")) for _ in range(50)]
        await asyncio.sleep(0.5)
        for task in held:
            task.cancel()
        assert await asyncio.gather(*calls) == [b"null"] * 50
        await asyncio.gather(*held, return_exceptions=True)
    if bare.kind == "fabric":
        log = await asyncio.to_thread((bare.home / "peer-manufacturer.log").read_text)
        assert "exceeding concurrency limit (500)" in log


@pytest.mark.slow
async def test_each_submit_tells_each_stream(
    network: Network, run: str, caplog: pytest.LogCaptureFixture
) -> None:
    await check(network, run, SUBMITS, caplog, 240)
