"""Rows as the mirror writes them, for a gateway whose mirror does not run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.gateway.desk import GLN, GTIN

AT = dt.datetime(2026, 9, 21, 13, 33, 20, 567_000, dt.UTC)
WRITTEN = {"block_number": 3, "tx_id": "ab" * 32}


async def put(engine: AsyncEngine, table: sa.Table, *rows: dict[str, Any]) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.insert(table), list(rows))


def unit(serial: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "gtin": GTIN,
        "serial": serial,
        "period": 0,
        "lot": "L1",
        "status": "commissioned",
        "parent": None,
        "owner": None,
        "custodian": None,
        "commissioned_at": AT,
    }
    return row | WRITTEN | more


def tray(*serials: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "gtin": GTIN,
        "serial": serials[0],
        "lot": "L1",
        "commissioned_at": AT,
        "serials": serials,
        "gone": [],
    }
    return row | WRITTEN | more


def container(sscc: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sscc": sscc,
        "period": 0,
        "status": "packed",
        "parent": None,
        "owner": None,
        "custodian": None,
        "storage": {"min_mc": 2000, "max_mc": 8000},
        "contents": [],
        "levels": 1,
        "taken": [],
        "packed_at": AT,
        "packed_by": GLN,
    }
    return row | WRITTEN | more
