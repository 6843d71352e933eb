"""Lots as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from gateway.core.fields import Day, LotNumber
from gateway.core.schemas import GLN, GTIN, TIME_MS, LedgerDocument, Request

_LOT: dict[str, Any] = {"lot": "L2026A", "expiry": "2028-06-30", "manufactured": "2026-06-01"}


class NewLot(Request):
    """A lot to create; it may be used on its expiry date, not after."""

    model_config = ConfigDict(json_schema_extra={"example": _LOT})

    lot: LotNumber
    expiry: Day
    manufactured: Day


class Lot(LedgerDocument):
    """A lot on the ledger; ``created_at`` in epoch milliseconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "doc": "lot",
                "gtin": GTIN,
                **_LOT,
                "manufacturer": GLN,
                "created_at": TIME_MS,
            }
        }
    )

    gtin: str
    lot: str
    manufacturer: str
    expiry: str
    manufactured: str
    created_at: int
