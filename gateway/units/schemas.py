"""Units as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.core.fields import Gtin, LotNumber, Serial, UnitRef
from gateway.core.schemas import CONTAINER, GLN, GTIN, SERIAL, TIME_MS, TX_ID, UNIT, LedgerDocument, Request

UnitStatus = Literal["commissioned", "dispensed", "decommissioned", "repackaged"]
_UNIT: dict[str, Any] = {
    "doc": "unit",
    "gtin": GTIN,
    "serial": SERIAL,
    "lot": "L2026A",
    "period": 0,
    "tray": SERIAL,
    "status": "commissioned",
    "owner": GLN,
    "owner_msp": "ManufacturerMSP",
    "custodian": GLN,
    "commissioned_at": TIME_MS,
}
_PACKED: dict[str, Any] = {
    **{name: value for name, value in _UNIT.items() if name not in ("owner", "owner_msp", "custodian")},
    "parent": CONTAINER[2:],
}
_STANDING: dict[str, Any] = {"unit": _UNIT, "ancestors": [], "owner": GLN, "custodian": GLN, "held": False}
_STEP: dict[str, Any] = {
    "tx_id": TX_ID,
    "at": "2026-09-21T13:33:20.000Z",
    "step": "commission",
    "ref": UNIT,
    "custodian": GLN,
    "detail": "L2026A",
    "block_number": 42,
    "position": 0,
    "validation_code": 0,
    "creator_msp": "ManufacturerMSP",
    "endorsers": ["ManufacturerMSP", "DistributorMSP", "RegulatorMSP"],
}
_TRACE: dict[str, Any] = {
    **_STANDING,
    "lot": {},
    "product": {},
    "steps": [_STEP],
    "predecessors": [],
    "successors": [],
}


class NewUnits(Request):
    """Serial numbers to commission in a lot; all of them or none.

    Each hundred of them, in their order, make a tray, and so does what is left: a whole tray is packed as
    one. Packing is fastest where what goes into one case is commissioned together.
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"gtin": GTIN, "lot": "L2026A", "serials": [SERIAL, "A1000002"]}}
    )

    gtin: Gtin
    lot: LotNumber
    serials: Annotated[list[Serial], Field(min_length=1, max_length=1000)]


class Commissioned(BaseModel):
    """How many units were commissioned."""

    model_config = ConfigDict(json_schema_extra={"example": {"gtin": GTIN, "lot": "L2026A", "count": 2}})

    gtin: str
    lot: str
    count: int


class NewDispense(Request):
    """Units handed to patients; all of them or none."""

    model_config = ConfigDict(json_schema_extra={"example": {"units": [UNIT]}})

    units: Annotated[list[UnitRef], Field(min_length=1, max_length=200)]


class Dispensed(BaseModel):
    """How many units were dispensed, and by whom."""

    model_config = ConfigDict(json_schema_extra={"example": {"gln": GLN, "count": 1}})

    gln: str
    count: int


class Unit(LedgerDocument):
    """A unit on the ledger; times in epoch milliseconds. Packed, its custody is its container's.

    ``tray`` is the first serial number of its tray, in its first period; ``period`` grows when it leaves its
    tray or is taken out of a container.
    """

    model_config = ConfigDict(json_schema_extra={"example": _UNIT})

    gtin: str
    serial: str
    period: int
    lot: str
    status: str
    parent: str | None = None
    tray: str | None = None
    owner: str | None = None
    owner_msp: str | None = None
    custodian: str | None = None
    offer: str | None = None
    missing: str | None = None
    commissioned_at: int
    dispensed_at: int | None = None
    decommissioning: dict[str, Any] | None = None
    origin: str | None = None
    into: str | None = None


class ListedUnit(Unit):
    """A unit in the mirror; ``held`` where it, what it is in, or its lot at its custodian is on hold."""

    model_config = ConfigDict(json_schema_extra={"example": {**_UNIT, "held": False}})

    held: bool


class UnitStanding(BaseModel):
    """A unit, the containers around it from the inside out, and who has it."""

    model_config = ConfigDict(json_schema_extra={"example": _STANDING})

    unit: Unit
    ancestors: list[dict[str, Any]]
    owner: str
    custodian: str
    held: bool


class Step(BaseModel):
    """One step of a unit's way, with its transaction: id, block, time, and whose peers endorsed it.

    ``ref`` is what it happened to: the unit, or a container that it was in.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _STEP})

    tx_id: str
    at: str
    step: str
    ref: str
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    custodian: str | None = None
    detail: str | None = None
    block_number: int
    position: int
    validation_code: int
    creator_msp: str
    endorsers: list[str]


class Predecessor(BaseModel):
    """A unit that another one was made of by repackaging, and its way until then."""

    model_config = ConfigDict(json_schema_extra={"example": {"ref": UNIT, "steps": [_STEP]}})

    ref: str
    steps: list[Step]


class Successor(BaseModel):
    """A unit that was made of another one by repackaging."""

    model_config = ConfigDict(json_schema_extra={"example": {"ref": UNIT, "status": "commissioned"}})

    ref: str
    status: str


class Trace(UnitStanding):
    """A unit's whole way, oldest step first, its own changes merged with those of its containers.

    ``predecessors`` and ``successors`` are the units that it comes from, and that come from it, by
    repackaging, the nearest first.
    """

    model_config = ConfigDict(json_schema_extra={"example": _TRACE})

    lot: dict[str, Any]
    product: dict[str, Any]
    steps: list[Step]
    predecessors: list[Predecessor]
    successors: list[Successor]


class Version(BaseModel):
    """A committed state of a document; ``at`` in epoch milliseconds."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"tx_id": TX_ID, "at": TIME_MS, "is_delete": False, "doc": _UNIT}}
    )

    tx_id: str
    at: int
    is_delete: bool
    doc: dict[str, Any] | None = None


class History(BaseModel):
    """A document's committed states, oldest first; the newest thousand where there are more."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "items": [
                    {
                        "tx_id": TX_ID,
                        "at": TIME_MS,
                        "is_delete": False,
                        "doc": _PACKED,
                    }
                ]
            }
        }
    )

    items: list[Version]
