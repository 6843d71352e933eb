"""kill -9 while transactions are under way: none that was acknowledged is lost, none is there twice."""

from __future__ import annotations

import asyncio
import collections
import random
import signal
from collections.abc import Iterator

import pytest
from fabric_protos.common import common_pb2

from gateway.fabric import FabricError, Network
from gateway.fabric.blocks import header_hash, parse_block
from tests.integration.devnet.conftest import CHANNEL, Devnet

ROUNDS = 5
WORKERS = 12


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    made = Devnet(tmp_path_factory.mktemp("killed"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


class Load:
    """Writes notes until the ledger is gone; what was acknowledged, by transaction id."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.acknowledged: dict[str, str] = {}
        self.committed: set[str] = set()
        self.sent: set[str] = set()

    async def work(self, worker: int, turn: int) -> None:
        """One worker's notes, each after the one before, until a call fails."""
        notes = self._network.contract("notes")
        for number in range(10_000):
            key = f"{turn}-{worker}-{number}"
            try:
                transaction = await notes.proposal("Put", key.encode(), key.encode()).endorse()
                self.sent.add(transaction.transaction_id)
                commit = await transaction.submit()
                self.acknowledged[transaction.transaction_id] = key
                if (await commit.status()).successful:
                    self.committed.add(transaction.transaction_id)
            except FabricError:
                return


async def blocks_of(network: Network) -> list[common_pb2.Block]:
    """Every block, from the first on."""
    height = await network.height()
    found: list[common_pb2.Block] = []
    async with asyncio.timeout(60):
        async for block in network.block_events(start_block=0):
            found.append(block)
            if len(found) == height:
                break
    return found


async def test_kill_at_any_moment(own: Devnet) -> None:
    chance = random.Random(20261124)
    async with own.gateway() as gateway:
        network = gateway.network(CHANNEL)
        load = Load(network)
        for turn in range(ROUNDS):
            await own.ready(network)
            workers = [asyncio.create_task(load.work(worker, turn)) for worker in range(WORKERS)]
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            own.end("devnet", signal.SIGKILL)
            await asyncio.gather(*workers)
            own.start("devnet")
        await own.ready(network)
        blocks = await blocks_of(network)
        values = {
            key: await network.contract("notes").evaluate("Get", key.encode())
            for key in list(load.acknowledged.values())[:: max(1, len(load.acknowledged) // 50)]
        }
    assert load.acknowledged, "the load never got anywhere"
    times: collections.Counter[str] = collections.Counter()
    previous = b""
    for number, block in enumerate(blocks):
        assert (block.header.number, block.header.previous_hash) == (number, previous)
        previous = header_hash(block.header)
        times.update(t.tx_id for t in parse_block(block).transactions if t.valid and t.tx_id)
    assert set(load.acknowledged) <= set(times), "acknowledged, and lost"
    assert load.committed <= set(times)
    assert max(times.values()) == 1, "there twice"
    assert set(times) <= load.sent, "nobody sent it"
    assert values == {key: key.encode() for key in values}


async def test_a_clean_stop(own: Devnet) -> None:
    async with own.gateway() as gateway:
        network = gateway.network(CHANNEL)
        await own.ready(network)
        await network.contract("notes").submit("Put", b"k", b"v")
        assert own.end("devnet", signal.SIGTERM) == 0
        own.start("devnet")
        await own.ready(network)
        assert await network.contract("notes").evaluate("Get", b"k") == b"v"
        assert await network.height() == 2
