"""Readings in this member's database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core import pages
from gateway.core.mirrored import document
from gateway.mirror.tables import reading


async def readings(
    engine: AsyncEngine,
    where: ColumnElement[bool],
    since_ms: int | None,
    until_ms: int | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """A page of readings in the order of their times, from ``since_ms`` up to before ``until_ms``."""
    query = select(*reading.columns).where(where)
    if since_ms is not None:
        query = query.where(reading.c.at >= _time(since_ms))
    if until_ms is not None:
        query = query.where(reading.c.at < _time(until_ms))
    order = (reading.c.at, reading.c.device_id, reading.c.sequence)
    rows, following = await pages.page(engine, query, order, limit, cursor)
    return pages.answer([_reading(row) for row in rows], following)


def _reading(row: Any) -> dict[str, Any]:
    made = document(reading, row)
    # Readings are this member's own, not documents of the ledger.
    del made["doc"]
    return made


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
