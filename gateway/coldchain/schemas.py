"""Readings, anchors, excursions and holds as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from gateway.core.fields import Ref, Text
from gateway.core.schemas import CONTAINER, SSCC, TIME_MS, LedgerDocument, Request, Storage

_ANCHOR: dict[str, Any] = {
    "doc": "sensor_anchor",
    "id": "a-095212340000000013-1790000000000",
    "container": SSCC,
    "devices": ["truck-7"],
    "window_start": TIME_MS - 3_600_000,
    "window_end": TIME_MS,
    "root": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "count": 60,
    "min_mc": 4100,
    "max_mc": 6200,
    "mean_mc": 5050,
    "mkt_mc": 5080,
    "anchored_at": TIME_MS,
}


class NewHold(Request):
    """Goods to put on hold, or to release, and why."""

    model_config = ConfigDict(json_schema_extra={"example": {"ref": CONTAINER, "reason": "Seal broken"}})

    ref: Ref
    reason: Text


class Hold(BaseModel):
    """Goods on hold."""

    model_config = ConfigDict(json_schema_extra={"example": {"ref": CONTAINER, "hold": "quarantine"}})

    ref: str
    hold: str | None = None


class Reading(BaseModel):
    """A stored reading; ``at`` in epoch milliseconds, ``anchor_id`` once it is under an anchor."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "device_id": "truck-7",
                "sequence": 17,
                "container": SSCC,
                "at": TIME_MS,
                "value_mc": 5020,
                "received_at": TIME_MS + 900,
                "anchor_id": _ANCHOR["id"],
            }
        }
    )

    device_id: str
    sequence: int
    container: str
    at: int
    value_mc: int
    received_at: int
    anchor_id: str | None = None


class Anchor(LedgerDocument):
    """The Merkle root over a container's readings of a window; ``excursion`` where they left the profile."""

    model_config = ConfigDict(json_schema_extra={"example": _ANCHOR})

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
    excursion: str | None = None


class Excursion(LedgerDocument):
    """Readings that left a container's storage profile."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "doc": "excursion",
                "id": _ANCHOR["id"],
                "container": SSCC,
                "anchor": _ANCHOR["id"],
                "min_mc": 4100,
                "max_mc": 11_300,
                "limit": {"min_mc": 2000, "max_mc": 8000},
                "detected_at": TIME_MS,
            }
        }
    )

    id: str
    container: str
    anchor: str
    min_mc: int
    max_mc: int
    limit: Storage
    detected_at: int
