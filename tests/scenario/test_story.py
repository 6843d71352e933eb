"""The demo's whole story, on each ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from mediledger.demo import run
from mediledger.system import PROJECT
from tests.support.system import RunningSystem

SHARED = Path(os.environ.get("MEDILEDGER_SHARED_DATA", PROJECT.parent / "shared" / "data"))
LOGGER_EXPORT = SHARED / "temperature" / "ambient_temperature_system_failure.csv"
SALES = SHARED / "pharmacy-sales" / "salesdaily.csv"

pytestmark = pytest.mark.timeout(600)


async def test_a_pack_from_the_factory_to_a_patient(running: RunningSystem) -> None:
    console = Console(record=True, width=160, quiet=True)
    outcome = await run.tell(running.system, run.script(run.Options()), console)

    assert outcome.packs == 1000
    assert outcome.readings == 480
    assert outcome.excursions >= 1
    assert outcome.refused == "held"
    assert outcome.dispensed == 500

    steps = outcome.trace["steps"]
    names = [step["step"] for step in steps]
    assert names[:2] == ["commission", "pack"]
    # Offered twice to the pharmacy, since a case of the first offer got too warm and stayed behind.
    assert (names.count("offer"), names.count("cancel"), names.count("accept")) == (3, 1, 2)
    assert names[-1] == "dispense"
    for step in steps:
        assert len(step["tx_id"]) == 64
        assert step["block_number"] > 0
        assert step["at"]
        # A majority of the four members, each named once.
        assert len(set(step["endorsers"])) == len(step["endorsers"]) >= 3

    summary = json.loads((running.system.root / "demo" / "summary.json").read_text())
    assert summary["ledger"] == running.kind
    assert summary["packs"] == 1000
    assert summary["mirror_height"] == summary["blocks"]
    assert summary["transactions"] > 500 / 50


def test_every_mirror_equals_the_ledger_after_the_story(running: RunningSystem) -> None:
    running.verify_mirrors()


@pytest.mark.skipif(not (LOGGER_EXPORT.exists() and SALES.exists()), reason=f"no real input in {SHARED}")
async def test_real_logger_export_and_real_sales(running: RunningSystem) -> None:
    options = run.Options(LOGGER_EXPORT, "fahrenheit", SALES, "N05C", storage="15-30")
    chosen = run.script(options)
    outcome = await run.tell(running.system, chosen, Console(quiet=True))
    assert outcome.readings == len(LOGGER_EXPORT.read_text().splitlines()) - 1
    assert outcome.dispensed == chosen.sales.packs
