"""Units in the mirror."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from gateway.mirror.tables import container, unit


def in_custody_of(gln: str) -> ColumnElement[bool]:
    """Loose units that ``gln`` has, and those in containers, however deep, whose outermost one it has."""
    held = (
        select(container.c.sscc)
        .where(container.c.custodian == gln, container.c.parent.is_(None))
        .cte(recursive=True)
    )
    held = held.union(select(container.c.sscc).where(container.c.parent == held.c.sscc))
    return or_(unit.c.custodian == gln, unit.c.parent.in_(select(held.c.sscc)))
