"""An anchor over readings: what is written on the ledger for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chaincode.model import coldchain, merkle
from chaincode.model.documents.coldchain import Run, Storage

# The ledger takes no more in one anchor; the readings' number bounds the memory for one.
MAX_DEVICES = 50
MAX_RUNS = 200
MAX_READINGS = 10_000


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A reading in the database; ``at`` epoch milliseconds, ``value_mc`` milli-degrees Celsius."""

    device: str
    sequence: int
    at: int
    value_mc: int


@dataclass(frozen=True)
class Anchor:
    """``arguments`` of the transaction function AnchorReadings; ``id`` follows from the readings alone."""

    id: str
    arguments: dict[str, Any]


def runs(readings: Sequence[StoredReading]) -> list[Sequence[StoredReading]]:
    """Readings sorted by device and sequence, cut where the device changes or a sequence is missing."""
    cuts = [
        place
        for place, (one, other) in enumerate(pairwise(readings), 1)
        if (one.device, one.sequence + 1) != (other.device, other.sequence)
    ]
    return [readings[start:end] for start, end in pairwise([0, *cuts, len(readings)]) if start < end]


def first_of(readings: Sequence[StoredReading]) -> Sequence[StoredReading]:
    """Of readings sorted by device and sequence, as many from the first as one anchor may have."""
    seen: set[str] = set()
    taken = 0
    for run in runs(readings)[:MAX_RUNS]:
        seen.add(run[0].device)
        if len(seen) > MAX_DEVICES:
            break
        taken += len(run)
    return readings[:taken]


def build(container: str, storage: Storage, readings: Sequence[StoredReading]) -> Anchor:
    """The anchor over ``readings``, one or more, sorted by device and sequence.

    Its leaves are the readings' canonical JSON in that order (``coldchain.reading_leaf``). ``storage`` is the
    container's profile, by whose limits each run counts its readings outside.
    """
    leaves = [
        merkle.leaf(coldchain.reading_leaf(each.device, each.sequence, each.at, each.value_mc))
        for each in readings
    ]
    root = merkle.root(leaves).hex()
    anchor_id = hashlib.sha256(f"{container}:{root}".encode()).hexdigest()[:40]
    summary = coldchain.summary([each.value_mc for each in readings])
    # The ledger counts the runs' readings itself.
    claims = {name: value for name, value in summary.items() if name != "count"}
    told = [_run(run, storage) for run in runs(readings)]
    return Anchor(anchor_id, {"id": anchor_id, "container": container, "root": root, "runs": told, **claims})


def _run(readings: Sequence[StoredReading], storage: Storage) -> Run:
    times = [each.at for each in readings]
    return {
        "device": readings[0].device,
        "first": readings[0].sequence,
        "last": readings[-1].sequence,
        "since": min(times),
        "until": max(times),
        "outside": sum(coldchain.outside(storage, each.value_mc) for each in readings),
    }
