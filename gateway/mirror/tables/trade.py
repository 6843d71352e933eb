"""Changes of ownership and custody."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.mirror.tables.base import Time, filed, key, text, times

transfer = filed(
    "transfer",
    *key("id"),
    *text("from_gln", "to_gln", "status", index=True),
    *times("offered_at"),
    sa.Column("closed_at", Time),
)
