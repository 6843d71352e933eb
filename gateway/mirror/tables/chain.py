"""The ledger itself: its blocks, their transactions, and how far the mirror is."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gateway.mirror.tables.base import Text, Time, metadata

block = sa.Table(
    "block",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("header_hash", sa.LargeBinary, nullable=False),
    sa.Column("previous_hash", sa.LargeBinary, nullable=False),
    sa.Column("data_hash", sa.LargeBinary, nullable=False),
    sa.Column("transactions", sa.Integer, nullable=False),
    sa.Column("at", Time, nullable=False, comment="of its newest transaction"),
)

# A transaction id sent twice stands in two blocks, the second time invalid: only its place is its key.
ledger_transaction = sa.Table(
    "ledger_transaction",
    metadata,
    sa.Column("block_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("tx_id", Text, nullable=False, index=True),
    sa.Column("type", Text, nullable=False),
    sa.Column("validation_code", sa.SmallInteger, nullable=False),
    sa.Column("creator_msp", Text, nullable=False),
    sa.Column("chaincode", Text, nullable=False),
    sa.Column("function", Text, nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("endorsers", ARRAY(Text), nullable=False),
    sa.Column("event_name", Text),
    sa.Column("event", JSONB),
)

checkpoint = sa.Table(
    "checkpoint",
    metadata,
    sa.Column("channel", Text, primary_key=True),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column("header_hash", sa.LargeBinary, nullable=False),
    sa.Column("block_at", Time, nullable=False),
    sa.Column("mirrored_at", Time, nullable=False),
)
