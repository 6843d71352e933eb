"""Storage profiles, sensors, and what they recorded."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Storage(TypedDict):
    """Temperatures at which goods may be kept, both ends allowed."""

    min_mc: int
    max_mc: int


class Device(TypedDict):
    doc: Literal["device"]
    id: str
    gln: str
    kind: Literal["temperature"]
    status: Literal["active"]
    registered_at: int
    container: NotRequired[str]
    attached_at: NotRequired[int]


class SensorAnchor(TypedDict):
    """The Merkle root over a container's readings of a window; ``excursion`` where they left the profile."""

    doc: Literal["sensor_anchor"]
    id: str
    container: str
    devices: list[str]
    window_start: int
    window_end: int
    root: str
    count: int
    min_mc: int
    max_mc: int
    mean_mc: int
    mkt_mc: int
    anchored_at: int
    excursion: NotRequired[str]


class Excursion(TypedDict):
    doc: Literal["excursion"]
    id: str
    container: str
    anchor: str
    min_mc: int
    max_mc: int
    limit: Storage
    detected_at: int
