"""The bridge's tables: readings, dead letters, anchors that wait (``gateway.mirror.tables`` defines them).

Every function works on a connection within a transaction that the caller opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson
from psycopg.types.json import Jsonb

from chaincode.model.documents.coldchain import Storage
from iot_bridge.anchors import MAX_READINGS, Anchor, StoredReading
from iot_bridge.database import Connection
from iot_bridge.readings import Reason

SOURCE = "bridge"
MAX_DEAD_LETTERS = 100_000

# One statement for a whole batch: the server reads JSON faster than this process binds parameters.
_ROWS = "json_to_recordset(%s) AS row(d text, s bigint, c text, a bigint, v integer)"
_MOMENT = "timestamptz 'epoch' + {} * interval '1 millisecond'"
_INSERT = f"""
    INSERT INTO reading (device_id, sequence, container, at, value_mc)
    SELECT row.d, row.s, row.c, {_MOMENT.format("row.a")}, row.v FROM {_ROWS}
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
_CONFLICTS = f"""
    SELECT row.d, row.s, row.a, row.v FROM {_ROWS}
    JOIN reading ON reading.device_id = row.d AND reading.sequence = row.s
    WHERE reading.value_mc <> row.v OR reading.at <> {_MOMENT.format("row.a")}
"""  # noqa: S608 - constants
_UNANCHORED = f"""
    SELECT device_id, sequence, (extract(epoch FROM at) * 1000)::bigint, value_mc FROM reading
    WHERE container = %s AND anchor_id IS NULL AND at >= {_MOMENT.format("%s::bigint")}
    AND at < {_MOMENT.format("%s::bigint")}
    ORDER BY device_id COLLATE "C", sequence LIMIT {MAX_READINGS} FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - constants
_CLAIM = """
    UPDATE reading SET anchor_id = %s FROM json_to_recordset(%s) AS row(d text, s bigint)
    WHERE device_id = row.d AND sequence = row.s
"""
_ORPHANS = """
    SELECT container, floor(extract(epoch FROM at) * 1000 / %s)::bigint AS number, count(*) FROM reading
    WHERE anchor_id IS NULL GROUP BY container, number
    HAVING max(received_at) <= now() - make_interval(secs => %s) LIMIT %s
"""
_PRUNE = """
    DELETE FROM dead_letter WHERE received_at < now() - make_interval(days => %s)
    OR id <= (SELECT max(id) FROM dead_letter) - %s
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reading that passed the checks, on its way to the table."""

    device: str
    sequence: int
    container: str
    at: int
    value_mc: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What is not taken, and why; ``excerpt`` is printable and bounded."""

    device: str
    sequence: int | None
    reason: Reason
    excerpt: str


async def write_readings(connection: Connection, arrived: Sequence[Arrived]) -> tuple[int, set[Arrived]]:
    """Store readings, each device's sequence once.

    Returns how many are new, and those whose sequence is taken by another measurement.
    """
    if not arrived:
        return 0, set()
    # In one order everywhere, so that two bridges with the same repeats do not lock each other out.
    rows = [
        {"d": one.device, "s": one.sequence, "c": one.container, "a": one.at, "v": one.value_mc}
        for one in sorted(arrived, key=lambda one: (one.device, one.sequence))
    ]
    body = orjson.dumps(rows).decode()
    new = (await connection.execute(_INSERT, (body,))).rowcount
    if new == len(rows):
        return new, set()
    # A second statement also sees what another bridge has committed meanwhile.
    found = {tuple(row) for row in await (await connection.execute(_CONFLICTS, (body,))).fetchall()}
    return new, {one for one in arrived if (one.device, one.sequence, one.at, one.value_mc) in found}


async def write_dead_letters(connection: Connection, letters: Iterable[DeadLetter]) -> None:
    """Keep what was refused, for whoever looks into it."""
    rows = [(SOURCE, one.reason.value, one.device, one.sequence, one.excerpt) for one in letters]
    if rows:
        await connection.cursor().executemany(
            "INSERT INTO dead_letter (source, reason, device_id, sequence, payload_excerpt)"
            " VALUES (%s, %s, %s, %s, %s)",
            rows,
        )


async def prune_dead_letters(connection: Connection, days: int) -> int:
    """Delete those that are old or beyond the newest ``MAX_DEAD_LETTERS``; how many."""
    return (await connection.execute(_PRUNE, (days, MAX_DEAD_LETTERS))).rowcount


async def unanchored(
    connection: Connection, container: str, from_ms: int, until_ms: int
) -> list[StoredReading]:
    """A window's readings that no anchor has, locked, by device and sequence; those of others skipped."""
    cursor = await connection.execute(_UNANCHORED, (container, from_ms, until_ms))
    return [StoredReading(*row) for row in await cursor.fetchall()]


async def storage(connection: Connection, container: str) -> Storage:
    """The limits of a container's storage profile; readings are taken only of containers in the mirror."""
    cursor = await connection.execute("SELECT storage FROM container WHERE sscc = %s", (container,))
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"container {container} is not in the mirror")
    return row[0]


async def claim(connection: Connection, anchor: Anchor, readings: Iterable[StoredReading]) -> None:
    """Keep an anchor to be submitted, with its readings; each reading has one anchor for good."""
    keys = orjson.dumps([{"d": one.device, "s": one.sequence} for one in readings]).decode()
    await connection.execute(_CLAIM, (anchor.id, keys))
    await connection.execute(
        "INSERT INTO anchor_submission (id, arguments, state) VALUES (%s, %s, 'open')",
        (anchor.id, Jsonb(anchor.arguments)),
    )


async def orphans(
    connection: Connection, length_ms: int, quiet_seconds: float, limit: int
) -> list[tuple[str, int, int]]:
    """Windows with readings without an anchor, quiet for some time: container, number, how many readings."""
    cursor = await connection.execute(_ORPHANS, (length_ms, quiet_seconds, limit))
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]
