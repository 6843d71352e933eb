"""The ledger alone: what our chaincode costs beside a bare put on the same network in the same run."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator

from bench.load import Call, Spread, latencies, numbers, percentile, rate
from bench.results import Results
from chaincode.model.errors import MediLedgerError
from gateway.fabric import Contract, EndorseError, Network, chaincode_refusal, connect
from mediledger.demo.cast import Run, Storage, party, product
from mediledger.system import System
from network.ledger import member_profile

ROUNDS = 5
ROUND_SECONDS = 8.0
CONCURRENCY = 100
BATCH = 1000
BATCH_CONCURRENCY = 6
LOOKUPS_PER_SECOND = 50.0


class Stage:
    """A network with parties, a product and a lot on it, ready to be loaded."""

    def __init__(self, network: Network, gtin: str, lot: str) -> None:
        self.network = network
        self.custody: Contract = network.contract("custody")
        self.bareput: Contract = network.contract("bareput")
        self.gtin = gtin
        self.lot = lot
        self._numbers = numbers()
        self._prefix = Run.new().number

    def serial(self) -> str:
        return f"B{self._prefix:07d}{next(self._numbers):09d}"

    def singles(self) -> Iterator[Call]:
        """Single-pack commissions, each of a new serial."""
        while True:
            yield self._submitting(self.custody, "Commission", self._commission([self.serial()]))

    def puts(self) -> Iterator[Call]:
        """Bare puts of a value as long as a unit's document."""
        while True:
            yield self._submitting(self.bareput, "Put", self.serial().encode(), b"x" * 150)

    def batches(self) -> Iterator[Call]:
        """Commissions of a thousand packs."""
        while True:
            serials = [self.serial() for _ in range(BATCH)]
            yield self._submitting(self.custody, "Commission", self._commission(serials))

    def lookups(self, serials: list[str]) -> Iterator[Call]:
        """Reads of one unit each, round and round."""
        while True:
            for serial in serials:
                body = json.dumps({"gtin": self.gtin, "serial": serial}).encode()
                yield self._evaluating(body)

    def _commission(self, serials: list[str]) -> bytes:
        return json.dumps({"gtin": self.gtin, "lot": self.lot, "serials": serials}).encode()

    def _submitting(self, contract: Contract, function: str, *arguments: bytes) -> Call:
        async def call() -> object:
            return await contract.submit(function, *arguments)

        return call

    def _evaluating(self, body: bytes) -> Call:
        async def call() -> object:
            return await self.custody.evaluate("GetUnit", body)

        return call


async def with_stage(system: System, use: Callable[[Stage], Awaitable[None]]) -> None:
    """Set the stage (parties, product, a lot of its own) and call ``use`` with it."""
    organizations = {o.role: o for o in system.topology.organizations}
    maker = organizations["manufacturer"]
    article = product(maker, Storage(2, 8)) | {"manufacturer": maker.gln}
    run = Run.new()
    channel = system.topology.channel
    async with connect(member_profile(system.home, organizations["regulator"])) as regulator:
        registry = regulator.network(channel).contract("registry")
        for organization in system.topology.organizations:
            await _once(registry, "RegisterParty", party(organization), "party_exists")
    async with connect(member_profile(system.home, maker)) as gateway:
        network = gateway.network(channel)
        await _once(network.contract("registry"), "RegisterProduct", article, "product_exists")
        stage = Stage(network, article["gtin"], run.lot)
        lot = {
            "gtin": stage.gtin,
            "lot": stage.lot,
            "expiry": run.expiry.isoformat(),
            "manufactured": run.today.isoformat(),
        }
        await stage.custody.submit("CreateLot", json.dumps(lot).encode())
        await use(stage)


async def single_pack(stage: Stage, results: Results, kind: str) -> None:
    """Single-pack commissions beside bare puts, in turn, pair by pair."""
    bare, single = [], []
    await rate(stage.singles(), CONCURRENCY, 2.0)
    for _ in range(ROUNDS):
        bare.append(await rate(stage.puts(), CONCURRENCY, ROUND_SECONDS))
        single.append(await rate(stage.singles(), CONCURRENCY, ROUND_SECONDS))
    ratios = [ours / theirs for ours, theirs in zip(single, bare, strict=True)]
    yardstick = "a bare put chaincode on the same network in the same run"
    results.add(f"{kind}.single_pack.ratio", Spread.of(ratios), "ratio", yardstick, kind)
    results.add(f"{kind}.single_pack.per_s", Spread.of(single), "transactions/s", yardstick, kind)
    results.add(f"{kind}.bare_put.per_s", Spread.of(bare), "transactions/s", "itself the yardstick", kind)


async def commission(stage: Stage, results: Results, kind: str) -> None:
    """Packs per second in batches of a thousand."""
    await rate(stage.batches(), BATCH_CONCURRENCY, 2.0)
    packs = [BATCH * await rate(stage.batches(), BATCH_CONCURRENCY, ROUND_SECONDS) for _ in range(ROUNDS)]
    results.add(
        f"{kind}.commission.packs_per_s",
        Spread.of(packs),
        "packs/s",
        "14,700 keys/s put in batches of 1,000 on such a network",
        kind,
    )


async def lookup(stage: Stage, results: Results, kind: str) -> None:
    """How long one unit's lookup takes at fifty a second."""
    serials = [stage.serial() for _ in range(200)]
    body = json.dumps({"gtin": stage.gtin, "lot": stage.lot, "serials": serials}).encode()
    await stage.custody.submit("Commission", body)
    p95 = [
        1000 * percentile(await latencies(stage.lookups(serials), LOOKUPS_PER_SECOND, ROUND_SECONDS), 0.95)
        for _ in range(ROUNDS)
    ]
    results.add(f"{kind}.lookup.p95_ms", Spread.of(p95), "ms", "50 ms at 50 lookups/s", kind)


async def _once(contract: Contract, function: str, body: dict[str, object], already: str) -> None:
    try:
        await contract.submit(function, json.dumps(body).encode())
    except EndorseError as error:
        refusal = chaincode_refusal(error)
        if refusal is None or already not in refusal[1]:
            raise MediLedgerError(f"{function}: {error}") from error
