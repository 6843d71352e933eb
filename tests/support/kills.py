"""devnet under load, killed with -9 again and again, and what must be so after each time."""

from __future__ import annotations

import asyncio
import collections
import itertools
import random
import signal
from dataclasses import dataclass, field

from fabric_protos.common import common_pb2
from fabric_protos.peer import transaction_pb2

from gateway.fabric import FabricError, Network, Transaction
from gateway.fabric.blocks import TransactionView, parse_block
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
    """Writes notes, counts and batches until the ledger is gone, and remembers what it was told of each."""

    def __init__(self, network: Network) -> None:
        self._notes = network.contract("notes")
        self._numbers = itertools.count()
        self.acknowledged: dict[str, tuple[str, ...]] = {}
        self.committed: set[str] = set()
        self.open: list[Transaction] = []
        self.sent: set[str] = set()

    async def work(self, worker: int) -> None:
        """One worker's transactions, each after the one before, until a call fails."""
        try:
            while True:
                await self._one(self._call(worker))
        except FabricError:
            return

    def _call(self, worker: int) -> tuple[str, ...]:
        """A worker's next call: some write one note, some many, and some all count at the same counters."""
        number = next(self._numbers)
        if worker % 4 == 0:
            return "Add", f"counter-{number % COUNTERS}"
        if worker % 4 == 1:
            return "Fill", f"batch-{number}", str(BATCH)
        return "Put", f"note-{number}", str(number)

    async def _one(self, call: tuple[str, ...]) -> None:
        function, *arguments = call
        transaction = await self._notes.proposal(function, *(a.encode() for a in arguments)).endorse()
        self.sent.add(transaction.transaction_id)
        self.open.append(transaction)
        commit = await transaction.submit()
        self.acknowledged[transaction.transaction_id] = call
        self.open.remove(transaction)
        if (await commit.status()).successful:
            self.committed.add(transaction.transaction_id)

    async def send_again(self) -> int:
        """Send every transaction whose fate is open once more, as it is; how many those were."""
        again, self.open = self.open, []
        for transaction in again:
            commit = await transaction.submit()
            status = await commit.status(STATUS_SECONDS)
            self.acknowledged[transaction.transaction_id] = ("again",)
            if status.successful:
                self.committed.add(transaction.transaction_id)
        return len(again)


async def kill_often(devnet: Devnet, kills: int, chance: random.Random) -> Tally:
    """Kill devnet that often under load and look at all it keeps each time; AssertionError."""
    tally = Tally()
    async with devnet.gateway() as gateway:
        network = gateway.network(CHANNEL)
        load = Load(network)
        while tally.kills < kills:
            await devnet.ready(network)
            tally.sent_again += await load.send_again()
            await _asked_again(network, load, chance)
            workers = [asyncio.create_task(load.work(worker)) for worker in range(WORKERS)]
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
        await devnet.ready(network)
        tally.sent_again += await load.send_again()
        await _asked_again(network, load, chance)
        found, transactions = await _look(devnet, load)
        await _counted(network, transactions)
    tally.acknowledged = len(load.acknowledged)
    tally.blocks, tally.transactions, tally.valid = found.blocks, found.transactions, found.valid
    names = transaction_pb2.TxValidationCode.Name
    tally.codes.update(names(t.validation_code) for t in transactions if t.tx_id)
    return tally


async def _look(devnet: Devnet, load: Load) -> tuple[Verified, list[TransactionView]]:
    """The chain is valid, and what was acknowledged is in it, once."""
    folder = devnet.home / "network" / "devnet"
    found = await asyncio.to_thread(verify, folder, devnet.topology.channels[0], lambda _: None)
    transactions: list[TransactionView] = []
    with reading(folder) as kept:
        for _, data in kept.items(kept.databases.blocks):
            transactions += parse_block(common_pb2.Block.FromString(data)).transactions
    there = {transaction.tx_id for transaction in transactions}
    times = collections.Counter(t.tx_id for t in transactions if t.valid and t.tx_id)
    lost = set(load.acknowledged) - there
    assert not lost, f"{len(lost)} acknowledged, and lost"
    assert load.committed <= set(times), "said to be valid, and not so"
    assert max(times.values(), default=1) == 1, "valid twice"
    assert there - {""} <= load.sent, "nobody sent it"
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
