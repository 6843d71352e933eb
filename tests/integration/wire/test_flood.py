"""Bad requests by the thousand: each refused as a peer refuses it, and devnet none the worse for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gateway.fabric import connect
from network import ledger
from tests.integration.wire import answers, cases, forge, sending, table, worlds
from tests.integration.wire.cases import Case
from tests.integration.wire.worlds import World

REQUESTS = 10_000
# From here on, what a process needs it has.
SETTLED = 2_000
GROWTH_BYTES = 12 * 1024 * 1024
PROPOSING = (cases.EVALUATE, cases.ENDORSE, cases.PROCESS, cases.SUBMIT)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with worlds.running("devnet", tmp_path_factory.mktemp("flood")) as made:
        yield made


def flood(world: World) -> Iterator[Case]:
    """Mutated proposals and envelopes without end."""
    for number in itertools.count():
        for case in cases.every(world.cast, 1, f"flood {number}"):
            if case.call in PROPOSING:
                yield case


def resident(process: int) -> int:
    """A process's own resident memory, bytes; not that of its files, which the machine takes back at will."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


async def good(world: World) -> None:
    """A transaction that is right goes through, and what it wrote can be read."""
    member = world.topology.organizations[0]
    async with connect(ledger.member_profile(world.home, member)) as gateway:
        probe = gateway.network(world.topology.channel).contract("probe")
        await probe.submit("put", b"after", b"the flood")
        assert await probe.evaluate("get", b"after") == b'"the flood"'


@pytest.mark.timeout(280)
async def test_ten_thousand(world: World) -> None:
    process = world.ledger.process("devnet")
    learnt = table.load()
    requests = flood(world)
    wrong: list[str] = []
    memory: list[int] = []
    for _ in range(REQUESTS // SETTLED):
        sent = list(itertools.islice(requests, SETTLED))
        for case, outcome in zip(sent, await sending.outcomes(world, sent), strict=True):
            if not case.deadly and not learnt.allows(case, outcome):
                wrong.append(f"{case.name} {case.sample}: {outcome}")
        assert process.poll() is None
        memory.append(resident(process.pid))
    assert not wrong, f"{len(wrong)} answers that no peer gives\n" + "\n".join(wrong[:50])
    assert memory[-1] - memory[0] < GROWTH_BYTES, f"resident memory, bytes: {memory}"
    await good(world)


async def test_other_requests(world: World) -> None:
    """Commit statuses, chaincode events and seeks for blocks, one of each class."""
    learnt = table.load()
    sent = [case for case in cases.every(world.cast, 1, "others") if case.call not in PROPOSING]
    found = zip(sent, await sending.outcomes(world, sent), strict=True)
    wrong = [
        f"{case.name}: {outcome}"
        for case, outcome in found
        if not case.deadly and not learnt.allows(case, outcome)
    ]
    assert not wrong, "\n".join(wrong)
    await good(world)


async def test_what_is_too_large(world: World) -> None:
    """More than the ordering service takes as one transaction, and more than a peer takes in one call."""
    transaction = cases.transaction(world.cast, Random(0))
    transaction.results = forge.writes("large", value=bytes(33 * 1024 * 1024))
    async with world.channel() as channel:
        caller = answers.Caller(channel)
        refused = await caller.ask(cases.SUBMIT, cases.submit(transaction.envelope()))
        assert (refused.code, refused.message) == (
            "ABORTED",
            "received unsuccessful response from orderer: status=BAD_REQUEST, info=message payload is <size> "
            "bytes and exceeds maximum allowed <size> bytes",
        )
        refused = await caller.ask(cases.EVALUATE, bytes(101 * 1024 * 1024))
        assert refused.code == "RESOURCE_EXHAUSTED"
    await good(world)
