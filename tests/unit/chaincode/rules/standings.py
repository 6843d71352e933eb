"""Goods as they stand, without a ledger."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.standing import Standing
from chaincode.model import gs1

MAKER, OTHER = "9521234000013", "9521234000020"
GTIN = "09521234000013"
SSCC, OUTER = "095212340000000015", "095212340000000022"
UNIT = gs1.unit_ref(GTIN, "S1")
FRIDGE = {"min_mc": 2_000, "max_mc": 8_000}


def unit(*around: Standing, **more: Any) -> Standing:
    """A unit of the maker's, loose or in containers."""
    document: Any = {
        "doc": "unit",
        "gtin": GTIN,
        "serial": "S1",
        "lot": "L",
        "period": 1,
        "status": "commissioned",
        "commissioned_at": 1,
    }
    return Standing(UNIT, document | _held(around) | more, around)


def container(*around: Standing, sscc: str = SSCC, **more: Any) -> Standing:
    """A container of the maker's, loose or in others."""
    document: Any = {
        "doc": "container",
        "sscc": sscc,
        "period": 1,
        "status": "packed",
        "storage": FRIDGE,
        "contents": [{"gtin": GTIN, "lot": "L", "count": 2}],
        "levels": 1,
        "taken": [],
        "packed_at": 1,
        "packed_by": MAKER,
    }
    return Standing(gs1.container_ref(sscc), document | _held(around) | more, around)


def lot(**more: Any) -> Any:
    """A lot."""
    return {
        "doc": "lot",
        "gtin": GTIN,
        "lot": "L",
        "manufacturer": MAKER,
        "expiry": "2026-03-31",
        "manufactured": "2026-01-01",
        "created_at": 1,
    } | more


def _held(around: tuple[Standing, ...]) -> dict[str, Any]:
    if around:
        return {"parent": around[0].ref[2:]}
    return {"owner": MAKER, "owner_msp": "MakerMSP", "custodian": MAKER}
