"""Rows of the table ``anchor_submission``: what is to be written on the ledger, and how far it came."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from iot_bridge.database import Connection

# Whoever submits a member's anchors holds this lock of its database's session.
LOCK = 0x4D4C_4942
LONGEST_REFUSAL = 1000

# An excursion of a container that is not in quarantine yet goes before all others. All anchors of a container
# write its record of temperatures, so one at a time is under way.
_OPEN = """
    SELECT id, arguments, transaction_id, envelope, age FROM (
        SELECT DISTINCT ON (arguments ->> 'container') id, arguments, transaction_id, envelope, created_at,
               now() - created_at AS age,
               (NOT EXISTS (SELECT FROM hold WHERE ref = '00' || container.sscc AND hold.status <> 'cleared')
                AND ((arguments ->> 'min_mc')::int < (container.storage ->> 'min_mc')::int
                     OR (arguments ->> 'max_mc')::int > (container.storage ->> 'max_mc')::int)
               ) IS NOT TRUE AS calm
        FROM anchor_submission LEFT JOIN container ON container.sscc = arguments ->> 'container'
        WHERE state = 'open' AND NOT id = ANY(%s) AND NOT arguments ->> 'container' = ANY(%s)
        ORDER BY arguments ->> 'container', calm, created_at, id
    ) AS first
    ORDER BY calm, created_at, id LIMIT %s
"""


@dataclass(frozen=True)
class Submission:
    """An anchor to write; ``envelope`` is the signed transaction that may have been sent already."""

    id: str
    arguments: dict[str, Any]
    transaction_id: str | None
    envelope: bytes | None
    age_seconds: float


async def lock(connection: Connection) -> bool:
    """Try to become the one that submits; the lock ends with the connection."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def open_ones(
    connection: Connection, resting: Collection[str], busy: Collection[str], limit: int
) -> list[Submission]:
    """The next to work on, one of a container; none of those ``resting`` and of no ``busy`` container."""
    cursor = await connection.execute(_OPEN, (list(resting), list(busy), limit))
    return [
        Submission(
            row[0], row[1], row[2], bytes(row[3]) if row[3] is not None else None, row[4].total_seconds()
        )
        for row in await cursor.fetchall()
    ]


async def count_open(connection: Connection) -> int:
    """How many wait."""
    cursor = await connection.execute("SELECT count(*) FROM anchor_submission WHERE state = 'open'")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def sending(connection: Connection, anchor_id: str, transaction_id: str, envelope: bytes) -> None:
    """Keep the signed envelope, before it is sent."""
    await connection.execute(
        "UPDATE anchor_submission SET transaction_id = %s, envelope = %s WHERE id = %s AND state = 'open'",
        (transaction_id, envelope, anchor_id),
    )


async def done(connection: Connection, anchor_id: str, transaction_id: str | None) -> None:
    """It is on the ledger, by ``transaction_id`` where that is known."""
    await connection.execute(
        "UPDATE anchor_submission SET state = 'done', envelope = NULL, settled_at = now(),"
        " transaction_id = coalesce(%s, transaction_id) WHERE id = %s",
        (transaction_id, anchor_id),
    )


async def refused(connection: Connection, anchor_id: str, refusal: str) -> None:
    """The ledger does not take it, for good."""
    await connection.execute(
        "UPDATE anchor_submission SET state = 'refused', envelope = NULL, settled_at = now(), refusal = %s"
        " WHERE id = %s",
        (refusal[:LONGEST_REFUSAL], anchor_id),
    )
