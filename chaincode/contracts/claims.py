"""What AnchorReadings is told of readings, taken out of its argument."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.model.documents.coldchain import Readings, Run
from chaincode.model.errors import Code, Refusal
from chaincode.rules.sensors import LONGEST_WINDOW_MS

MAX_DEVICES = 50
MAX_RUNS = 200
MAX_READINGS = 10_000_000
MAX_SEQUENCE = 2**63 - 1


@dataclass(frozen=True)
class Claim:
    """Readings of a container under one root; what follows from the runs is not told but counted here."""

    id: str
    container: str
    root: str
    runs: list[Run]
    readings: Readings

    @property
    def devices(self) -> list[str]:
        """The devices' ids, sorted."""
        return sorted({run["device"] for run in self.runs})

    @property
    def window_start(self) -> int:
        """When the first reading was taken, epoch milliseconds."""
        return min(run["since"] for run in self.runs)

    @property
    def window_end(self) -> int:
        """When the last reading was taken, epoch milliseconds."""
        return max(run["until"] for run in self.runs)


def read(arguments: Arguments) -> Claim:
    """The claim; Refusal naming what is malformed."""
    anchor_id, container = arguments.identifier("id"), arguments.sscc("container")
    root = arguments.digest("root")
    field, raw = arguments.batch("runs", MAX_RUNS)
    runs = [_run(value, f"{field}[{place}]") for place, value in enumerate(raw)]
    for place, (one, other) in enumerate(pairwise(runs), 1):
        if (one["device"], one["last"]) >= (other["device"], other["first"]):
            raise invalid(f"{field}[{place}]", "is after the one before by device and sequence")
    readings: Readings = {
        "count": sum(run["last"] - run["first"] + 1 for run in runs),
        "min_mc": arguments.temperature("min_mc"),
        "max_mc": arguments.temperature("max_mc"),
        "sum_mc": arguments.integer("sum_mc", -(2**53), 2**53),
        "rates": arguments.hexadecimal("rates"),
    }
    arguments.done()
    claim = Claim(anchor_id, container, root, runs, readings)
    if readings["count"] > MAX_READINGS or len(claim.devices) > MAX_DEVICES:
        message = f"at most {MAX_READINGS} readings of {MAX_DEVICES} devices"
        raise Refusal(Code.BATCH_TOO_LARGE, message, field)
    if claim.window_end - claim.window_start > LONGEST_WINDOW_MS:
        raise invalid(field, "are within 24 hours")
    return claim


def _run(value: Any, field: str) -> Run:
    inner = Arguments(value, field)
    run: Run = {
        "device": inner.identifier("device"),
        "first": inner.integer("first", 0, MAX_SEQUENCE),
        "last": inner.integer("last", 0, MAX_SEQUENCE),
        "since": inner.time("since"),
        "until": inner.time("until"),
        "outside": inner.integer("outside", 0, MAX_READINGS),
    }
    inner.done()
    if run["last"] < run["first"]:
        raise invalid(f"{field}.last", "is not before first")
    if run["until"] < run["since"]:
        raise invalid(f"{field}.until", "is not before since")
    if run["outside"] > run["last"] - run["first"] + 1:
        raise invalid(f"{field}.outside", "is not more than its readings")
    return run
