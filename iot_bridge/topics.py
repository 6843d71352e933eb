"""Names of the broker's topics: one pair for each device, and the subscription that bridges share."""

from __future__ import annotations

_PREFIX = "mediledger/v1/devices/"
_READINGS = "/readings"

# Bridges of one member share the stream: each message reaches one of them.
SHARED_READINGS = f"$share/mediledger-bridge/{_PREFIX}+{_READINGS}"


def readings(device_id: str) -> str:
    """Where a device publishes; the broker lets only that device do so."""
    return f"{_PREFIX}{device_id}{_READINGS}"


def acks(device_id: str) -> str:
    """Where a device hears what became of its readings."""
    return f"{_PREFIX}{device_id}/acks"


def device_of(topic: str) -> str:
    """The device that a readings topic belongs to; ValueError for any other topic."""
    if not topic.startswith(_PREFIX) or not topic.endswith(_READINGS):
        raise ValueError(f"not a topic of readings: {topic!r}")
    return topic[len(_PREFIX) : -len(_READINGS)]
