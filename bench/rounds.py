"""Both ledgers side by side: the same loads, in turn, round by round.

All ledgers are up while one of them is loaded, so that the rounds of one stand close to those of the other;
what idles takes some CPU from the one that is loaded, and more of it is Fabric's. Each load waits until both
are idle, so that it pays for no other's merging of the state database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from bench.idle import idle
from bench.ledger import BATCH, BATCH_CONCURRENCY, CONCURRENCY, Stage
from bench.load import Call, Load, Spread, latencies, percentile, rate
from bench.results import Results
from mediledger.system import System

ROUNDS = 5
ROUND_SECONDS = 8.0
WARM_UP_SECONDS = 2.0
LOOKUPS_PER_SECOND = 50.0
LOOKED_UP = 200
IN_TURN = "in the same run: both up, loaded in turn, round by round"

Rounds = dict[str, list[Load]]
"""The loads of each ledger."""


async def measure(
    stages: Mapping[str, Stage], systems: Sequence[System], results: Results, console: Console
) -> None:
    """Load the ``stages``, by their ledger's kind, in turn; the ``systems`` are theirs."""

    async def load(calls: Iterator[Call], concurrency: int) -> Load:
        await idle(systems, console)
        return await rate(calls, concurrency, ROUND_SECONDS)

    for stage in stages.values():
        await rate(stage.puts(), CONCURRENCY, WARM_UP_SECONDS)
        await rate(stage.singles(), CONCURRENCY, WARM_UP_SECONDS)
        await rate(stage.batches(), BATCH_CONCURRENCY, WARM_UP_SECONDS)
    puts: Rounds = {kind: [] for kind in stages}
    singles: Rounds = {kind: [] for kind in stages}
    bare: Rounds = {kind: [] for kind in stages}
    batches: Rounds = {kind: [] for kind in stages}
    for number in range(1, ROUNDS + 1):
        for kind, stage in stages.items():
            puts[kind].append(await load(stage.puts(), CONCURRENCY))
            singles[kind].append(await load(stage.singles(), CONCURRENCY))
        for kind, stage in stages.items():
            bare[kind].append(await load(stage.bare_batches(), BATCH_CONCURRENCY))
            batches[kind].append(await load(stage.batches(), BATCH_CONCURRENCY))
        for kind in stages:
            console.print(
                f"round {number} of {ROUNDS}: {kind}: bare put {puts[kind][-1].per_s:,.0f}/s, single pack "
                f"{singles[kind][-1].per_s:,.0f}/s, bare keys {BATCH * bare[kind][-1].per_s:,.0f}/s, "
                f"packs {BATCH * batches[kind][-1].per_s:,.0f}/s"
            )
    for kind in stages:
        _transactions(results, kind, puts[kind], singles[kind])
        _commission(results, kind, bare[kind], batches[kind])
        await idle(systems, console)
        await _lookup(stages[kind], results, kind)
    if len(stages) > 1:
        yardstick = f"bare puts/s of real Fabric {IN_TURN}; at least 1.0"
        results.add("devnet.tx.ratio", _ratio(puts["devnet"], puts["fabric"]), "ratio", yardstick, "devnet")
        ratio = _ratio(batches["devnet"], batches["fabric"])
        yardstick = f"packs/s commissioned on real Fabric {IN_TURN}; at least 2.0"
        results.add("devnet.commission.ratio", ratio, "ratio", yardstick, "devnet")


def _transactions(results: Results, kind: str, puts: list[Load], singles: list[Load]) -> None:
    yardstick = "a bare put chaincode on the same network in the same run"
    results.add(f"{kind}.single_pack.ratio", _ratio(singles, puts), "ratio", yardstick, kind)
    results.add(f"{kind}.single_pack.per_s", _rates(singles), "transactions/s", yardstick, kind)
    results.add(f"{kind}.bare_put.per_s", _rates(puts), "transactions/s", "itself the yardstick", kind)
    results.add(
        "client.cpu_ms_per_tx",
        Spread.of([load.cpu_ms for load in puts]),
        "ms",
        f"2.5 ms of the client's CPU for each bare put from proposal to status, {CONCURRENCY} at a time",
        kind,
    )


def _commission(results: Results, kind: str, bare: list[Load], batches: list[Load]) -> None:
    yardstick = "itself the yardstick: a thousand keys with their policies a transaction"
    results.add(f"{kind}.bare_batch.keys_per_s", _rates(bare, BATCH), "keys/s", yardstick, kind)
    results.add(f"{kind}.commission.packs_per_s", _rates(batches, BATCH), "packs/s", "8,000 packs/s", kind)
    if kind == "fabric":
        yardstick = "a bare chaincode that puts as many keys and policies in the same run; at least 0.8"
        results.add("fabric.commission.ratio", _ratio(batches, bare), "ratio", yardstick, kind)


async def _lookup(stage: Stage, results: Results, kind: str) -> None:
    """How long one unit's lookup takes at fifty a second."""
    serials = await stage.commissioned(LOOKED_UP)
    p95 = [
        1000 * percentile(await latencies(stage.lookups(serials), LOOKUPS_PER_SECOND, ROUND_SECONDS), 0.95)
        for _ in range(ROUNDS)
    ]
    results.add(f"{kind}.lookup.p95_ms", Spread.of(p95), "ms", "50 ms at 50 lookups/s", kind)


def _rates(loads: list[Load], each: int = 1) -> Spread:
    return Spread.of([each * load.per_s for load in loads])


def _ratio(ours: list[Load], theirs: list[Load]) -> Spread:
    """Round by round."""
    return Spread.of([one.per_s / other.per_s for one, other in zip(ours, theirs, strict=True)])
