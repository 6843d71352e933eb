"""What the bridge did since it started, and what waits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counters:
    """Readings unless said otherwise.

    Attributes:
        messages: MQTT messages received.
        received: readings in them, bad ones too.
        stored: written to the database.
        duplicates: came again as they were.
        deferred: left unanswered, for their device to send again: it is not known yet.
        dead_letters: payloads and readings refused, by reason.
        overflow: messages that the broker sent beyond what it may; they are left unacknowledged.
        anchors, excursions, refused_anchors: by the ledger's answer.
    """

    messages: int = 0
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    deferred: int = 0
    overflow: int = 0
    anchors: int = 0
    excursions: int = 0
    refused_anchors: int = 0
    dead_letters: Counter[str] = field(default_factory=Counter)


@dataclass
class Status:
    """What the bridge stands on, as last seen; ``ledger`` is the last submission's experience."""

    broker: bool = False
    database: bool = False
    ledger: bool = True


def report(
    counters: Counters, status: Status, queued: int, unanchored: int, submitting: int
) -> tuple[bool, dict[str, Any]]:
    """Ready or not, and what ``GET /health`` tells. A ledger that is away makes anchors wait, no more."""
    told: dict[str, Any] = {
        **vars(counters),
        **vars(status),
        "backlog": {"messages": queued, "readings": unanchored, "anchors": submitting},
    }
    return status.broker and status.database, told
