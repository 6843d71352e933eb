"""``make bench``: measures on real Fabric where it is found, and on devnet; writes bench/results.json."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench import ledger, members
from bench.results import Results
from mediledger import lifecycle
from mediledger.system import PROJECT, System
from network.ledger import find_fabric
from network.topology import Topology

FOLDER = Path(__file__).parent
console = Console()

Work = Callable[[System, Results], Awaitable[None]]


@contextmanager
def running(kind: str, scope: str) -> Iterator[System]:
    """The measured topology on ``kind``, started anew and stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="mediledger-bench-", ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        root.chmod(0o755)
        system = System(root, kind, Topology.load(FOLDER / "topology.yaml"))
        console.print(f"{kind}: starting the {scope}")
        try:
            lifecycle.up(system, scope, lambda _: None)
            yield system
        finally:
            lifecycle.down(system)


def measure(kind: str, scope: str, work: Work, results: Results) -> None:
    """Start, measure, stop, and show what was measured."""
    before = len(results.all)
    with running(kind, scope) as system:
        asyncio.run(work(system, results))
    for result in results.all[before:]:
        console.print(
            f"{result.name:<32} {result.value:>12,.2f} {result.unit:<16} "
            f"({result.min:,.2f} to {result.max:,.2f}); {result.yardstick}"
        )


async def _network(system: System, results: Results) -> None:
    async def use(stage: ledger.Stage) -> None:
        await ledger.single_pack(stage, results, system.kind)
        await ledger.commission(stage, results, system.kind)
        await ledger.lookup(stage, results, system.kind)

    await ledger.with_stage(system, use)


def main() -> None:
    """All measurements, the real ledger first."""
    logging.basicConfig(level=logging.WARNING)
    results = Results(FOLDER / "results.json")
    kinds = ["fabric", "devnet"] if find_fabric() else ["devnet"]
    if kinds == ["devnet"]:
        console.print("Fabric is not found: only devnet is measured")
    for kind in kinds:
        measure(kind, "network", _network, results)
    measure(kinds[0], "system", members.measure, results)
    console.print(f"Written to {results.path.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
