"""Endpoints for units."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Gln, Gtin, LotNumber, Serial
from gateway.core.holds import with_holds
from gateway.core.ledger import CUSTODY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.state import Core, CustodyWriter, DispenseWriter, Written
from gateway.core.submissions import Receipt
from gateway.mirror import tables
from gateway.units import service, store
from gateway.units.schemas import (
    Commissioned,
    Dispensed,
    History,
    ListedUnit,
    NewDispense,
    NewUnits,
    Trace,
    UnitStanding,
    UnitStatus,
)

router = APIRouter()
_units = router_for("/units", "Units")
_commissions = router_for("/commissions", "Units")
_dispenses = router_for("/dispenses", "Units")


@_commissions.post("", status_code=201, summary="Commission units", response_model=Written[Commissioned])
async def commission(body: NewUnits, write: CustodyWriter) -> Receipt:
    """Up to a thousand units of a lot, all or none; by the product's manufacturer, licensed."""
    return await write.custody("Commission", **body.model_dump())


@_dispenses.post("", status_code=201, summary="Dispense units", response_model=Written[Dispensed])
async def dispense(body: NewDispense, write: DispenseWriter) -> Receipt:
    """Up to 200 loose units in this member's custody, all or none; by a licensed dispenser."""
    return await write.custody("Dispense", gln=write.gln, units=body.units)


@_units.get("", summary="List units", response_model=Page[ListedUnit])
async def list_units(
    core: Core,
    _: Reader,
    gtin: Gtin | None = None,
    lot: LotNumber | None = None,
    status: UnitStatus | None = None,
    custodian: Gln | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """From this member's mirror, by GTIN and serial number.

    ``custodian`` finds loose units and those in containers in that party's custody alike.
    """
    unit = tables.unit.c
    given = {unit.gtin: gtin, unit.lot: lot, unit.status: status}
    where = [column == value for column, value in given.items() if value is not None]
    if custodian:
        where.append(store.in_custody_of(custodian))
    page = await mirrored.listed(core.engine, tables.unit, where, limit, cursor)
    return {**page, "items": await with_holds(core.engine, page["items"])}


# A serial number may hold a slash, so it takes the rest of the path, but for these two endings.
@_units.get("/{gtin}/{serial:path}/trace", summary="Trace a unit", response_model=Trace)
async def trace(core: Core, _: Reader, gtin: Gtin, serial: Serial) -> dict[str, Any]:
    """Every step of its custody from the ledger, with transaction id, block, time and endorsing members."""
    return await service.trace(core, gtin, serial)


@_units.get("/{gtin}/{serial:path}/history", summary="A unit's history", response_model=History)
async def history(core: Core, _: Reader, gtin: Gtin, serial: Serial) -> Any:
    """Every committed state of the unit, in its tray and in every period after."""
    question = {"key_type": "unit", "attributes": [gtin, serial]}
    return await core.ledger.evaluate(CUSTODY, "History", question)


@_units.get("/{gtin}/{serial:path}", summary="A unit", response_model=UnitStanding)
async def get(core: Core, _: Reader, gtin: Gtin, serial: Serial) -> Any:
    """As it stands on the ledger now, with its containers and who has it."""
    return await core.ledger.evaluate(CUSTODY, "GetUnit", {"gtin": gtin, "serial": serial})


for part in (_commissions, _dispenses, _units):
    router.include_router(part)
