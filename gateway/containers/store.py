"""Containers in the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.mirror.tables import packing


async def with_children(engine: AsyncEngine, containers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Containers with what is in them now: of what was packed, all but what was taken out again."""
    query = select(packing.c.sscc, packing.c.children).where(
        packing.c.sscc.in_([one["sscc"] for one in containers])
    )
    async with engine.connect() as connection:
        packed = {row.sscc: row.children for row in await connection.execute(query)}
    return [_opened(one, packed.get(one["sscc"], [])) for one in containers]


def _opened(container: dict[str, Any], packed: list[str]) -> dict[str, Any]:
    shown = {name: value for name, value in container.items() if name != "taken"}
    gone = set(container["taken"])
    inside = [] if container["status"] == "unpacked" else [ref for ref in packed if ref not in gone]
    return {**shown, "children": inside}
