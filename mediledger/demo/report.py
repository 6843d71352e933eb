"""The demo's ending: the table, the addresses, and the same as summary.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mediledger.demo.story import Outcome
from mediledger.system import System

LETTERS = 5


@dataclass(frozen=True)
class Summary:
    """Figures of one telling; ``blocks``, ``transactions`` and ``mirror_height`` are the whole ledger's."""

    ledger: str
    blocks: int
    transactions: int
    packs: int
    readings: int
    anchors: int
    excursions: int
    dispensed: int
    mirror_height: int
    mirror_lag_ms: int
    seconds: float
    sales_days: int
    sales_units: float


def write(directory: Path, summary: Summary, outcome: Outcome, page: str) -> None:
    """``summary.json``, ``trace.json`` and ``supply-chain.html`` in ``directory``, each replaced whole."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("summary.json", json.dumps(asdict(summary), indent=2)),
        ("trace.json", json.dumps(outcome.trace, indent=2)),
        ("supply-chain.html", page),
    ):
        temporary = directory / f"{name}.tmp"
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(directory / name)


def show_trace(console: Console, system: System, outcome: Outcome) -> None:
    """The regulator's trace of one pack, a row a step; in full it is in trace.json."""
    # A terminal has 80 columns: members by the first letters of their names.
    names = {o.gln: o.name[:LETTERS] for o in system.topology.organizations}
    endorser = {o.msp_id: o.name[:LETTERS] for o in system.topology.organizations}
    table = Table(title=f"Trace of pack {outcome.traced['serial']}, asked of the regulator")
    for column in ("step", "time UTC", "who", "block", "tx", "endorsed by"):
        table.add_column(column, no_wrap=True)
    for step in outcome.trace["steps"]:
        who = [names.get(gln, gln) for gln in (step.get("from"), step.get("to")) if gln]
        custodian = step.get("custodian", "")
        endorsers = " ".join(endorser.get(name, name) for name in step["endorsers"])
        table.add_row(
            step["step"],
            step["at"][11:19],
            " → ".join(who) or names.get(custodian, custodian),
            str(step["block_number"]),
            step["tx_id"][:8],
            endorsers,
        )
    console.print(table)


def show_summary(console: Console, summary: Summary, outcome: Outcome) -> None:
    """The table of figures."""
    table = Table(title="What happened", show_header=False)
    for name, value in asdict(summary).items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    if outcome.refused:
        table.add_row("accepting a quarantined case", f"refused: {outcome.refused}")
    console.print(table)


def show_access(console: Console, system: System, directory: Path) -> None:
    """Addresses and credentials to try."""
    table = Table(title="Try it: open the address and press Authorize")
    for column in ("member", "API", "user", "password"):
        table.add_column(column, no_wrap=True)
    for organization in system.topology.organizations:
        password = system.secrets()[organization.name].passwords["operator"]
        table.add_row(organization.name, f"{system.gateway_url(organization)}/docs", "operator", password)
    console.print(table)
    console.print(f"Other users (admin, auditor): {system.home / 'secrets.json'}", soft_wrap=True)
    console.print(f"Written to {directory}: summary.json, trace.json, supply-chain.html", soft_wrap=True)
    console.print("It goes on running. Stop it with: make down")
