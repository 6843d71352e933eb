"""Readings of a cold chain: their leaf in a tree, their summary, the storage profiles they are held against.

Temperatures are milli-degrees Celsius.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaincode.model import canonical, kinetics
from chaincode.model.documents.coldchain import Readings, Storage


def reading_leaf(device: str, sequence: int, at_ms: int, value_mc: int) -> bytes:
    """What a reading's leaf in an anchor's Merkle tree is made of: its canonical JSON."""
    return canonical.dumps({"at": at_ms, "device": device, "sequence": sequence, "temperature_mc": value_mc})


def summary(values: Sequence[int]) -> Readings:
    """What an anchor says of equally spaced readings; ValueError of none."""
    if not values:
        raise ValueError("no readings")
    return {
        "count": len(values),
        "min_mc": min(values),
        "max_mc": max(values),
        "sum_mc": sum(values),
        "rates": f"{sum(map(kinetics.rate, values)):x}",
    }


def merged(parts: Sequence[Readings]) -> Readings:
    """The summary of all that the ``parts``, one or more, summarise."""
    return {
        "count": sum(part["count"] for part in parts),
        "min_mc": min(part["min_mc"] for part in parts),
        "max_mc": max(part["max_mc"] for part in parts),
        "sum_mc": sum(part["sum_mc"] for part in parts),
        "rates": f"{sum(int(part['rates'], 16) for part in parts):x}",
    }


def mean_mc(readings: Readings) -> int:
    """The arithmetic mean, rounded half away from zero."""
    total, count = readings["sum_mc"], readings["count"]
    return (abs(total) * 2 + count) // (count * 2) * (1 if total >= 0 else -1)


def mkt_mc(readings: Readings) -> int:
    """The mean kinetic temperature (USP <1079.2>), to the nearest milli-degree."""
    return kinetics.mean_kinetic_mc(
        int(readings["rates"], 16), readings["count"], readings["min_mc"], readings["max_mc"]
    )


def narrowest(profiles: Iterable[Storage]) -> Storage:
    """The storage profile that satisfies all of ``profiles``, one or more with a temperature in common.

    Time outside the limits is allowed only where every profile allows some. Of two windows for the mean
    kinetic temperature the shorter is the stricter: what every short one satisfies, a long one does.
    """
    each = list(profiles)
    narrow: Storage = {
        "min_mc": max(p["min_mc"] for p in each),
        "max_mc": min(p["max_mc"] for p in each),
    }
    if all("excursion_minutes" in p for p in each):
        narrow["excursion_min_mc"] = max(p["excursion_min_mc"] for p in each)
        narrow["excursion_max_mc"] = min(p["excursion_max_mc"] for p in each)
        narrow["excursion_minutes"] = min(p["excursion_minutes"] for p in each)
    kinetic = [p for p in each if "mkt_max_mc" in p]
    if kinetic:
        narrow["mkt_max_mc"] = min(p["mkt_max_mc"] for p in kinetic)
        narrow["mkt_window_days"] = min(p["mkt_window_days"] for p in kinetic)
    freezing = [p["freeze_mc"] for p in each if "freeze_mc" in p]
    if freezing:
        narrow["freeze_mc"] = max(freezing)
    return narrow


def outside(storage: Storage, value_mc: int) -> bool:
    """Whether a reading is beyond the limits, of which both belong to the inside."""
    return not storage["min_mc"] <= value_mc <= storage["max_mc"]
