"""What a member's own programs keep beside the ledger's copy, and cannot make again from it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from gateway.mirror.tables.base import Text, Time, metadata

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column(
        "tx_id", Text, nullable=False, unique=True, comment="an event is told once, also after a rebuild"
    ),
    sa.Column("topic", Text, nullable=False),
    sa.Column("payload", JSONB, nullable=False),
    sa.Column("created_at", Time, nullable=False, server_default=sa.func.now()),
)

reading = sa.Table(
    "reading",
    metadata,
    sa.Column("device_id", Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("container", Text, nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("value_mc", sa.Integer, nullable=False),
    sa.Column("received_at", Time, nullable=False, server_default=sa.func.now()),
    sa.Column("anchor_id", Text),
    sa.Index(None, "container", "at"),
    sa.Index("ix_reading_unanchored", "container", "at", postgresql_where=sa.text("anchor_id IS NULL")),
    sa.Index("ix_reading_anchor_id", "anchor_id", postgresql_where=sa.text("anchor_id IS NOT NULL")),
)

anchor_submission = sa.Table(
    "anchor_submission",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("arguments", JSONB, nullable=False),
    sa.Column("state", Text, nullable=False, index=True, comment="open, done or refused"),
    sa.Column("transaction_id", Text),
    sa.Column("envelope", sa.LargeBinary),
    sa.Column("refusal", Text),
    sa.Column("created_at", Time, nullable=False, server_default=sa.func.now()),
    sa.Column("settled_at", Time),
)

dead_letter = sa.Table(
    "dead_letter",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("source", Text, nullable=False),
    sa.Column("reason", Text, nullable=False, index=True),
    sa.Column("device_id", Text),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("payload_excerpt", Text, nullable=False),
    sa.Column("received_at", Time, nullable=False, server_default=sa.func.now()),
)
