"""The command on a running system, as an admin at a shell would use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mediledger.system import PROJECT
from tests.support.system import RunningSystem
from tests.support.world import World


def command(running: RunningSystem, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``mediledger`` against the system, without being told its ledger."""
    environment = os.environ | {
        "MEDILEDGER_HOME": str(running.system.root),
        "MEDILEDGER_BASE_PORT": str(running.system.topology.base_port),
        "COLUMNS": "160",
    }
    environment.pop("LEDGER", None)
    return subprocess.run(
        [sys.executable, "-m", "mediledger", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


async def test_a_transaction_is_found_with_its_endorsers(running: RunningSystem) -> None:
    async with World(running) as world:
        body = {"gtin": world.gtin, "lot": world.run.lot, "serials": [f"{world.run.number}CMD"]}
        receipt = await world.manufacturer.post("/commissions", body)
    shown = command(running, "ledger", "tx", receipt["transaction_id"], "--member", "manufacturer")
    assert shown.returncode == 0, shown.stderr
    transaction = json.loads(shown.stdout)
    assert transaction["block_number"] == receipt["block_number"]
    assert transaction["function"] == "Commission"
    assert len(transaction["endorsers"]) >= 3
    assert ["unit", world.gtin, f"{world.run.number}CMD"] in [w["key"] for w in transaction["writes"]]


async def test_a_ledger_that_nobody_forged_has_nothing_wrong(running: RunningSystem) -> None:
    async with World(running) as world:
        case, serials = await world.case(3)
        await world.ship(world.manufacturer, world.pharmacy, f"00{case}")
        await world.pharmacy.post(f"/containers/{case}/unpack", {"children": world.refs(serials[:1])})
        await world.pharmacy.post("/dispenses", {"units": world.refs(serials[:1])})
    verified = command(running, "ledger", "verify", "--member", "pharmacy")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.rstrip().endswith("nothing wrong")


def test_blocks_nodes_and_processes_are_shown(running: RunningSystem) -> None:
    blocks = command(running, "ledger", "blocks", "--last", "3")
    assert blocks.returncode == 0, blocks.stderr
    nodes = command(running, "network", "status")
    assert nodes.returncode == 0, nodes.stdout + nodes.stderr
    assert nodes.stdout.count("healthy") >= 4
    processes = command(running, "status")
    assert processes.returncode == 0, processes.stdout
    assert f"system on {running.kind}" in processes.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ledger", "blocks", "--member", "nobody"), "no member is called nobody; there are manufacturer"),
        (("ledger", "tx", "f" * 64), "evaluate"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    running: RunningSystem, arguments: tuple[str, ...], message: str
) -> None:
    failed = command(running, *arguments)
    assert failed.returncode == 1
    assert message in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
