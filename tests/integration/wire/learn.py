"""``python -m tests.integration.wire.learn``: asks real Fabric, and writes down what it answers.

The table holds every shape of an answer that was given - gRPC code, message and details and, for a
transaction that came to be in a block, its validation code, without names, ids, hashes, times and addresses -
and under it the classes of mutations whose samples it was given to.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import tempfile
from pathlib import Path

from tests.integration.wire import cases, sending, table, worlds
from tests.integration.wire.worlds import World

FABRIC = "3.1.5"


async def learn(world: World, samples: int) -> dict[str, list[str]]:
    """The shapes of what the ledger answers to so many samples of each class, and the classes."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    for made in (cases.every, cases.duplicates):
        sent = [case for case in made(world.cast, samples, "learnt") if not case.deadly]
        for case, outcome in zip(sent, await sending.outcomes(world, sent), strict=True):
            found[table.shape(outcome)].add(case.name)
    return {shape: sorted(names) for shape, names in sorted(found.items())}


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description="Learns what Fabric answers to bad requests.")
    parser.add_argument("--samples", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, worlds.running("fabric", Path(folder)) as world:
        answers = asyncio.run(learn(world, options.samples))
    written = {"fabric": FABRIC, "samples": options.samples, "answers": answers}
    table.FILE.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
