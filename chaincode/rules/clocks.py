"""Due times. The ledger has no clock that rings: what is overdue is seen by whoever reads."""

from __future__ import annotations

_HOUR_MS = 3_600_000


def due(now: int, hours: int) -> int:
    """Until when what was asked at ``now`` is answered; epoch milliseconds, as all times here."""
    return now + hours * _HOUR_MS


def overdue(due_at: int, answered_at: int | None, now: int) -> bool:
    """Whether an answer came, or has still not come, after its due time."""
    return (now if answered_at is None else answered_at) > due_at
