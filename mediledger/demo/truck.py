"""The truck's sensor: a made journey with one excursion, or a real logger's export."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from iot_bridge.device import DeviceClient, Reading
from iot_bridge.exports import read_export
from mediledger.demo.cast import Storage

MINUTES = 480
EXCURSION_MINUTES = range(300, 320)
SEED = 7


@dataclass(frozen=True)
class Journey:
    """What the sensor recorded; ``source`` says where it comes from, in words for the table."""

    source: str
    readings: Sequence[Reading]


def made(storage: Storage) -> Journey:
    """Eight hours, a reading a minute, ending now; the door stands open for twenty of them."""
    noise = random.Random(SEED)  # noqa: S311 - a picture of a journey, not a secret
    middle = (storage.low + storage.high) * 500
    end = int(time.time() * 1000)
    readings = []
    for minute in range(MINUTES):
        value = middle + 900 * math.sin(minute / 40) + noise.gauss(0, 150)
        if minute in EXCURSION_MINUTES:
            step = minute - EXCURSION_MINUTES.start
            value = storage.high * 1000 + 3500 * math.sin(math.pi * (step + 1) / (len(EXCURSION_MINUTES) + 1))
        readings.append(Reading(minute, end - (MINUTES - minute) * 60_000, round(value)))
    return Journey("made: 8 h, one excursion", readings)


def recorded(path: Path, unit: str) -> Journey:
    """A logger's export (timestamp, value), its values in ``unit``; raises ExportError naming the line."""
    return Journey(f"{path.name} ({unit})", list(read_export(path, unit)))


async def drive(journey: Journey, mqtt: dict[str, str], patience: float) -> int:
    """Publish the journey as the device and wait for the bridge's word that each reading is stored.

    ``mqtt`` holds the device's address and credentials as the API gave them. Returns the number of readings
    acknowledged; raises TimeoutError when some are not after ``patience`` seconds.
    """
    host = urlsplit(f"//{mqtt['host']}:{mqtt['port']}")
    async with DeviceClient(
        f"mqtt://{host.hostname}:{host.port}", mqtt["username"], mqtt["password"]
    ) as device:
        await device.publish(journey.readings)
        return await device.drain(patience)
