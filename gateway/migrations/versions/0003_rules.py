"""The documents of the whole law: goods in periods, holds, recalls, cases, governance

The ledger's copy is made anew: its tables are emptied, and the mirror reads the ledger from its first block.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_REPLACED = (
    "party",
    "product",
    "lot",
    "unit",
    "container",
    "transfer",
    "device",
    "sensor_anchor",
    "excursion",
    "parameter",
)
_EMPTIED = ("block", "ledger_transaction", "checkpoint")


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), primary_key=True) for name in names]


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _times(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _json(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, JSONB(), nullable=False) for name in names]


def _create(name: str, *columns: sa.Column[Any]) -> None:
    """A table with the place of its rows' last writes."""
    key = [column.name for column in columns if column.primary_key]
    op.create_table(
        name,
        *columns,
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        *_text("tx_id"),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
    )


def _filed(name: str, *columns: sa.Column[Any]) -> None:
    """A table of whole documents."""
    _create(name, *columns, *_json("document"))


def _index(table: str, *columns: str, where: str | None = None) -> None:
    condition: dict[str, Any] = {} if where is None else {"postgresql_where": sa.text(where)}
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), **condition)


def upgrade() -> None:
    for name in _REPLACED:
        op.drop_table(name)
    op.execute(f"TRUNCATE {', '.join(_EMPTIED)}")
    _registry()
    _goods()
    _cold_chain()
    _cases()


def _registry() -> None:
    _filed("party", *_key("gln"), *_text("name", "msp_id", "role"), *_times("registered_at"))
    _filed("product", *_key("gtin"), *_text("manufacturer", "name", "ndc"), *_times("registered_at"))
    _create("parameter", *_key("name"), *_integers("version"), *_json("value"))
    _filed("proposal", *_key("id"), *_text("status"), *_times("proposed_at", "expires_at"))
    _filed("vote", *_key("proposal", "msp_id"))


def _custody() -> list[sa.Column[Any]]:
    return [
        *_maybe("owner", "owner_msp", "custodian", "offer", "missing"),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
    ]


def _period() -> sa.Column[int]:
    return sa.Column("period", sa.Integer(), nullable=False, comment="the newest")


def _goods() -> None:
    _create(
        "lot",
        *_key("gtin", "lot"),
        *_text("manufacturer"),
        sa.Column("expiry", sa.Date(), nullable=False),
        sa.Column("manufactured", sa.Date(), nullable=False),
        sa.Column("origins", JSONB()),
        *_times("created_at"),
    )
    _create(
        "tray",
        *_key("gtin", "serial"),
        *_text("lot"),
        *_times("commissioned_at"),
        sa.Column("origin", sa.Text(), comment="the repackaging that its units come from"),
        *_json("serials"),
        sa.Column("gone", JSONB(), nullable=False, comment="of its serial numbers, whose units left it"),
        *_maybe("owner", "owner_msp", "custodian"),
        sa.Column("parent", sa.Text(), comment="SSCC of the container it is in, with all that is left in it"),
    )
    _index("tray", "parent", where="parent IS NOT NULL")
    _create(
        "unit",
        *_key("gtin", "serial"),
        _period(),
        *_text("lot", "status"),
        sa.Column("tray", sa.Text(), comment="the first serial number of its tray, in its first period"),
        sa.Column(
            "parent", sa.Text(), comment="SSCC of the container it is in; its custody is then that one's"
        ),
        *_custody(),
        *_times("commissioned_at"),
        sa.Column("dispensed_at", sa.DateTime(timezone=True)),
        sa.Column("decommissioning", JSONB()),
        sa.Column("origin", sa.Text(), comment="the repackaging that it comes from"),
        sa.Column("into", sa.Text(), comment="the repackaging that ended it"),
    )
    _index("unit", "parent", where="parent IS NOT NULL")
    _index("unit", "custodian", "status", where="custodian IS NOT NULL")
    _create(
        "container",
        *_key("sscc"),
        _period(),
        *_text("status"),
        *_maybe("parent"),
        *_custody(),
        *_json("storage", "contents"),
        *_integers("levels"),
        sa.Column(
            "taken",
            JSONB(),
            nullable=False,
            comment="of what was packed, what is out again",
        ),
        sa.Column("decommissioning", JSONB()),
        *_times("packed_at"),
        *_text("packed_by"),
    )
    _index("container", "parent")
    _index("container", "custodian")
    _create(
        "packing",
        *_key("sscc"),
        sa.Column(
            "trays",
            JSONB(),
            nullable=False,
            comment="packed whole, each by GTIN and first serial number",
        ),
        *_json("children"),
    )
    _filed("repackaging", *_key("id"), *_text("gln"), *_times("repackaged_at"))
    _filed(
        "hold",
        *_key("ref"),
        sa.Column("gln", sa.Text(), primary_key=True, comment="of a hold on a lot, whose goods of it"),
        *_text("status"),
    )
    _filed(
        "transfer",
        *_key("id"),
        *_text("from_gln", "to_gln", "status"),
        *_times("offered_at"),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    for column in ("from_gln", "to_gln", "status"):
        _index("transfer", column)


def _cold_chain() -> None:
    _filed(
        "device",
        *_key("id"),
        *_text("gln", "kind", "status"),
        *_maybe("container"),
        *_times("registered_at"),
    )
    _index("device", "container")
    _filed(
        "sensor_anchor",
        *_key("id"),
        *_text("container"),
        *_times("window_start", "window_end"),
        *_integers("count", "min_mc", "max_mc", "mean_mc", "mkt_mc"),
        *_times("anchored_at"),
        *_maybe("excursion"),
    )
    _index("sensor_anchor", "container")
    _filed("container_temperature", *_key("container", "msp_id"))
    _filed("excursion", *_key("id"), *_text("container", "anchor"), *_times("detected_at"))
    _index("excursion", "container")
    _filed("excursion_decision", *_key("id"), *_text("status"))


def _cases() -> None:
    _filed(
        "recall",
        *_key("id"),
        *_text("manufacturer", "gtin"),
        *_maybe("lot"),
        *_text("status"),
        *_times("started_at"),
    )
    _index("recall", "gtin")
    _filed("recall_ack", *_key("recall", "gln"), *_times("acknowledged_at"))
    _filed("recall_check", *_key("recall", "checked", "gln"), *_times("checked_at"))
    _filed(
        "verification",
        *_key("id"),
        *_text("requester", "responder", "gtin", "serial", "status"),
        *_times("requested_at", "due_at"),
    )
    _filed(
        "trace_request",
        *_key("id"),
        *_text("requester", "asked", "status"),
        *_times("requested_at", "due_at"),
    )
    _filed("investigation", *_key("id"), *_text("gln", "gtin", "status"), *_times("opened_at"))
    _filed("sample", *_key("investigation", "ref"), *_times("recorded_at"))
    _filed("high_risk", *_key("id"), *_text("gtin", "manufacturer"), *_times("raised_at"))
    _filed(
        "notification",
        *_key("id"),
        *_text("filer", "gtin", "status"),
        *_times("notify_by", "filed_at"),
    )
    _filed("notification_response", *_key("notification", "gln"), *_times("responded_at"))
    _filed("event_hash", *_key("hash"), *_text("gln"), *_times("anchored_at"))
