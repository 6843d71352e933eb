"""Readings, anchors, excursions and holds as the API takes and gives them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.core.fields import Digest, Identifier, MilliCelsius, Ref, Text
from gateway.core.schemas import CONTAINER, GLN, SSCC, TIME_MS, UNIT, LedgerDocument, Request, Storage

_ANCHOR: dict[str, Any] = {
    "doc": "sensor_anchor",
    "id": "a-095212340000000013-1790000000000",
    "container": SSCC,
    "msp_id": "DistributorMSP",
    "devices": ["truck-7"],
    "runs": [
        {
            "device": "truck-7",
            "first": 0,
            "last": 59,
            "since": TIME_MS - 3_600_000,
            "until": TIME_MS,
            "outside": 0,
        }
    ],
    "window_start": TIME_MS - 3_600_000,
    "window_end": TIME_MS,
    "root": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "count": 60,
    "min_mc": 4100,
    "max_mc": 6200,
    "mean_mc": 5050,
    "sum_mc": 303_000,
    "rates": "4428b4d1",
    "mkt_mc": 5080,
    "outside_ms": 0,
    "anchored_at": TIME_MS,
}


_DECISION: dict[str, Any] = {
    "doc": "excursion_decision",
    "id": _ANCHOR["id"],
    "status": "open",
    "held": [CONTAINER],
    "missed": [],
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


class NewDecision(Request):
    """What becomes of the goods of an excursion, why, and the SHA-256 of what that rests on."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "decision": "release",
                "reason": "Stability data cover 14 °C for 40 hours",
                "evidence_hash": _ANCHOR["root"],
            }
        }
    )

    decision: Literal["release", "destroy"]
    reason: Text
    evidence_hash: Digest | None = None


class Settlement(Request):
    """Goods that were taken out of a held container."""

    model_config = ConfigDict(json_schema_extra={"example": {"refs": [UNIT]}})

    refs: list[Ref] = Field(min_length=1, max_length=200)


class Settled(BaseModel):
    """How many goods follow the decision."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": _ANCHOR["id"], "status": "released", "count": 1}}
    )

    id: str
    status: str
    count: int


class Proof(Request):
    """A reading, and the hashes from its leaf up to its anchor's root in hexadecimal digits."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "device": "truck-7",
                "sequence": 17,
                "at": TIME_MS,
                "temperature_mc": 5020,
                "path": [_ANCHOR["root"]],
            }
        }
    )

    device: Identifier
    sequence: int = Field(ge=0, lt=2**63)
    at: int = Field(ge=0, le=253_402_300_799_999)
    temperature_mc: MilliCelsius
    path: list[Digest] = Field(max_length=24)


class Verdict(BaseModel):
    """Whether the reading is proved."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"anchor": _ANCHOR["id"], "container": SSCC, "proved": True}}
    )

    anchor: str
    container: str
    proved: bool


class Temperature(BaseModel):
    """What a container went through; most fields are absent while it has no readings.

    ``mkt_mc`` is the mean kinetic temperature over all readings, ``window_mkt_mc`` that over the storage
    profile's window up to the newest one, ``outside_minutes`` the time outside its limits in all.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "container": SSCC,
                "storage": {"min_mc": 2000, "max_mc": 8000},
                "anchors": 12,
                "count": 720,
                "since": TIME_MS - 43_200_000,
                "until": TIME_MS,
                "min_mc": 4100,
                "max_mc": 9300,
                "mean_mc": 5240,
                "mkt_mc": 5330,
                "window_mkt_mc": 5330,
                "outside_minutes": 17,
            }
        }
    )

    container: str
    storage: Storage
    anchors: int
    count: int
    since: int | None = None
    until: int | None = None
    min_mc: int | None = None
    max_mc: int | None = None
    mean_mc: int | None = None
    mkt_mc: int | None = None
    window_mkt_mc: int | None = None
    outside_minutes: int


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
    """The Merkle root over readings of a container; ``excursion`` names the excursion that they are part of.

    The leaves are those of ``runs`` in their order, each all readings of a device from ``first`` to ``last``.
    """

    model_config = ConfigDict(json_schema_extra={"example": _ANCHOR})

    id: str
    container: str
    devices: list[str]
    runs: list[dict[str, Any]]
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


class Decision(LedgerDocument):
    """What was decided of an excursion: ``open``, ``released`` or ``destroyed``.

    ``held`` are the goods on hold, ``missed`` those that could not be, each with the reason.
    """

    model_config = ConfigDict(json_schema_extra={"example": _DECISION})

    id: str
    status: str
    held: list[str]
    missed: list[dict[str, str]]
    gln: str | None = None
    reason: str | None = None
    evidence_hash: str | None = None
    decided_at: int | None = None


class Excursion(LedgerDocument):
    """Readings that a container's storage profile does not allow; read by its id, with its ``decision``.

    ``causes``: ``frozen``, ``range``, ``time`` (outside the limits for longer than allowed in all), ``mkt``.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "doc": "excursion",
                "id": _ANCHOR["id"],
                "container": SSCC,
                "anchor": _ANCHOR["id"],
                "owner": GLN,
                "causes": ["range", "time"],
                "outside_ms": 1_200_000,
                "mkt_mc": 5600,
                "decision": _DECISION,
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
    owner: str
    causes: list[str]
    min_mc: int
    max_mc: int
    outside_ms: int
    mkt_mc: int
    limit: Storage
    detected_at: int
    decision: Decision | None = None
