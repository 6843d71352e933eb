"""Lots, units, containers, what was packed and what is on hold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from gateway.mirror.tables.base import Text, Time, filed, key, metadata, text, times, written

lot = sa.Table(
    "lot",
    metadata,
    *key("gtin", "lot"),
    *text("manufacturer"),
    sa.Column("expiry", sa.Date, nullable=False),
    sa.Column("manufactured", sa.Date, nullable=False),
    sa.Column("origins", JSONB),
    *times("created_at"),
    *written(),
)


def _period() -> sa.Column[int]:
    return sa.Column("period", sa.Integer, nullable=False, comment="the newest; packed if odd")


def _custody() -> list[sa.Column[Any]]:
    """Who owns and has loose goods, in which transfer they are offered, and which they got lost in.

    ``taken_at`` is when they were taken out of a container.
    """
    names = ("owner", "owner_msp", "custodian", "offer", "missing")
    ended = sa.Column(
        "ended", sa.Boolean, comment="of a newest period, only on a ledger that was tampered with"
    )
    return [*(sa.Column(name, Text) for name in names), sa.Column("taken_at", Time), ended]


unit = sa.Table(
    "unit",
    metadata,
    *key("gtin", "serial"),
    _period(),
    *text("lot", "status"),
    sa.Column("parent", Text, comment="SSCC of the container it is in; its custody is then that one's"),
    sa.Column("part", Text, comment="of that one's packing list"),
    *_custody(),
    *times("commissioned_at"),
    sa.Column("dispensed_at", Time),
    sa.Column("decommissioning", JSONB),
    sa.Column("origin", Text, comment="the repackaging that it comes from"),
    sa.Column("into", Text, comment="the repackaging that ended it"),
    *written(),
    sa.Index(None, "parent", postgresql_where=sa.text("parent IS NOT NULL")),
    sa.Index(None, "custodian", "status", postgresql_where=sa.text("custodian IS NOT NULL")),
)

container = sa.Table(
    "container",
    metadata,
    *key("sscc"),
    _period(),
    *text("status"),
    sa.Column("parent", Text, index=True),
    sa.Column("part", Text),
    *_custody(),
    sa.Column("storage", JSONB, nullable=False),
    sa.Column("contents", JSONB, nullable=False),
    sa.Column("levels", sa.Integer, nullable=False),
    sa.Column("parts", JSONB, nullable=False, comment="of its packing list, the SHA-256 of each"),
    sa.Column("taken", JSONB, nullable=False, comment="of its packing list's children, what is out again"),
    sa.Column("decommissioning", JSONB),
    *times("packed_at"),
    *text("packed_by"),
    *written(),
    sa.Index(None, "custodian"),
)

packing = sa.Table(
    "packing",
    metadata,
    *key("sscc", "part"),
    sa.Column("children", JSONB, nullable=False),
    sa.Column("periods", JSONB, nullable=False),
    *text("owner", "msp_id"),
    *written(),
)

repackaging = filed("repackaging", *key("id"), *text("gln"), *times("repackaged_at"))

hold = filed(
    "hold",
    *key("ref"),
    sa.Column("gln", Text, primary_key=True, default="", comment="of a hold on a lot, whose goods of it"),
    *text("status"),
)
