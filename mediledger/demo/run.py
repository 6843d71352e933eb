"""Telling the story on a running system, and what is shown meanwhile and at the end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mediledger.demo import report, sales, truck
from mediledger.demo.api import MemberApi
from mediledger.demo.cast import Run, Storage
from mediledger.demo.story import Cast, Outcome, Script, Story, StoryError
from mediledger.system import System

DEFAULT_PACKS = 1000
# Packs beyond those sold: the case that the excursion spoils is not for sale.
SPARE_PACKS = 100
MIRROR_SECONDS = 60.0


@dataclass(frozen=True)
class Options:
    """What the person at the shell chose; paths are of real files, None for the made story."""

    readings: Path | None = None
    unit: str = "celsius"
    sales: Path | None = None
    sales_column: str | None = None
    storage: str = "2-8"


def script(options: Options, packs: int = DEFAULT_PACKS) -> Script:
    """The telling that the options ask for, of ``packs`` packs or as many more as are sold.

    Files are read, and refused, before anything starts.
    """
    storage = Storage.parse(options.storage)
    journey = truck.recorded(options.readings, options.unit) if options.readings else truck.made(storage)
    demand = (
        sales.read(options.sales, options.sales_column) if options.sales else sales.even(DEFAULT_PACKS // 2)
    )
    packs = max(packs, demand.packs + SPARE_PACKS)
    return Script(Run.new(), packs, demand, journey, storage)


async def tell(system: System, chosen: Script, console: Console) -> Outcome:
    """Play ``chosen`` on a running system, show it, write the summary; returns what came about."""
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        cast = await _cast(system, stack)
        with _progress(console) as progress:
            outcome = await Story(cast, chosen, _Steps(progress)).play()
        ledger = await _mirrored(cast.regulator)
        page = await cast.regulator.text("/analytics/supply-chain.html")
        summary = report.Summary(
            ledger=system.kind,
            blocks=ledger["height"],
            transactions=ledger["transactions"],
            packs=outcome.packs,
            readings=outcome.readings,
            anchors=outcome.anchors,
            excursions=outcome.excursions,
            dispensed=outcome.dispensed,
            mirror_height=ledger["mirror_height"],
            mirror_lag_ms=ledger["lag_ms"],
            seconds=round(time.monotonic() - began, 1),
            sales_days=len(chosen.sales.days),
            sales_units=round(chosen.sales.units, 2),
        )
    directory = system.root / "demo"
    report.write(directory, summary, outcome, page)
    report.show_trace(console, system, outcome)
    report.show_summary(console, summary, outcome)
    report.show_access(console, system, directory)
    return outcome


async def _cast(system: System, stack: contextlib.AsyncExitStack) -> Cast:
    members: dict[str, MemberApi] = {}
    secrets = system.secrets()
    for organization in system.topology.organizations:
        members[organization.role] = await stack.enter_async_context(
            MemberApi(
                organization.name,
                organization.gln,
                system.gateway_url(organization),
                "operator",
                secrets[organization.name].passwords["operator"],
            )
        )
    return Cast(
        {organization.name: organization for organization in system.topology.organizations},
        members["manufacturer"],
        members["wholesaler"],
        members["dispenser"],
        members["regulator"],
    )


async def _mirrored(api: MemberApi) -> dict[str, int]:
    """The ledger's figures once this member's mirror holds all of it."""
    deadline = time.monotonic() + MIRROR_SECONDS
    while True:
        figures = await api.get("/ledger")
        if figures["mirror_height"] >= figures["height"]:
            return figures
        if time.monotonic() > deadline:
            raise StoryError(f"the mirror is at {figures['mirror_height']} of {figures['height']} blocks")
        await asyncio.sleep(0.3)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<44}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


class _Steps:
    """A row of the progress display per step; where the output is no terminal, a line per finished step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._rows: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        if step not in self._rows:
            self._rows[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._rows[step], completed=done, total=total)
        if done >= total:
            self._progress.stop_task(self._rows[step])
