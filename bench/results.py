"""What ``make bench`` writes."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.load import Spread


@dataclass(frozen=True)
class Result:
    """One figure: its median, spread and unit, what it is held against, on which ledger and machine."""

    name: str
    value: float
    unit: str
    min: float
    max: float
    yardstick: str
    ledger: str
    machine: str


class Results:
    """Collects figures and writes them as a JSON list after each, so that a broken run keeps what it has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.all: list[Result] = []
        self._machine = machine()

    def add(self, name: str, spread: Spread, unit: str, yardstick: str, ledger: str) -> Result:
        """Record one figure; it replaces none."""
        result = Result(
            name,
            round(spread.value, 3),
            unit,
            round(spread.min, 3),
            round(spread.max, 3),
            yardstick,
            ledger,
            self._machine,
        )
        self.all.append(result)
        self.path.write_text(json.dumps([asdict(result) for result in self.all], indent=1) + "\n")
        return result


def machine() -> str:
    """Processor, cores, memory and kernel of this machine, in one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, Python {python}"
