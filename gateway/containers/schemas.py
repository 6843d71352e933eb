"""Containers as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.core.fields import Ref, Sscc
from gateway.core.schemas import GLN, GTIN, SSCC, TIME_MS, UNIT, LedgerDocument, Request, Storage

ContainerStatus = Literal["packed", "unpacked", "decommissioned"]
_STORAGE: dict[str, Any] = {"min_mc": 2000, "max_mc": 8000}
_CONTAINER: dict[str, Any] = {
    "doc": "container",
    "sscc": SSCC,
    "period": 0,
    "children": [UNIT],
    "contents": [{"gtin": GTIN, "lot": "L2026A", "count": 1}],
    "levels": 1,
    "status": "packed",
    "owner": GLN,
    "owner_msp": "ManufacturerMSP",
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


class Content(BaseModel):
    """How many packs of a lot are somewhere inside."""

    model_config = ConfigDict(json_schema_extra={"example": {"gtin": GTIN, "lot": "L2026A", "count": 1}})

    gtin: str
    lot: str
    count: int


class Container(LedgerDocument):
    """A container on the ledger; ``packed_at`` in epoch milliseconds, ``children`` as they are inside now.

    ``period`` grows when it is taken out of another one. ``contents`` counts the packs at all levels,
    ``levels`` is how many containers deep it is packed.
    """

    model_config = ConfigDict(json_schema_extra={"example": _CONTAINER})

    sscc: str
    period: int
    children: list[str]
    contents: list[Content]
    levels: int
    status: str
    parent: str | None = None
    owner: str | None = None
    owner_msp: str | None = None
    custodian: str | None = None
    offer: str | None = None
    missing: str | None = None
    storage: Storage
    decommissioning: dict[str, Any] | None = None
    packed_at: int
    packed_by: str


class ListedContainer(Container):
    """A container in the mirror; ``held`` where it, or something around or inside it, is on hold."""

    model_config = ConfigDict(json_schema_extra={"example": {**_CONTAINER, "held": False}})

    held: bool


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
