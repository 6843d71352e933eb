"""Sensors, what they recorded, and what was decided of it."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.mirror.tables.base import Text, filed, key, text, times

device = filed(
    "device",
    *key("id"),
    *text("gln", "kind", "status"),
    sa.Column("container", Text, index=True),
    *times("registered_at"),
)

sensor_anchor = filed(
    "sensor_anchor",
    *key("id"),
    *text("container", index=True),
    *times("window_start", "window_end"),
    *[
        sa.Column(name, sa.Integer, nullable=False)
        for name in ("count", "min_mc", "max_mc", "mean_mc", "mkt_mc")
    ],
    *times("anchored_at"),
    sa.Column("excursion", Text),
)

container_temperature = filed("container_temperature", *key("container", "msp_id"))

excursion = filed(
    "excursion", *key("id"), *text("container", index=True), *text("anchor"), *times("detected_at")
)

excursion_decision = filed("excursion_decision", *key("id"), *text("status"))
