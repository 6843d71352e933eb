"""The gateway's own tables; the mirror's are in ``gateway.mirror.tables``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"}
)

app_user = Table(
    "app_user",
    metadata,
    Column("username", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("role in ('operator', 'dispenser', 'auditor', 'admin')", name="role"),
)

# One request that writes. ``claimed``: nothing sent yet; ``sent``: the envelope may have reached the orderer;
# ``done``: the answer is known. A worker holds a row until ``lease_until``, and renews that while it lives.
submission = Table(
    "submission",
    metadata,
    Column("username", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("chaincode", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("worker", Uuid, nullable=False),
    Column("lease_until", DateTime(timezone=True), nullable=False),
    Column("tx_id", Text),
    Column("envelope", LargeBinary),
    Column("result", JSONB),
    Column("block_number", BigInteger),
    Column("refusal", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("settled_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("username", "key"),
    CheckConstraint("state in ('claimed', 'sent', 'done')", name="state"),
    CheckConstraint("state <> 'sent' or (tx_id is not null and envelope is not null)", name="sent_envelope"),
    Index("ix_submission_open", "lease_until", postgresql_where=text("state <> 'done'")),
    Index("ix_submission_settled", "settled_at", postgresql_where=text("state = 'done'")),
)
