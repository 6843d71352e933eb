"""Containers in the mirror."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Select, Table, Text, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from chaincode.model import gs1, keys
from chaincode.model.packing import part_keys
from gateway.mirror.tables import container, packing, unit


async def never_packed(engine: AsyncEngine, refs: Sequence[str]) -> bool:
    """Whether the mirror has all goods that ``refs`` name in their first period."""
    parsed = [gs1.parse_ref(ref) for ref in refs]
    serials: dict[str, list[str]] = {}
    for one in parsed:
        if isinstance(one, gs1.UnitRef):
            serials.setdefault(one.gtin, []).append(one.serial)
    ssccs = [one.sscc for one in parsed if isinstance(one, gs1.ContainerRef)]
    queries = [
        _first(unit).where(unit.c.gtin == gtin, _among(unit.c.serial, several))
        for gtin, several in serials.items()
    ]
    queries.append(_first(container).where(_among(container.c.sscc, ssccs)))
    async with engine.connect() as connection:
        found = [await connection.scalar(query) or 0 for query in queries]
    return sum(found) == len(set(parsed))


def _first(goods: Table) -> Select[int]:
    return select(func.count()).select_from(goods).where(goods.c.period == 0)


def _among(column: Column[Any], values: Sequence[str]) -> ColumnElement[bool]:
    """As ``in_``, with one parameter for a thousand values."""
    return column == any_(literal(values, ARRAY(Text)))


async def with_children(engine: AsyncEngine, containers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Containers with what is in them now: of what was packed, all but what was taken out again."""
    query = select(packing.c.sscc, packing.c.part, packing.c.children).where(
        packing.c.sscc.in_([one["sscc"] for one in containers])
    )
    async with engine.connect() as connection:
        rows = await connection.execute(query)
        parts = {keys.packing_key(row.sscc, row.part): row.children for row in rows}
    return [_opened(one, parts) for one in containers]


def _opened(container: dict[str, Any], parts: Mapping[str, list[str]]) -> dict[str, Any]:
    packed = chain.from_iterable(parts.get(key, ()) for key in part_keys(container))
    shown = {name: value for name, value in container.items() if name != "taken"}
    gone = set(container["taken"])
    inside = [] if container["status"] == "unpacked" else [ref for ref in packed if ref not in gone]
    return {**shown, "children": inside}
