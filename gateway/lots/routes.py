"""Endpoints for lots."""

from __future__ import annotations

from typing import Any

from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Gtin, LotNumber
from gateway.core.ledger import CUSTODY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.state import Core, CustodyWriter, Written
from gateway.core.submissions import Receipt
from gateway.lots.schemas import Lot, NewLot
from gateway.mirror import tables

router = router_for("/products/{gtin}/lots", "Lots")


@router.post("", status_code=201, summary="Create a lot", response_model=Written[Lot])
async def create(gtin: Gtin, body: NewLot, write: CustodyWriter) -> Receipt:
    """By the product's manufacturer, licensed."""
    return await write.custody("CreateLot", gtin=gtin, **body.model_dump(mode="json"))


@router.get("", summary="List a product's lots", response_model=Page[Lot])
async def list_lots(
    core: Core, _: Reader, gtin: Gtin, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """From this member's mirror, by lot number."""
    return await mirrored.listed(core.engine, tables.lot, [tables.lot.c.gtin == gtin], limit, cursor)


# A lot number may hold a slash, so it takes the rest of the path.
@router.get("/{lot:path}", summary="A lot", response_model=Lot)
async def get(core: Core, _: Reader, gtin: Gtin, lot: LotNumber) -> Any:
    """As it stands on the ledger now."""
    return await core.ledger.evaluate(CUSTODY, "GetLot", {"gtin": gtin, "lot": lot})
