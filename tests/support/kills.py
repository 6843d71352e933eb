"""devnet under load, killed with -9 again and again, and what must be so after each time."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import random
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fabric_protos.common import common_pb2
from fabric_protos.peer import transaction_pb2

from gateway.fabric import FabricError, Network, Transaction
from gateway.fabric.blocks import TransactionView, header_hash, parse_block
from network.devnet.store import reading
from network.devnet.verify import Verified, verify
from tests.support.devnet import CHANNEL, Devnet

WORKERS = 12
COUNTERS = 3
BATCH = 100
LONGEST_LOAD_SECONDS = 0.8
STATUS_SECONDS = 20.0
# Of what was acknowledged before a kill, so many are asked for again after it.
ASKED_AGAIN = 20


@dataclass
class Tally:
    """What came of a run: transactions by how they were sent and how they ended."""

    kills: int = 0
    early_kills: int = 0
    acknowledged: int = 0
    sent_again: int = 0
    blocks: int = 0
    transactions: int = 0
    valid: int = 0
    codes: collections.Counter[str] = field(default_factory=collections.Counter)

    def add(self, other: Tally) -> None:
        """Count another run in."""
        for name in ("kills", "early_kills", "acknowledged", "sent_again", "blocks", "transactions", "valid"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.codes += other.codes


class Load:
    """Writes notes, open and hidden, counts and batches until the ledger is gone.

    It remembers what it was told of each, and every block's hash as it was told by the event stream.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.acknowledged: dict[str, tuple[str, ...]] = {}
        self.committed: set[str] = set()
        self.open: dict[str, tuple[tuple[str, ...], bytes]] = {}
        self.sent: set[str] = set()
        self.blocks: dict[int, bytes] = {}
        self._grown = asyncio.Condition()

    async def follow(self, network: Network) -> None:
        """Follow the chain, over every loss of the connection, until cancelled."""
        async for block in network.block_events(start_block=0):
            number = block.header.number
            assert number == len(self.blocks), "a block was told twice or not at all"
            assert number == 0 or block.header.previous_hash == self.blocks[number - 1]
            self.blocks[number] = header_hash(block.header)
            async with self._grown:
                self._grown.notify_all()

    async def followed(self, height: int) -> None:
        """Wait until so many blocks were told."""
        async with asyncio.timeout(STATUS_SECONDS), self._grown:
            await self._grown.wait_for(lambda: len(self.blocks) >= height)

    async def work(self, network: Network, worker: int) -> None:
        """One worker's transactions, each after the one before, until a call fails."""
        try:
            while True:
                await self._one(network, self._call(worker))
        except FabricError:
            return

    def _call(self, worker: int) -> tuple[str, ...]:
        """A worker's next call: some write one note, some many, and some all count at the same counters."""
        number = next(self._numbers)
        if worker % 4 == 0:
            return "Add", f"counter-{number % COUNTERS}"
        if worker % 4 == 1:
            return "Fill", f"batch-{number}", str(BATCH)
        if worker % 4 == 2:
            return "Hide", f"secret-{number}"
        return "Put", f"note-{number}", str(number)

    async def _one(self, network: Network, call: tuple[str, ...]) -> None:
        function, *arguments = call
        transient = {"value": arguments[0].encode()} if function == "Hide" else None
        encoded = (argument.encode() for argument in arguments)
        proposal = network.contract("notes").proposal(function, *encoded, transient=transient)
        transaction = await proposal.endorse()
        self.sent.add(transaction.transaction_id)
        self.open[transaction.transaction_id] = call, transaction.bytes
        await self._submit(transaction, call)

    async def send_again(self, network: Network) -> int:
        """Send every transaction whose fate is open once more, as it is; how many those were."""
        again = list(self.open.values())
        for call, envelope in again:
            await self._submit(network.transaction_from(envelope), call)
        return len(again)

    async def _submit(self, transaction: Transaction, call: tuple[str, ...]) -> None:
        commit = await transaction.submit()
        self.acknowledged[transaction.transaction_id] = call
        del self.open[transaction.transaction_id]
        if (await commit.status(STATUS_SECONDS)).successful:
            self.committed.add(transaction.transaction_id)


async def kill_often(devnet: Devnet, kills: int, chance: random.Random) -> Tally:
    """Kill devnet that often under load and look at all it keeps each time; AssertionError."""
    tally, load = Tally(), Load()
    async with devnet.gateway() as gateway:
        following = asyncio.create_task(load.follow(gateway.network(CHANNEL)))
        while tally.kills < kills:
            async with _settled(devnet, load, tally, chance) as network:
                workers = [asyncio.create_task(load.work(network, worker)) for worker in range(WORKERS)]
                await asyncio.sleep(chance.uniform(0.05, LONGEST_LOAD_SECONDS))
                devnet.end("devnet", signal.SIGKILL)
                await asyncio.gather(*workers)
            tally.kills += 1
            await _look(devnet, load)
            devnet.start("devnet")
            if chance.random() < 0.1 and tally.kills < kills:
                # While it starts.
                await asyncio.sleep(chance.uniform(0.2, 2.0))
                devnet.end("devnet", signal.SIGKILL)
                tally.kills += 1
                tally.early_kills += 1
                devnet.start("devnet")
        async with _settled(devnet, load, tally, chance) as network:
            found, transactions = await _look(devnet, load)
            await _counted(network, transactions)
        await load.followed(found.blocks)
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
    tally.acknowledged = len(load.acknowledged)
    tally.blocks, tally.transactions, tally.valid = found.blocks, found.transactions, found.valid
    names = transaction_pb2.TxValidationCode.Name
    tally.codes.update(names(t.validation_code) for t in transactions)
    return tally


@contextlib.asynccontextmanager
async def _settled(devnet: Devnet, load: Load, tally: Tally, chance: random.Random) -> AsyncIterator[Network]:
    """A new client, for whom nothing of what was sent before is open."""
    async with devnet.gateway() as gateway:
        network = gateway.network(CHANNEL)
        await devnet.ready(network)
        tally.sent_again += await load.send_again(network)
        await _asked_again(network, load, chance)
        yield network


async def _look(devnet: Devnet, load: Load) -> tuple[Verified, list[TransactionView]]:
    """The chain is valid, and what was acknowledged is in it, once."""
    folder = devnet.home / "network" / "devnet"
    found = await asyncio.to_thread(verify, folder, lambda _: None)
    transactions: list[TransactionView] = []
    with reading(folder) as kept:
        for _, data in kept.items(kept.databases.blocks):
            block = common_pb2.Block.FromString(data)
            told = load.blocks.get(block.header.number)
            assert told in (None, header_hash(block.header)), "another block was told than there is"
            # Block 0 is nobody's transaction.
            transactions += parse_block(block).transactions if block.header.number else ()
    there = {transaction.tx_id for transaction in transactions}
    times = collections.Counter(t.tx_id for t in transactions if t.valid)
    assert len(load.blocks) <= found.blocks, "a block was told, and lost"
    lost = set(load.acknowledged) - there
    assert not lost, f"{len(lost)} acknowledged, and lost"
    assert load.committed <= set(times), "said to be valid, and not so"
    assert max(times.values(), default=1) == 1, "valid twice"
    assert there <= load.sent, "nobody sent it"
    return found, transactions


async def _asked_again(network: Network, load: Load, chance: random.Random) -> None:
    """Whoever asks again what became of a transaction, and what it wrote, is told as before."""
    notes = network.contract("notes")
    chosen = chance.sample(sorted(load.committed), min(ASKED_AGAIN, len(load.committed)))
    for transaction_id in chosen:
        assert (await network.commit(transaction_id).status(STATUS_SECONDS)).successful
        match load.acknowledged[transaction_id]:
            case ("Put", key, value):
                assert await notes.evaluate("Get", key.encode()) == value.encode()
            case ("Hide", key):
                assert await notes.evaluate("Reveal", key.encode()) == key.encode()
            case ("Fill", prefix, count):
                for number in (0, int(count) - 1):
                    key = f"{prefix}-{number:04}"
                    assert await notes.evaluate("Get", key.encode()) == prefix.encode()


async def _counted(network: Network, transactions: list[TransactionView]) -> None:
    """Each counter is what the valid transactions that counted there make it."""
    counted = collections.Counter(
        write.key for t in transactions if t.valid and t.function == "Add" for write in t.writes
    )
    for number in range(COUNTERS):
        key = f"counter-{number}"
        value = await network.contract("notes").evaluate("Get", key.encode())
        assert int(value or b"0") == counted[key]
