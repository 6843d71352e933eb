"""Parties, products, and what the consortium agreed on."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from gateway.mirror.tables.base import filed, key, metadata, text, times, written

party = filed("party", *key("gln"), *text("name", "msp_id", "role"), *times("registered_at"))

product = filed("product", *key("gtin"), *text("manufacturer", "name", "ndc"), *times("registered_at"))

parameter = sa.Table(
    "parameter",
    metadata,
    *key("name"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("value", JSONB, nullable=False),
    *written(),
)

proposal = filed("proposal", *key("id"), *text("status"), *times("proposed_at", "expires_at"))

vote = filed("vote", *key("proposal", "msp_id"))
