"""Users and submissions of the gateway"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("username", name="pk_app_user"),
        sa.CheckConstraint("role in ('operator', 'dispenser', 'auditor', 'admin')", name="ck_app_user_role"),
    )
    op.create_table(
        "submission",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("chaincode", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("worker", sa.Uuid(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("refusal", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("username", "key", name="pk_submission"),
        sa.CheckConstraint("state in ('claimed', 'sent', 'done')", name="ck_submission_state"),
        sa.CheckConstraint(
            "state <> 'sent' or (tx_id is not null and envelope is not null)",
            name="ck_submission_sent_envelope",
        ),
    )
    op.create_index(
        "ix_submission_open", "submission", ["lease_until"], postgresql_where=sa.text("state <> 'done'")
    )
    op.create_index(
        "ix_submission_settled", "submission", ["settled_at"], postgresql_where=sa.text("state = 'done'")
    )


def downgrade() -> None:
    op.drop_table("submission")
    op.drop_table("app_user")
