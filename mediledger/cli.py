"""The ``mediledger`` command."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chaincode.model import keys
from chaincode.model.errors import MediLedgerError
from gateway.fabric import FabricError, Profile, connect
from gateway.fabric.blocks import parse_block
from mediledger import devnet, lifecycle
from mediledger.audit.run import audit
from mediledger.supervisor import RunDirectory, SystemState
from mediledger.system import PROJECT, System
from network.topology import Organization

console = Console()
app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="MediLedger: one custody history per pack."
)
network_app = typer.Typer(no_args_is_help=True, help="The ledger alone: peers, orderer, chaincode.")
ledger_app = typer.Typer(
    no_args_is_help=True, help="Read blocks and transactions as a member's peer has them."
)
mirror_app = typer.Typer(no_args_is_help=True, help="A member's copy of the ledger in Postgres.")
app.add_typer(network_app, name="network")
app.add_typer(ledger_app, name="ledger")
app.add_typer(mirror_app, name="mirror")
app.add_typer(devnet.app, name="devnet")

Member = Annotated[str, typer.Option(help="The member to act as.")]
EVERYONE = ""


def main() -> None:
    """Run the command; an error of ours is one line on stderr and exit status 1."""
    try:
        app()
    except (MediLedgerError, FabricError) as error:
        Console(stderr=True).print(f"mediledger: {error}", style="red", highlight=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def demo(
    readings: Annotated[Path | None, typer.Option(help="A logger's export: CSV of timestamp, value.")] = None,
    unit: Annotated[str, typer.Option(help="The export's unit: celsius, fahrenheit or kelvin.")] = "celsius",
    sales: Annotated[Path | None, typer.Option(help="A sales file: CSV of date and units per class.")] = None,
    sales_column: Annotated[str | None, typer.Option(help="The class to sell; the first by default.")] = None,
    storage: Annotated[str, typer.Option(help="The product's storage profile in °C, LOW-HIGH.")] = "2-8",
) -> None:
    """Start everything, play a pack's way from the factory to a patient, and leave it running.

    Told again, it continues: the same system and ledger, with a new lot.
    """
    from mediledger.demo import run

    chosen = run.script(run.Options(readings, unit, sales, sales_column, storage))
    system = System.from_environment()
    _up(system, "system")
    asyncio.run(run.tell(system, chosen, console))


@app.command()
def up() -> None:
    """Start everything and wait until it is ready."""
    _up(System.from_environment(), "system")


@app.command()
def down() -> None:
    """Stop everything that runs from this state directory."""
    stopped = lifecycle.down(_running())
    console.print("Stopped." if stopped else "Nothing was running.")


@app.command()
def status() -> None:
    """What runs, and in what state; exit status 1 unless all of it is ready."""
    run = RunDirectory(_running().run_path)
    state = run.read() if run.running() else None
    if state is None:
        console.print("Nothing is running.")
        raise typer.Exit(1)
    table = Table(title=state.label)
    for column in ("process", "status", "pid", "restarts", "reason"):
        table.add_column(column)
    for name, process in state.processes.items():
        table.add_row(name, process.status, str(process.pid or ""), str(process.restarts), process.reason)
    console.print(table)
    if not state.ready:
        raise typer.Exit(1)


@network_app.command("up")
def network_up() -> None:
    """Start the ledger alone and deploy the chaincode."""
    _up(System.from_environment(), "network")


@network_app.command("down")
def network_down() -> None:
    """Stop it."""
    down()


@network_app.command("status")
def network_status() -> None:
    """Height and health of each node of the ledger, asked of the nodes themselves."""
    from network.status import status as nodes

    system = _running()
    table = Table(title=f"{system.topology.channel} on {system.kind}")
    for column in ("node", "health", "height", "detail"):
        table.add_column(column)
    rows = asyncio.run(nodes(system.topology, system.home, system.kind))
    for row in rows:
        height = "" if row.height is None else str(row.height)
        table.add_row(row.node, "healthy" if row.healthy else "down", height, row.detail)
    console.print(table)
    if not all(row.healthy for row in rows):
        raise typer.Exit(1)


@ledger_app.command("blocks")
def ledger_blocks(
    member: Member = "regulator",
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 10,
) -> None:
    """The newest blocks."""
    asyncio.run(_blocks(member, last))


@ledger_app.command("tx")
def ledger_transaction(transaction_id: str, member: Member = "regulator") -> None:
    """One transaction as JSON: its block, code, creator, endorsers and writes."""
    asyncio.run(_transaction(member, transaction_id))


@ledger_app.command("verify")
def ledger_verify(member: Member = "regulator") -> None:
    """Read all blocks and report each write that those whom it concerns did not consent to.

    Exit status 1 where there is one.
    """
    asyncio.run(_verify(member))


@mirror_app.command("rebuild")
def mirror_rebuild(member: Member = EVERYONE) -> None:
    """Empty the mirrored tables and fill them again from block 0 (of every member, or of one)."""
    _mirror("rebuild", member)


@mirror_app.command("verify")
def mirror_verify(member: Member = EVERYONE) -> None:
    """Compare mirror and ledger, key by key; exit status 1 when they differ."""
    _mirror("verify", member)


def _running() -> System:
    """The system that runs from the state directory, whichever ledger it is on; else the environment's."""
    system = System.from_environment()
    run = RunDirectory(system.run_path)
    state = run.read() if run.running() else None
    kind = state.label.rpartition(" on ")[2] if state else system.kind
    return replace(system, kind=kind)


def _up(system: System, scope: str) -> None:
    with console.status(f"Starting: {lifecycle.label(system, scope)}") as line:

        def watch(state: SystemState) -> None:
            waiting = [name for name, process in state.processes.items() if not process.settled]
            ready = len(state.processes) - len(waiting)
            line.update(f"Starting: {ready} of {len(state.processes)} ready, next {', '.join(waiting[:3])}")

        state = lifecycle.up(system, scope, watch)
    console.print(f"Running: {len(state.processes)} processes and jobs, {lifecycle.label(system, scope)}.")


def _organizations(system: System, member: str) -> list[Organization]:
    chosen = [o for o in system.topology.organizations if member in (EVERYONE, o.name)]
    if not chosen:
        names = ", ".join(o.name for o in system.topology.organizations)
        raise MediLedgerError(f"no member is called {member}; there are {names}")
    return chosen


def _mirror(command: str, member: str) -> None:
    """Run the mirror's own command with each member's settings; its exit status is ours."""
    system = _running()
    worst = 0
    for organization in _organizations(system, member):
        console.print(f"{organization.title}:")
        finished = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "gateway.mirror", command],
            cwd=PROJECT,
            env={**os.environ, **system.environment(organization)},
            check=False,
        )
        worst = max(worst, abs(finished.returncode))
    if worst:
        raise typer.Exit(1)


def _profile(system: System, member: str) -> Profile:
    organization = _organizations(system, member)[0]
    return Profile.load(system.home / "network" / "profiles" / f"{organization.name}.gateway.json")


async def _blocks(member: str, last: int) -> None:
    system = _running()
    table = Table(title=f"{system.topology.channel}, asked of {member}")
    for column in ("block", "hash", "transactions", "valid", "functions"):
        table.add_column(column)
    async with connect(_profile(system, member)) as gateway:
        network = gateway.network(system.topology.channel)
        height = await network.height()
        for number in range(height - 1, max(-1, height - 1 - last), -1):
            block = parse_block(await network.block(number))
            valid = sum(transaction.validation_code == 0 for transaction in block.transactions)
            functions = sorted({t.function for t in block.transactions if t.function})
            table.add_row(
                str(number),
                block.header_hash.hex()[:16],
                str(len(block.transactions)),
                str(valid),
                ", ".join(functions),
            )
    console.print(table)


async def _transaction(member: str, transaction_id: str) -> None:
    system = _running()
    async with connect(_profile(system, member)) as gateway:
        network = gateway.network(system.topology.channel)
        block = parse_block(await network.block_by_transaction(transaction_id))
    found = next(t for t in block.transactions if t.tx_id == transaction_id)
    console.print_json(
        json.dumps(
            {
                "transaction_id": found.tx_id,
                "block_number": block.number,
                "validation_code": found.validation_code,
                "timestamp_ms": found.timestamp_ms,
                "creator": found.creator_msp,
                "chaincode": found.chaincode,
                "function": found.function,
                "endorsers": list(found.endorsers),
                "writes": [
                    {"namespace": w.namespace, "key": _named(w.key), "delete": w.is_delete}
                    for w in found.writes
                ],
            }
        )
    )


def _named(key: str) -> list[str] | str:
    """What a key names, kind and attributes; the key where it is none of ours."""
    try:
        kind, attributes = keys.split(key)
    except ValueError:
        return key
    return [kind, *attributes]


async def _verify(member: str) -> None:
    system = _running()
    async with connect(_profile(system, member)) as gateway:
        with console.status("Reading blocks") as line:
            network = gateway.network(system.topology.channel)
            audited = await audit(network, lambda number: line.update(f"Reading blocks: {number}"))
    console.print(f"{audited.blocks} blocks, {audited.transactions} transactions: {audited.verdict}")
    if audited.findings:
        console.print(audited.table())
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
