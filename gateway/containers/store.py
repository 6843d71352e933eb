"""Containers in the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from chaincode.model import gs1
from gateway.mirror.tables import packing, tray


async def with_children(engine: AsyncEngine, containers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Containers with what is in them now: of what was packed, all but what was taken out again.

    Of the trays that a packing list names, those count that say themselves that they are in the container.
    """
    ssccs = [one["sscc"] for one in containers]
    lists = select(packing.c.sscc, packing.c.trays, packing.c.children).where(packing.c.sscc.in_(ssccs))
    trays = select(tray).where(tray.c.parent.in_(ssccs))
    async with engine.connect() as connection:
        listed = {row.sscc: row for row in await connection.execute(lists)}
        inside: dict[tuple[str, ...], list[str]] = {
            (row.parent, row.gtin, row.serial): _remaining(row.gtin, row.serials, row.gone)
            for row in await connection.execute(trays)
        }
    packed: dict[str, list[str]] = {
        sscc: [
            *(ref for place in row.trays for ref in inside.get((sscc, *place), ())),
            *row.children,
        ]
        for sscc, row in listed.items()
    }
    return [_opened(one, packed.get(one["sscc"], [])) for one in containers]


def _remaining(gtin: str, serials: Sequence[str], gone: Sequence[str]) -> list[str]:
    """The refs of the packs that are in a tray still."""
    left = set(gone)
    return [gs1.unit_ref(gtin, serial) for serial in serials if serial not in left]


def _opened(container: dict[str, Any], packed: Sequence[str]) -> dict[str, Any]:
    shown = {name: value for name, value in container.items() if name != "taken"}
    taken = set(container["taken"])
    inside = [] if container["status"] == "unpacked" else [ref for ref in packed if ref not in taken]
    return {**shown, "children": inside}
