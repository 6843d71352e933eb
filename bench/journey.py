"""A pack's way on one ledger, while it is small and again when it holds a million packs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

from rich.console import Console

from bench.goods import Goods
from bench.ledger import BATCH, BATCH_CONCURRENCY, CONCURRENCY, Stage, staged
from bench.load import Call, Spread, latencies, percentile, rate
from bench.results import Results
from gateway.fabric import connect
from mediledger.system import System
from network.ledger import member_profile

ROUNDS = 3
LARGE = 1_000_000
# Of a thousand packs. LevelDB writes and merges its files once it holds some 10,000 keys more: a load goes on
# for several times that, or the next one is charged with its work.
CASES = 48
# Most that one transaction dispenses; and packs that are dispensed so, and one a transaction.
DISPENSE = 200
DISPENSED, SINGLES = 4_000, 1_000
BARE_SECONDS = 4.0
VERIFIED_PER_SECOND = 50.0
VERIFY_SECONDS = 4.0
PALLET, SMALL = 10_000, 100


@dataclass
class Figures:
    """What the rounds on one size of ledger came to: rates per second, latencies in ms."""

    bare: list[float] = field(default_factory=list)
    bare_batch: list[float] = field(default_factory=list)
    rewrite: list[float] = field(default_factory=list)
    commission: list[float] = field(default_factory=list)
    pack: list[float] = field(default_factory=list)
    dispense: list[float] = field(default_factory=list)
    dispense_one: list[float] = field(default_factory=list)
    verify: list[float] = field(default_factory=list)
    ship: list[float] = field(default_factory=list)
    receive: list[float] = field(default_factory=list)
    ship_small: list[float] = field(default_factory=list)
    receive_small: list[float] = field(default_factory=list)


async def measure(system: System, results: Results, console: Console) -> None:
    """The same rounds on a small ledger and on one of a million packs."""
    async with staged(system) as stage, _goods(system, stage) as goods:
        # The first of each finds caches cold and connections closed.
        await _round(goods, Figures())
        console.print(f"{system.kind}: a pack's way on a small ledger")
        small = Figures()
        for _ in range(ROUNDS):
            await _round(goods, small)
        console.print(f"{system.kind}: commissioning a million packs")
        await _batches(islice(stage.batches(), LARGE // BATCH))
        console.print(f"{system.kind}: a pack's way on a ledger of a million packs")
        large = Figures()
        for _ in range(ROUNDS):
            await _round(goods, large)
    _tell(results, system.kind, small, large)


@asynccontextmanager
async def _goods(system: System, stage: Stage) -> AsyncIterator[Goods]:
    members = {o.role: o for o in system.topology.organizations}
    dispenser = members["dispenser"]
    async with connect(member_profile(system.home, dispenser)) as gateway:
        network = gateway.network(system.topology.channel)
        yield Goods(stage, network, members["manufacturer"].gln, dispenser.gln)


async def _round(goods: Goods, figures: Figures) -> None:
    stage = goods.stage
    refs = await goods.received(DISPENSED + SINGLES)
    figures.bare.append((await rate(stage.puts(), CONCURRENCY, BARE_SECONDS)).per_s)
    figures.dispense_one.append((await rate(goods.dispenses(refs[:SINGLES], 1), CONCURRENCY)).per_s)
    rewrites = await stage.rewrites(DISPENSED, DISPENSE)
    figures.rewrite.append(await _batches(rewrites, DISPENSE))
    figures.dispense.append(await _batches(goods.dispenses(refs[SINGLES:], DISPENSE), DISPENSE))
    figures.bare_batch.append(await _batches(islice(stage.bare_batches(), CASES)))
    figures.commission.append(await _batches(islice(stage.batches(), CASES)))
    cases = await goods.cases(CASES)
    figures.pack.append(await _batches(goods.packs(cases)))
    taken = await latencies(goods.verifications(refs), VERIFIED_PER_SECOND, VERIFY_SECONDS)
    figures.verify.append(1000 * percentile(taken, 0.95))
    for packs, ship, receive in (
        (PALLET, figures.ship, figures.receive),
        (SMALL, figures.ship_small, figures.receive_small),
    ):
        sscc = await goods.pallet(packs)
        ship.append(await _timed(goods.shipping(sscc, sscc)))
        await goods.arrived()
        receive.append(await _timed(goods.receiving(sscc)))


async def _batches(calls: Iterator[Call], size: int = BATCH) -> float:
    """Make calls about a batch each; packs per second."""
    return size * (await rate(calls, BATCH_CONCURRENCY)).per_s


async def _timed(call: Call) -> float:
    """Milliseconds that a call takes."""
    began = time.perf_counter()
    await call()
    return 1000 * (time.perf_counter() - began)


def _tell(results: Results, kind: str, small: Figures, large: Figures) -> None:
    def add(name: str, values: list[float], unit: str, yardstick: str) -> None:
        results.add(f"{kind}.{name}", Spread.of(values), unit, yardstick, kind)

    bare = "a bare chaincode that puts as many keys and policies in the same round"
    add("pack.packs_per_s", small.pack, "packs/s", "8,000 packs/s, a thousand a case")
    add("pack.ratio", _by(small.pack, small.bare_batch), "ratio", f"{bare}; at least 0.8")
    add("dispense.packs_per_s", small.dispense, "packs/s", f"{DISPENSE} packs a transaction")
    rewrite = "a bare chaincode that writes as many keys, under as many policies, in the same round"
    add("dispense.ratio", _by(small.dispense, small.rewrite), "ratio", f"{rewrite}; at least 0.7")
    add("dispense.single_per_s", small.dispense_one, "packs/s", "one pack a transaction")
    add("dispense.single_ratio", _by(small.dispense_one, small.bare), "ratio", "bare puts in the same round")
    add("verify.p95_ms", small.verify, "ms", f"50 ms at {VERIFIED_PER_SECOND:.0f} a second")
    for name, pallet, case in (
        ("ship", small.ship, small.ship_small),
        ("receive", small.receive, small.receive_small),
    ):
        add(f"{name}.pallet_ms", pallet, "ms", "a pallet of 10,000 packs in one transaction")
        add(
            f"{name}.growth", _by(pallet, case), "ratio", f"the same with {SMALL} packs: constant cost is 1.0"
        )
    for name in ("commission", "pack", "dispense", "verify", "ship", "receive"):
        first, then = getattr(small, name), getattr(large, name)
        ratio = Spread.of(then).value / Spread.of(first).value
        spread = Spread(ratio, min(then) / max(first), max(then) / min(first))
        yardstick = f"{name} on this ledger while it was small; 0.8 to 1.2"
        results.add(f"{kind}.{name}.million_ratio", spread, "ratio", yardstick, kind)


def _by(values: list[float], yardsticks: list[float]) -> list[float]:
    """Round by round."""
    return [value / yardstick for value, yardstick in zip(values, yardsticks, strict=True)]
