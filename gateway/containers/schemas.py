"""Containers as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.core.fields import Ref, Sscc
from gateway.core.schemas import GLN, SSCC, TIME_MS, UNIT, LedgerDocument, Request, Storage

ContainerStatus = Literal["packed", "unpacked"]
_STORAGE: dict[str, Any] = {"min_mc": 2000, "max_mc": 8000}
_CONTAINER: dict[str, Any] = {
    "doc": "container",
    "sscc": SSCC,
    "children": [UNIT],
    "status": "packed",
    "owner": GLN,
    "custodian": GLN,
    "storage": _STORAGE,
    "packed_at": TIME_MS,
    "packed_by": GLN,
}


class NewContainer(Request):
    """Loose units and containers to pack into a new container."""

    model_config = ConfigDict(json_schema_extra={"example": {"sscc": SSCC, "children": [UNIT]}})

    sscc: Sscc
    children: Annotated[list[Ref], Field(min_length=1, max_length=1000)]


class Packed(BaseModel):
    """What was packed, and how it must be kept."""

    model_config = ConfigDict(json_schema_extra={"example": {"sscc": SSCC, "count": 1, "storage": _STORAGE}})

    sscc: str
    count: int
    storage: Storage


class Unpacking(Request):
    """What to take out; all where ``children`` is absent."""

    model_config = ConfigDict(json_schema_extra={"example": {"children": [UNIT]}})

    children: Annotated[list[Ref], Field(min_length=1, max_length=1000)] | None = None


class Unpacked(BaseModel):
    """How many were taken out and how many are left."""

    model_config = ConfigDict(json_schema_extra={"example": {"sscc": SSCC, "count": 1, "left": 0}})

    sscc: str
    count: int
    left: int


class Container(LedgerDocument):
    """A container on the ledger; ``packed_at`` in epoch milliseconds, ``children`` as they are inside now."""

    model_config = ConfigDict(json_schema_extra={"example": _CONTAINER})

    sscc: str
    children: list[str]
    status: str
    hold: str | None = None
    hold_reason: str | None = None
    parent: str | None = None
    owner: str | None = None
    custodian: str | None = None
    offer: str | None = None
    storage: Storage
    packed_at: int
    packed_by: str


class ContainerStanding(BaseModel):
    """A container, those around it from the inside out, and who has it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "container": _CONTAINER,
                "ancestors": [],
                "owner": GLN,
                "custodian": GLN,
                "held": False,
            }
        }
    )

    container: Container
    ancestors: list[dict[str, Any]]
    owner: str
    custodian: str
    held: bool
