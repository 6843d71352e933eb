"""devnet beside real Fabric: the same transactions in the same order have the same outcome."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest

from tests.integration.chaincode.conftest import Ledger
from tests.integration.differential.runner import Lane, Runner
from tests.integration.differential.sequences import Sequence
from tests.integration.differential.side import connected
from tests.integration.differential.strategies import drawn

SEED = 20_260_101
SEQUENCES = 300
SHOWN = 3
# What may be left out because a ledger cut its blocks elsewhere, on a machine that is short of time.
LEAST_COMPARED = 0.95


async def compare(
    ledgers: tuple[Ledger, Ledger],
    sequences: list[Sequence],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run them on both ledgers; fails with what differs, and leaves the sequences to be run again."""
    began = time.monotonic()
    run = uuid.uuid4().hex[:6]
    lanes = [Lane(f"{run}/{number:04}/", sequence) for number, sequence in enumerate(sequences)]
    async with connected(ledgers[0]) as devnet, connected(ledgers[1]) as fabric:
        runner = Runner((devnet, fabric), ledgers[0])
        await runner.run(lanes)
    compared = [lane for lane in lanes if lane.compared]
    with capsys.disabled():
        print(  # noqa: T201 - what the comparison is worth
            f"\n{len(compared)} of {len(lanes)} sequences compared in {time.monotonic() - began:.0f} s: "
            f"{runner.figures}"
        )
    differing = [lane for lane in compared if lane.differences]
    if differing:
        file = tmp_path / "sequences.json"
        file.write_text("\n".join(lane.sequence.to_json() for lane in differing) + "\n")
        differences = [one for lane in differing for one in lane.differences]
        (tmp_path / "differences").write_text("\n\n".join(differences))
        shown = "\n\n".join(differences[:SHOWN])
        pytest.fail(f"{len(differing)} sequences differ (SEQUENCES={file} runs them again):\n{shown}")
    assert len(compared) >= LEAST_COMPARED * len(lanes)


def read(file: Path) -> list[Sequence]:
    """Sequences as they were left to be run again, one a line."""
    return [Sequence.from_json(line) for line in file.read_text().splitlines()]


@pytest.mark.timeout(600)
async def test_random_sequences(
    ledgers: tuple[Ledger, Ledger], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = os.environ.get("SEQUENCES")
    sequences = read(Path(file)) if file else drawn(int(os.environ.get("COUNT", SEQUENCES)), SEED)
    await compare(ledgers, sequences, tmp_path, capsys)
