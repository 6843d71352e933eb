"""What a well-formed reading must satisfy to be taken."""

from __future__ import annotations

from dataclasses import dataclass

from chaincode.model import coldchain
from chaincode.model.documents.coldchain import Storage
from iot_bridge.readings import Reading, Reason

# Clocks of loggers drift by seconds; more than this is a clock that was never set.
FUTURE_MS = 5 * 60 * 1000
# What the consortium's parameter sensor_clock_seconds is until it votes for another.
CLOCK_MS = 5 * 60 * 1000
# From below liquid nitrogen to above an autoclave: what a sensor for medicines can measure at all.
RANGES_MC = {"temperature": (-200_000, 150_000)}


@dataclass(frozen=True, slots=True)
class Watch:
    """A container that a device watches from ``since`` to ``until``, epoch milliseconds; None: it still does.

    ``held`` is whether the container is in quarantine.
    """

    container: str
    since: int
    until: int | None
    storage: Storage
    held: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A device as the mirror has it; ``watches`` of containers that the mirror has too, the newest first."""

    id: str
    gln: str
    kind: str
    status: str
    watches: tuple[Watch, ...]

    @property
    def watching(self) -> bool:
        """Whether it watches something now."""
        return any(watch.until is None for watch in self.watches)


def check_device(device: Device | None, gln: str) -> Reason | None:
    """Why readings of a device are not taken by the member ``gln``, None where they are."""
    if device is None or device.gln != gln or device.kind not in RANGES_MC:
        return Reason.DEVICE_UNKNOWN
    if device.status != "active":
        return Reason.DEVICE_INACTIVE
    return None


def watch_of(device: Device, at: int) -> Watch | None:
    """The watch that a reading belongs to, None where it was taken outside of all.

    Around a change of containers it is the one in whose time it was; the ledger lets clocks be off by as much
    as ``CLOCK_MS`` before and after.
    """
    for slack in (0, CLOCK_MS):
        for watch in device.watches:
            if watch.since - slack <= at and (watch.until is None or at <= watch.until + slack):
                return watch
    return None


def check_reading(reading: Reading, kind: str, now_ms: int, oldest_ms: int | None) -> Reason | None:
    """Why a reading is not taken, None where it is; older than ``oldest_ms`` (None: any age) is too old."""
    least, most = RANGES_MC[kind]
    if not least <= reading.temperature_mc <= most:
        return Reason.OUT_OF_RANGE
    if reading.at > now_ms + FUTURE_MS:
        return Reason.IN_FUTURE
    if oldest_ms is not None and reading.at < now_ms - oldest_ms:
        return Reason.TOO_OLD
    return None


def is_excursion(reading: Reading, storage: Storage) -> bool:
    """Whether a reading is beyond the limits of the storage profile."""
    return coldchain.outside(storage, reading.temperature_mc)
