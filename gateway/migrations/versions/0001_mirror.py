"""The ledger's copy, readings and anchors"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "anchor_submission",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open, done or refused"),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchor_submission")),
    )
    op.create_index(op.f("ix_anchor_submission_state"), "anchor_submission", ["state"], unique=False)
    op.create_table(
        "block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("header_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("data_hash", sa.LargeBinary(), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="of its newest transaction"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_block")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("header_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mirrored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "container",
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("children", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("custodian", sa.Text(), nullable=True),
        sa.Column("offer", sa.Text(), nullable=True),
        sa.Column("min_mc", sa.Integer(), nullable=False),
        sa.Column("max_mc", sa.Integer(), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("packed_by", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sscc", name=op.f("pk_container")),
    )
    op.create_index(op.f("ix_container_custodian"), "container", ["custodian"], unique=False)
    op.create_index(op.f("ix_container_parent"), "container", ["parent"], unique=False)
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("payload_excerpt", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(op.f("ix_dead_letter_reason"), "dead_letter", ["reason"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("gln", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_container"), "device", ["container"], unique=False)
    op.create_table(
        "excursion",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("min_mc", sa.Integer(), nullable=False),
        sa.Column("max_mc", sa.Integer(), nullable=False),
        sa.Column("limit_min_mc", sa.Integer(), nullable=False),
        sa.Column("limit_max_mc", sa.Integer(), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excursion")),
    )
    op.create_index(op.f("ix_excursion_container"), "excursion", ["container"], unique=False)
    op.create_table(
        "ledger_transaction",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("validation_code", sa.SmallInteger(), nullable=False),
        sa.Column("creator_msp", sa.Text(), nullable=False),
        sa.Column("chaincode", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("endorsers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("event_name", sa.Text(), nullable=True),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("block_number", "position", name=op.f("pk_ledger_transaction")),
    )
    op.create_index(op.f("ix_ledger_transaction_tx_id"), "ledger_transaction", ["tx_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=False),
        sa.Column("expiry", sa.Date(), nullable=False),
        sa.Column("manufactured", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gtin", "lot", name=op.f("pk_lot")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False, comment="an event is told once, also after a rebuild"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("tx_id", name=op.f("uq_outbox_tx_id")),
    )
    op.create_table(
        "parameter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_parameter")),
    )
    op.create_table(
        "party",
        sa.Column("gln", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("msp_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("licences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gln", name=op.f("pk_party")),
    )
    op.create_table(
        "product",
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("dosage_form", sa.Text(), nullable=False),
        sa.Column("ndc", sa.Text(), nullable=False),
        sa.Column("container_size", sa.Text(), nullable=False),
        sa.Column("min_mc", sa.Integer(), nullable=False),
        sa.Column("max_mc", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gtin", name=op.f("pk_product")),
    )
    op.create_table(
        "reading",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value_mc", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("anchor_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "sequence", name=op.f("pk_reading")),
    )
    op.create_index(
        "ix_reading_anchor_id",
        "reading",
        ["anchor_id"],
        unique=False,
        postgresql_where=sa.text("anchor_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_reading_container_at"), "reading", ["container", "at"], unique=False)
    op.create_index(
        "ix_reading_unanchored",
        "reading",
        ["container", "at"],
        unique=False,
        postgresql_where=sa.text("anchor_id IS NULL"),
    )
    op.create_table(
        "sensor_anchor",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("devices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("min_mc", sa.Integer(), nullable=False),
        sa.Column("max_mc", sa.Integer(), nullable=False),
        sa.Column("mean_mc", sa.Integer(), nullable=False),
        sa.Column("mkt_mc", sa.Integer(), nullable=False),
        sa.Column("anchored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("excursion", sa.Text(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor_anchor")),
    )
    op.create_index(op.f("ix_sensor_anchor_container"), "sensor_anchor", ["container"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("what", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_gln", sa.Text(), nullable=False),
        sa.Column("to_gln", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("transaction_statement", sa.Boolean(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index(op.f("ix_transfer_from_gln"), "transfer", ["from_gln"], unique=False)
    op.create_index(op.f("ix_transfer_status"), "transfer", ["status"], unique=False)
    op.create_index(op.f("ix_transfer_to_gln"), "transfer", ["to_gln"], unique=False)
    op.create_table(
        "unit",
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column(
            "parent",
            sa.Text(),
            nullable=True,
            comment="SSCC of the container it is in; its custody is then that one's",
        ),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("custodian", sa.Text(), nullable=True),
        sa.Column("offer", sa.Text(), nullable=True),
        sa.Column("commissioned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispensed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gtin", "serial", name=op.f("pk_unit")),
    )
    op.create_index(
        op.f("ix_unit_custodian_status"),
        "unit",
        ["custodian", "status"],
        unique=False,
        postgresql_where=sa.text("custodian IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_unit_parent"),
        "unit",
        ["parent"],
        unique=False,
        postgresql_where=sa.text("parent IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_unit_parent"), table_name="unit", postgresql_where=sa.text("parent IS NOT NULL"))
    op.drop_index(
        op.f("ix_unit_custodian_status"), table_name="unit", postgresql_where=sa.text("custodian IS NOT NULL")
    )
    op.drop_table("unit")
    op.drop_index(op.f("ix_transfer_to_gln"), table_name="transfer")
    op.drop_index(op.f("ix_transfer_status"), table_name="transfer")
    op.drop_index(op.f("ix_transfer_from_gln"), table_name="transfer")
    op.drop_table("transfer")
    op.drop_index(op.f("ix_sensor_anchor_container"), table_name="sensor_anchor")
    op.drop_table("sensor_anchor")
    op.drop_index(
        "ix_reading_unanchored", table_name="reading", postgresql_where=sa.text("anchor_id IS NULL")
    )
    op.drop_index(op.f("ix_reading_container_at"), table_name="reading")
    op.drop_index(
        "ix_reading_anchor_id", table_name="reading", postgresql_where=sa.text("anchor_id IS NOT NULL")
    )
    op.drop_table("reading")
    op.drop_table("product")
    op.drop_table("party")
    op.drop_table("parameter")
    op.drop_table("outbox")
    op.drop_table("lot")
    op.drop_index(op.f("ix_ledger_transaction_tx_id"), table_name="ledger_transaction")
    op.drop_table("ledger_transaction")
    op.drop_index(op.f("ix_excursion_container"), table_name="excursion")
    op.drop_table("excursion")
    op.drop_index(op.f("ix_device_container"), table_name="device")
    op.drop_table("device")
    op.drop_index(op.f("ix_dead_letter_reason"), table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_index(op.f("ix_container_parent"), table_name="container")
    op.drop_index(op.f("ix_container_custodian"), table_name="container")
    op.drop_table("container")
    op.drop_table("checkpoint")
    op.drop_table("block")
    op.drop_index(op.f("ix_anchor_submission_state"), table_name="anchor_submission")
    op.drop_table("anchor_submission")
