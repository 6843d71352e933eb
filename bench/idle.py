"""Waiting until a system is idle: peers merge their state database's files for long after a load."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from mediledger.supervisor import RunDirectory
from mediledger.system import System

WINDOW_SECONDS = 1.0
# Of one core, by any one process. A peer without a load takes 0.02 to 0.05, one that merges nearly all of it.
IDLE_SHARE = 0.08
MOST_SECONDS = 60.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


async def idle(systems: Iterable[System], console: Console, seconds: float = MOST_SECONDS) -> None:
    """Wait until no process of ``systems`` took more than ``IDLE_SHARE`` of a core for ``WINDOW_SECONDS``.

    After ``seconds`` it is waited for no longer, and the ``console`` tells which is the busiest.
    """
    systems = list(systems)
    ends = time.monotonic() + seconds
    used, at = _used(systems), time.monotonic()
    while True:
        await asyncio.sleep(WINDOW_SECONDS)
        now_used, now = _used(systems), time.monotonic()
        shares = {name: (cpu - used[name]) / (now - at) for name, cpu in now_used.items() if name in used}
        busiest = max(shares, key=shares.__getitem__, default="")
        if not busiest or shares[busiest] <= IDLE_SHARE:
            return
        if now > ends:
            console.print(f"not idle after {seconds:.0f} s: {busiest} takes {shares[busiest]:.0%} of a core")
            return
        used, at = now_used, now


def _used(systems: Iterable[System]) -> dict[str, float]:
    """Seconds of CPU that each process has used by now, by its ledger's kind, its name and number."""
    used = {}
    for system in systems:
        state = RunDirectory(system.run_path).read()
        for name, process in (state.processes if state else {}).items():
            if process.pid and (seconds := _cpu_seconds(process.pid)) is not None:
                used[f"{system.kind}'s {name} ({process.pid})"] = seconds
    return used


def _cpu_seconds(pid: int) -> float | None:
    """Fields 14 and 15 of ``/proc/<pid>/stat`` (proc_pid_stat(5)); None where the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
