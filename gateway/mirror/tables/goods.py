"""Lots, trays of units, units, containers, what was packed and what is on hold."""

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
    return sa.Column("period", sa.Integer, nullable=False, comment="the newest")


def _custody() -> list[sa.Column[Any]]:
    """Who owns and has loose goods, in which transfer they are offered, and which they got lost in.

    ``taken_at`` is when they were taken out of a container.
    """
    names = ("owner", "owner_msp", "custodian", "offer", "missing")
    return [*(sa.Column(name, Text) for name in names), sa.Column("taken_at", Time)]


# A word of SQL's, ``left``, is ``gone`` here.
tray = sa.Table(
    "tray",
    metadata,
    *key("gtin", "serial"),
    *text("lot"),
    *times("commissioned_at"),
    sa.Column("origin", Text, comment="the repackaging that its units come from"),
    sa.Column("serials", JSONB, nullable=False),
    sa.Column("gone", JSONB, nullable=False, comment="of its serial numbers, whose units left it"),
    *(sa.Column(name, Text) for name in ("owner", "owner_msp", "custodian")),
    sa.Column("parent", Text, comment="SSCC of the container it is in, with all that is left in it"),
    *written(),
    sa.Index(None, "parent", postgresql_where=sa.text("parent IS NOT NULL")),
)

# Of a unit in its first period, whose it is and where it is are its tray's to say; the last write is its own.
unit = sa.Table(
    "unit",
    metadata,
    *key("gtin", "serial"),
    _period(),
    *text("lot", "status"),
    sa.Column("tray", Text, comment="the first serial number of its tray, in its first period"),
    sa.Column("parent", Text, comment="SSCC of the container it is in; its custody is then that one's"),
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
    *_custody(),
    sa.Column("storage", JSONB, nullable=False),
    sa.Column("contents", JSONB, nullable=False),
    sa.Column("levels", sa.Integer, nullable=False),
    sa.Column("taken", JSONB, nullable=False, comment="of what was packed, what is out again"),
    sa.Column("decommissioning", JSONB),
    *times("packed_at"),
    *text("packed_by"),
    *written(),
    sa.Index(None, "custodian"),
)

packing = sa.Table(
    "packing",
    metadata,
    *key("sscc"),
    sa.Column("trays", JSONB, nullable=False, comment="packed whole, each by GTIN and first serial number"),
    sa.Column("children", JSONB, nullable=False),
    *written(),
)

repackaging = filed("repackaging", *key("id"), *text("gln"), *times("repackaged_at"))

hold = filed(
    "hold",
    *key("ref"),
    sa.Column("gln", Text, primary_key=True, default="", comment="of a hold on a lot, whose goods of it"),
    *text("status"),
)
