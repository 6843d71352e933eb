"""``make bench``: measures on real Fabric where it is found, and on devnet; writes bench/results.json."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from bench import crowd, journey, ledger, members, rounds
from bench.results import Results
from mediledger import lifecycle
from mediledger.system import PROJECT, System
from network.ledger import find_fabric
from network.topology import Topology

FOLDER = Path(__file__).parent
TOPOLOGY = FOLDER / "topology.yaml"
# With a bridge.
MEMBERS_TOPOLOGY = FOLDER / "members.yaml"
# Between the ledgers' base ports, when both are up.
PORTS_APART = 500
console = Console()


@contextmanager
def running(kind: str, scope: str, topology: Path = TOPOLOGY, place: int = 0) -> Iterator[System]:
    """A measured ``topology`` on ``kind``, started anew at ports of its ``place`` and stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="mediledger-bench-", ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        root.chmod(0o755)
        base_port = Topology.load(topology).base_port + place * PORTS_APART
        system = System(root, kind, Topology.load(topology, base_port))
        console.print(f"{kind}: starting the {scope}")
        try:
            lifecycle.up(system, scope, lambda _: None)
            yield system
        finally:
            lifecycle.down(system)


async def measure_ledgers(systems: list[System], results: Results) -> None:
    """The ledgers side by side, then each with a crowd on one client."""
    async with AsyncExitStack() as stack:
        stages = {system.kind: await stack.enter_async_context(ledger.staged(system)) for system in systems}
        await rounds.measure(stages, systems, results, console)
        for kind, stage in stages.items():
            console.print(f"{kind}: a crowd on one client")
            await crowd.measure(stage, results, kind)


def show(results: Results, before: int) -> None:
    """Print what was measured since there were ``before`` results."""
    for result in results.all[before:]:
        console.print(
            f"{result.ledger:<6} {result.name:<40} {result.value:>12,.2f} {result.unit:<16} "
            f"({result.min:,.2f} to {result.max:,.2f}); {result.yardstick}",
            soft_wrap=True,
        )


def main() -> None:
    """All measurements."""
    logging.basicConfig(level=logging.WARNING)
    results = Results(FOLDER / "results.json")
    kinds = ["fabric", "devnet"] if find_fabric() else ["devnet"]
    if kinds == ["devnet"]:
        console.print("Fabric is not found: only devnet is measured")
    with ExitStack() as stack:
        systems = [
            stack.enter_context(running(kind, "network", place=place)) for place, kind in enumerate(kinds)
        ]
        asyncio.run(measure_ledgers(systems, results))
    show(results, 0)
    measured = len(results.all)
    with running(kinds[0], "network") as system, running(kinds[0], "network", place=1) as bare:
        asyncio.run(journey.measure(system, bare, results, console))
    show(results, measured)
    measured = len(results.all)
    with running(kinds[0], "system", MEMBERS_TOPOLOGY) as system:
        console.print(f"{kinds[0]}: the members' mirrors and the bridge")
        asyncio.run(members.measure(system, results, console))
    show(results, measured)
    console.print(f"Written to {results.path.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
