"""A pack's way on one ledger, while it is small and again when it holds a million packs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice

from rich.console import Console

from bench.figures import DISPENSE, SMALL, VERIFIED_PER_SECOND, Figures, tell
from bench.goods import Case, Goods
from bench.idle import idle
from bench.ledger import BATCH, BATCH_CONCURRENCY, CONCURRENCY, Stage, staged
from bench.load import Call, latencies, percentile, rate
from bench.results import Results
from gateway.fabric import connect
from mediledger.system import System
from network.ledger import member_profile


@dataclass(frozen=True)
class Extent:
    """How much a round does.

    ``cases`` of a thousand packs are commissioned and packed, ten each then go on so many ``pallets``.
    ``dispensed`` packs are dispensed by the batch and ``singles`` one by one.
    """

    cases: int
    pallets: int
    dispensed: int
    singles: int


# The first of each finds caches cold and connections closed: this one is thrown away, and leaves the ledger
# with some 10,000 packs.
WARM_UP = Extent(10, 1, 800, 200)
# LevelDB writes and merges its files once it holds some 10,000 keys more: a load goes on for several times
# that, so that it pays for its own merging. What is left of it is waited for before the next load.
ROUND = Extent(48, 4, 4_000, 1_000)
ROUNDS = 3
LARGE = 1_000_000
CASES_A_PALLET = 10
BARE_SECONDS = 4.0
VERIFY_SECONDS = 2.0
VERIFY_TIMES = 3


async def measure(system: System, bare: System, results: Results, console: Console) -> None:
    """The same rounds on a small ledger and on one of a million packs.

    The yardstick is on a network of its own, ``bare``: in one LevelDB with the packs, whichever of the two is
    written after the other first has all packs merged.
    """
    async with staged(system, bare) as stage, _goods(system, stage) as goods:
        way = _Way(goods, [system, bare], console)
        await way.go(WARM_UP, Figures())
        console.print(f"{system.kind}: a pack's way on a small ledger, of {stage.packs:,} packs")
        small = Figures()
        for _ in range(ROUNDS):
            await way.go(ROUND, small)
        console.print(f"{system.kind}: commissioning a million packs")
        await rate(islice(stage.batches(), LARGE // BATCH), BATCH_CONCURRENCY)
        console.print(f"{system.kind}: a pack's way on a large ledger, of {stage.packs:,} packs")
        large = Figures()
        for _ in range(ROUNDS):
            await way.go(ROUND, large)
    tell(results, system.kind, small, large)


@asynccontextmanager
async def _goods(system: System, stage: Stage) -> AsyncIterator[Goods]:
    members = {o.role: o for o in system.topology.organizations}
    dispenser = members["dispenser"]
    async with connect(member_profile(system.home, dispenser)) as gateway:
        network = gateway.network(system.topology.channel)
        yield Goods(stage, network, members["manufacturer"].gln, dispenser.gln)


class _Way:
    """Rounds on one system and the yardstick's, each of whose loads finds both idle."""

    def __init__(self, goods: Goods, systems: list[System], console: Console) -> None:
        self._goods, self._stage = goods, goods.stage
        self._systems, self._console = systems, console

    async def go(self, extent: Extent, figures: Figures) -> None:
        """One round, whose results are added to ``figures``."""
        figures.packs.append(self._stage.packs)
        refs = await self._goods.received(extent.dispensed + extent.singles)
        await self._dispense(extent, refs, figures)
        figures.bare_batch.append(await self._batches(islice(self._stage.bare_batches(), extent.cases)))
        cases = self._goods.planned(extent.cases)
        figures.commission.append(await self._batches(self._goods.commissions(cases)))
        figures.pack.append(await self._batches(self._goods.packs(cases)))
        await self._idle()
        for _ in range(VERIFY_TIMES):
            taken = await latencies(self._goods.verifications(refs), VERIFIED_PER_SECOND, VERIFY_SECONDS)
            figures.verify.append(1000 * percentile(taken, 0.95))
        await self._deliver(extent, cases, figures)
        figures.packs.append(self._stage.packs)

    async def _dispense(self, extent: Extent, refs: list[str], figures: Figures) -> None:
        await self._idle()
        figures.bare_put.append((await rate(self._stage.puts(), CONCURRENCY, BARE_SECONDS)).per_s)
        await self._idle()
        owned = await self._stage.owned_puts(extent.singles)
        figures.bare_owned.append((await rate(owned, CONCURRENCY)).per_s)
        await self._idle()
        singles = self._goods.dispenses(refs[: extent.singles], 1)
        figures.dispense.append((await rate(singles, CONCURRENCY)).per_s)
        rewrites = await self._stage.rewrites(extent.dispensed, DISPENSE)
        figures.bare_rewrite.append(await self._batches(rewrites, DISPENSE))
        batches = self._goods.dispenses(refs[extent.singles :], DISPENSE)
        figures.dispense_batch.append(await self._batches(batches, DISPENSE))

    async def _batches(self, calls: Iterator[Call], size: int = BATCH) -> float:
        """Make calls about a batch each; packs per second."""
        await self._idle()
        return size * (await rate(calls, BATCH_CONCURRENCY)).per_s

    async def _deliver(self, extent: Extent, cases: list[Case], figures: Figures) -> None:
        """Ship pallets of ten ``cases`` and small ones in turn, and receive each."""
        few = await self._goods.packed(extent.pallets, SMALL)
        of_ten = (cases[first : first + CASES_A_PALLET] for first in range(0, len(cases), CASES_A_PALLET))
        large = [await self._goods.pallet(ten) for ten in islice(of_ten, extent.pallets)]
        small = [await self._goods.pallet([case]) for case in few]
        await self._idle()
        for pair in zip(large, small, strict=True):
            for sscc, ship, receive in zip(
                pair,
                (figures.ship, figures.ship_small),
                (figures.receive, figures.receive_small),
                strict=True,
            ):
                ship.append(await _timed(self._goods.shipping(sscc, sscc)))
                await self._goods.arrived()
                receive.append(await _timed(self._goods.receiving(sscc)))

    async def _idle(self) -> None:
        await idle(self._systems, self._console)


async def _timed(call: Call) -> float:
    """Milliseconds that a call takes."""
    began = time.perf_counter()
    await call()
    return 1000 * (time.perf_counter() - began)
