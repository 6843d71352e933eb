"""Tables of a member's database: the ledger's copy, and what the bridge keeps beside it.

Times of the ledger's are its transactions' timestamps. ``block_number`` and ``tx_id`` name the last write.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

# Names that the database would choose otherwise, so that a migration can name them again.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Text = sa.Text
Time = sa.DateTime(timezone=True)


def _written() -> tuple[sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("tx_id", Text, nullable=False),
    )


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

party = sa.Table(
    "party",
    metadata,
    sa.Column("gln", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("msp_id", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
    sa.Column("licences", JSONB, nullable=False),
    sa.Column("registered_at", Time, nullable=False),
    *_written(),
)

product = sa.Table(
    "product",
    metadata,
    sa.Column("gtin", Text, primary_key=True),
    sa.Column("manufacturer", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("strength", Text, nullable=False),
    sa.Column("dosage_form", Text, nullable=False),
    sa.Column("ndc", Text, nullable=False),
    sa.Column("container_size", Text, nullable=False),
    sa.Column("min_mc", sa.Integer, nullable=False),
    sa.Column("max_mc", sa.Integer, nullable=False),
    sa.Column("registered_at", Time, nullable=False),
    *_written(),
)

lot = sa.Table(
    "lot",
    metadata,
    sa.Column("gtin", Text, primary_key=True),
    sa.Column("lot", Text, primary_key=True),
    sa.Column("manufacturer", Text, nullable=False),
    sa.Column("expiry", sa.Date, nullable=False),
    sa.Column("manufactured", sa.Date, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    *_written(),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("gtin", Text, primary_key=True),
    sa.Column("serial", Text, primary_key=True),
    sa.Column("lot", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("hold", Text),
    sa.Column("hold_reason", Text),
    sa.Column("parent", Text, comment="SSCC of the container it is in; its custody is then that one's"),
    sa.Column("owner", Text),
    sa.Column("custodian", Text),
    sa.Column("offer", Text),
    sa.Column("commissioned_at", Time, nullable=False),
    sa.Column("dispensed_at", Time),
    *_written(),
    sa.Index(None, "parent", postgresql_where=sa.text("parent IS NOT NULL")),
    sa.Index(None, "custodian", "status", postgresql_where=sa.text("custodian IS NOT NULL")),
)

container = sa.Table(
    "container",
    metadata,
    sa.Column("sscc", Text, primary_key=True),
    sa.Column("children", JSONB, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("hold", Text),
    sa.Column("hold_reason", Text),
    sa.Column("parent", Text, index=True),
    sa.Column("owner", Text),
    sa.Column("custodian", Text, index=True),
    sa.Column("offer", Text),
    sa.Column("min_mc", sa.Integer, nullable=False),
    sa.Column("max_mc", sa.Integer, nullable=False),
    sa.Column("packed_at", Time, nullable=False),
    sa.Column("packed_by", Text, nullable=False),
    *_written(),
)

transfer = sa.Table(
    "transfer",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("what", JSONB, nullable=False),
    sa.Column("from_gln", Text, nullable=False, index=True),
    sa.Column("to_gln", Text, nullable=False, index=True),
    sa.Column("status", Text, nullable=False, index=True),
    sa.Column("transaction_statement", sa.Boolean, nullable=False),
    sa.Column("offered_at", Time, nullable=False),
    sa.Column("closed_at", Time),
    sa.Column("reason", Text),
    *_written(),
)

device = sa.Table(
    "device",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("gln", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("container", Text, index=True),
    sa.Column("registered_at", Time, nullable=False),
    sa.Column("attached_at", Time),
    *_written(),
)

sensor_anchor = sa.Table(
    "sensor_anchor",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("container", Text, nullable=False, index=True),
    sa.Column("devices", JSONB, nullable=False),
    sa.Column("window_start", Time, nullable=False),
    sa.Column("window_end", Time, nullable=False),
    sa.Column("root", Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("min_mc", sa.Integer, nullable=False),
    sa.Column("max_mc", sa.Integer, nullable=False),
    sa.Column("mean_mc", sa.Integer, nullable=False),
    sa.Column("mkt_mc", sa.Integer, nullable=False),
    sa.Column("anchored_at", Time, nullable=False),
    sa.Column("excursion", Text),
    *_written(),
)

excursion = sa.Table(
    "excursion",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("container", Text, nullable=False, index=True),
    sa.Column("anchor", Text, nullable=False),
    sa.Column("min_mc", sa.Integer, nullable=False),
    sa.Column("max_mc", sa.Integer, nullable=False),
    sa.Column("limit_min_mc", sa.Integer, nullable=False),
    sa.Column("limit_max_mc", sa.Integer, nullable=False),
    sa.Column("detected_at", Time, nullable=False),
    *_written(),
)

parameter = sa.Table(
    "parameter",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("value", JSONB, nullable=False),
    *_written(),
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

# Everything above is the ledger's and can be made again from it; what follows is not.
MIRRORED = tuple(metadata.sorted_tables)

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
