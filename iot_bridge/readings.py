"""What a sensor measured, and why a reading is not taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_SEQUENCE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement.

    Attributes:
        sequence: the device's own count, from 0; never used for two readings.
        at: epoch milliseconds by the device's clock.
        temperature_mc: milli-degrees Celsius.
    """

    sequence: int
    at: int
    temperature_mc: int


class Reason(StrEnum):
    """Why a payload or a reading is a dead letter; the device hears it as ``code``."""

    PAYLOAD_TOO_LARGE = "payload_too_large"
    PAYLOAD_MALFORMED = "payload_malformed"
    BATCH_TOO_LARGE = "batch_too_large"
    READING_MALFORMED = "reading_malformed"
    SEQUENCE_INVALID = "sequence_invalid"
    SEQUENCE_CONFLICT = "sequence_conflict"
    OUT_OF_RANGE = "out_of_range"
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"
    DEVICE_UNKNOWN = "device_unknown"
    DEVICE_INACTIVE = "device_inactive"
    DEVICE_NOT_ATTACHED = "device_not_attached"
