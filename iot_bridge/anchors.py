"""An anchor over readings: what is written on the ledger for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chaincode.model import coldchain, merkle

# The ledger takes no more devices in one anchor; the readings' number bounds the memory for one.
MAX_DEVICES = 50
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


def first_devices(readings: Sequence[StoredReading]) -> Sequence[StoredReading]:
    """Of readings sorted by device, those of as many devices as one anchor may have."""
    seen: set[str] = set()
    for place, reading in enumerate(readings):
        seen.add(reading.device)
        if len(seen) > MAX_DEVICES:
            return readings[:place]
    return readings


def build(container: str, readings: Sequence[StoredReading]) -> Anchor:
    """The anchor over ``readings``, one or more, sorted by device and sequence.

    Its leaves are the readings' canonical JSON in that order (``coldchain.reading_leaf``), its window runs
    from the first reading's time to the last's.
    """
    leaves = [
        merkle.leaf(coldchain.reading_leaf(each.device, each.sequence, each.at, each.value_mc))
        for each in readings
    ]
    root = merkle.root(leaves).hex()
    values = [each.value_mc for each in readings]
    times = [each.at for each in readings]
    anchor_id = hashlib.sha256(f"{container}:{root}".encode()).hexdigest()[:40]
    return Anchor(
        anchor_id,
        {
            "id": anchor_id,
            "container": container,
            "devices": sorted({each.device for each in readings}),
            "window_start": min(times),
            "window_end": max(times),
            "root": root,
            "count": len(readings),
            "min_mc": min(values),
            "max_mc": max(values),
            "mean_mc": coldchain.mean_mc(values),
            "mkt_mc": coldchain.mkt_mc(values),
        },
    )
