"""Temperatures of a cold chain, in milli-degrees Celsius."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from chaincode.model import canonical
from chaincode.model.documents.coldchain import Storage

ABSOLUTE_ZERO_MC = -273_150
# Activation energy 83.144 kJ/mol over the gas constant 8.3144 J/(mol K), in kelvin (USP <1079.2>).
_ENERGY_KELVIN = 83_144 / 8.3144


def reading_leaf(device: str, sequence: int, at_ms: int, value_mc: int) -> bytes:
    """What a reading's leaf in an anchor's Merkle tree is made of: its canonical JSON."""
    return canonical.dumps({"at": at_ms, "device": device, "sequence": sequence, "temperature_mc": value_mc})


def mean_mc(values: Sequence[int]) -> int:
    """The arithmetic mean, rounded half away from zero; ValueError of no values."""
    if not values:
        raise ValueError("no readings")
    total, count = sum(values), len(values)
    return (abs(total) * 2 + count) // (count * 2) * (1 if total >= 0 else -1)


def mkt_mc(values: Sequence[int]) -> int:
    """The mean kinetic temperature of equally spaced readings (USP <1079.2>); ValueError of no values."""
    if not values:
        raise ValueError("no readings")
    kelvins = [(value - ABSOLUTE_ZERO_MC) / 1000 for value in values]
    warmest = max(kelvins)
    if warmest == 0:
        return ABSOLUTE_ZERO_MC
    # Rates relative to the warmest reading's: near absolute zero the rates themselves are too small for a
    # float. At zero there is none.
    least = _ENERGY_KELVIN / warmest
    rates = (math.exp(least - _ENERGY_KELVIN / kelvin) for kelvin in kelvins if kelvin)
    mean = math.fsum(rates) / len(kelvins)
    return round(_ENERGY_KELVIN / (least - math.log(mean)) * 1000) + ABSOLUTE_ZERO_MC


def narrowest(profiles: Iterable[Storage]) -> Storage:
    """The storage profile that satisfies all of ``profiles``; ValueError where there is none."""
    each = list(profiles)
    low, high = max(p["min_mc"] for p in each), min(p["max_mc"] for p in each)
    if low > high:
        raise ValueError(f"no temperature suits all: at least {low} and at most {high} mC")
    return {"min_mc": low, "max_mc": high}


def outside(storage: Storage, min_mc: int, max_mc: int) -> bool:
    """Whether readings from ``min_mc`` to ``max_mc`` leave the profile."""
    return min_mc < storage["min_mc"] or max_mc > storage["max_mc"]
