"""Recalls, verifications, investigations and what parties say of them, each with its clock."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.mirror.tables.base import Text, filed, key, text, times

recall = filed(
    "recall",
    *key("id"),
    *text("manufacturer"),
    *text("gtin", index=True),
    sa.Column("lot", Text),
    *text("status"),
    *times("started_at"),
)

recall_ack = filed("recall_ack", *key("recall", "gln"), *times("acknowledged_at"))

recall_check = filed("recall_check", *key("recall", "checked", "gln"), *times("checked_at"))

verification = filed(
    "verification",
    *key("id"),
    *text("requester", "responder", "gtin", "serial", "status"),
    *times("requested_at", "due_at"),
)

trace_request = filed(
    "trace_request", *key("id"), *text("requester", "asked", "status"), *times("requested_at", "due_at")
)

investigation = filed("investigation", *key("id"), *text("gln", "gtin", "status"), *times("opened_at"))

sample = filed("sample", *key("investigation", "ref"), *times("recorded_at"))

high_risk = filed("high_risk", *key("id"), *text("gtin", "manufacturer"), *times("raised_at"))

notification = filed(
    "notification", *key("id"), *text("filer", "gtin", "status"), *times("notify_by", "filed_at")
)

notification_response = filed("notification_response", *key("notification", "gln"), *times("responded_at"))

event_hash = filed("event_hash", *key("hash"), *text("gln"), *times("anchored_at"))
