"""A small supply chain as ledger documents: who made, shipped, received, measured and dispensed what."""

from __future__ import annotations

from typing import Any

from tests.support.chain import START_MS

MAKER, WHOLESALER, PHARMACY = "9501101530003", "9501101530010", "9501101530027"
NAMES = {MAKER: "Alder Pharma", WHOLESALER: "Birch Distribution", PHARMACY: "Cedar <Pharmacy> & Co"}
ROLES = {MAKER: "manufacturer", WHOLESALER: "wholesaler", PHARMACY: "dispenser"}
GTIN = "09501101530010"
HOUR = 3_600_000
COLD = {"min_mc": 2000, "max_mc": 8000}


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR)


def parties() -> list[dict[str, Any]]:
    return [
        {
            "doc": "party",
            "gln": gln,
            "name": name,
            "msp_id": "M",
            "role": ROLES[gln],
            "licences": [],
            "registered_at": START_MS,
        }
        for gln, name in NAMES.items()
    ]


def product(gtin: str = GTIN, name: str = "Insulin 100 IU/ml") -> dict[str, Any]:
    return {
        "doc": "product",
        "gtin": gtin,
        "manufacturer": MAKER,
        "name": name,
        "strength": "100 IU/ml",
        "dosage_form": "injection",
        "ndc": "99999-0100-10",
        "container_size": "10 ml",
        "storage": COLD,
        "registered_at": START_MS,
    }


def container(sscc: str, **changes: Any) -> dict[str, Any]:
    made = {
        "doc": "container",
        "sscc": sscc,
        "period": 0,
        "status": "packed",
        "storage": COLD,
        "contents": [],
        "levels": 1,
        "taken": [],
        "packed_at": at(2),
        "packed_by": MAKER,
        "owner": MAKER,
        "custodian": MAKER,
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def hold(ref: str, **changes: Any) -> dict[str, Any]:
    return {"doc": "hold", "ref": ref, "status": "quarantine", "inside": []} | changes


def transfer(
    number: str,
    what: list[str],
    sender: str,
    receiver: str,
    offered: float,
    closed: float | None,
    **changes: Any,
) -> dict[str, Any]:
    made = {
        "doc": "transfer",
        "id": number,
        "what": what,
        "from": sender,
        "to": receiver,
        "status": "offered" if closed is None else "accepted",
        "offered_at": at(offered),
    }
    return made | ({} if closed is None else {"closed_at": at(closed)}) | changes


def anchor(number: str, sscc: str, start: float, count: int, low: int, high: int) -> dict[str, Any]:
    left = low < COLD["min_mc"] or high > COLD["max_mc"]
    return {
        "doc": "sensor_anchor",
        "id": number,
        "container": sscc,
        "devices": ["truck"],
        "window_start": at(start),
        "window_end": at(start + 1),
        "root": "00",
        "count": count,
        "min_mc": low,
        "max_mc": high,
        "mean_mc": (low + high) // 2,
        "mkt_mc": (low + high) // 2,
        "anchored_at": at(start + 1),
    } | ({"excursion": number} if left else {})
