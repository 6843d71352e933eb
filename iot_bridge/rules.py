"""What a well-formed reading must satisfy to be taken."""

from __future__ import annotations

from dataclasses import dataclass

from chaincode.model import coldchain
from chaincode.model.documents.coldchain import Storage
from iot_bridge.readings import Reading, Reason

# Clocks of loggers drift by seconds; more than this is a clock that was never set.
FUTURE_MS = 5 * 60 * 1000
# From below liquid nitrogen to above an autoclave: what a sensor for medicines can measure at all.
RANGES_MC = {"temperature": (-200_000, 150_000)}


@dataclass(frozen=True, slots=True)
class Device:
    """A device as the mirror has it, with the container that it watches.

    ``storage`` is that container's profile, None where the mirror has no such container yet; ``held``
    whether the container is in quarantine.
    """

    id: str
    gln: str
    kind: str
    status: str
    container: str | None
    storage: Storage | None
    held: bool


def check_device(device: Device | None, gln: str) -> Reason | None:
    """Why readings of a device are not taken by the member ``gln``, None where they are."""
    if device is None or device.gln != gln or device.kind not in RANGES_MC:
        return Reason.DEVICE_UNKNOWN
    if device.status != "active":
        return Reason.DEVICE_INACTIVE
    if device.container is None or device.storage is None:
        return Reason.DEVICE_NOT_ATTACHED
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
    """Whether a reading leaves the storage profile."""
    return coldchain.outside(storage, reading.temperature_mc, reading.temperature_mc)
