"""Which goods of a list are on hold, as the mirror has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chaincode.model import gs1
from gateway.mirror.tables import container, hold

# Deeper than chaincode packs anything: a forged ring of containers must not be followed for ever.
MAX_DEPTH = 16
# A ref, and for a lot whose goods of it.
Held = tuple[str, str]


async def with_holds(engine: AsyncEngine, goods: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Units and containers as the mirror has them, each with ``held``.

    Something is held where there is a hold on it, on something around or inside it, or, of a unit, on what
    its custodian has of its lot.
    """
    async with engine.connect() as connection:
        around = await _around(connection, [one["parent"] for one in goods if "parent" in one])
        over = [_over(one, around) for one in goods]
        asked = sorted({name for names in over for name in names})
        query = select(hold.c.ref, hold.c.gln, hold.c.status, hold.c.document).where(
            tuple_(hold.c.ref, hold.c.gln).in_(asked)
        )
        rows = (await connection.execute(query)).all() if asked else []
    claimed = {(row.ref, row.gln) for row in rows if row.status != "cleared"}
    marked = {(row.ref, row.gln) for row in rows if row.document["inside"]}
    return [
        {**one, "held": bool(claimed.intersection(names)) or names[0] in marked}
        for one, names in zip(goods, over, strict=True)
    ]


def _over(goods: Mapping[str, Any], around: Mapping[str, Mapping[str, Any]]) -> list[Held]:
    """The names of the holds that would concern goods, their own first."""
    outer = goods
    names: list[Held] = [(_ref(goods), "")]
    for _ in range(MAX_DEPTH):
        if outer.get("parent") not in around:
            break
        outer = around[outer["parent"]]
        names.append((_ref(outer), ""))
    if goods["doc"] == "unit" and "custodian" in outer:
        names.append((gs1.lot_ref(goods["gtin"], goods["lot"]), outer["custodian"]))
    return names


def _ref(goods: Mapping[str, Any]) -> str:
    if goods["doc"] == "unit":
        return gs1.unit_ref(goods["gtin"], goods["serial"])
    return gs1.container_ref(goods["sscc"])


async def _around(connection: AsyncConnection, parents: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The containers of these SSCCs and those around them, by SSCC."""
    found: dict[str, dict[str, Any]] = {}
    level = set(parents)
    for _ in range(MAX_DEPTH):
        if not level:
            break
        query = select(container.c.sscc, container.c.parent, container.c.custodian).where(
            container.c.sscc.in_(level)
        )
        rows = (await connection.execute(query)).all()
        for row in rows:
            named = {"doc": "container", "sscc": row.sscc, "parent": row.parent, "custodian": row.custodian}
            found[row.sscc] = {name: value for name, value in named.items() if value is not None}
        level = {row.parent for row in rows if row.parent is not None} - found.keys()
    return found
