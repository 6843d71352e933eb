"""Devices and the containers that they watch, from the mirror, kept for a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from iot_bridge.database import Connection
from iot_bridge.rules import Device, Watch

# The mirror itself is a second behind; a device that is not usable yet is looked for sooner.
KNOWN_SECONDS = 2.0
UNKNOWN_SECONDS = 0.5
# A device that was not heard of for so long is looked at anew: it may just have been attached.
SILENT_SECONDS = 30.0
MAX_DEVICES = 50_000

_QUERY = """
    SELECT device.id, device.gln, device.kind, device.status, container.sscc, watch.since, watch.until,
           (container.storage ->> 'min_mc')::int, (container.storage ->> 'max_mc')::int,
           EXISTS (SELECT FROM hold WHERE ref = '00' || container.sscc AND hold.status <> 'cleared')
    FROM device
    LEFT JOIN LATERAL (
        SELECT device.container, (device.document ->> 'attached_at')::bigint AS since, NULL::bigint AS until
        UNION ALL
        SELECT past.* FROM jsonb_to_recordset(device.document -> 'past')
                           AS past(container text, since bigint, until bigint)
    ) AS watch ON true
    LEFT JOIN container ON container.sscc = watch.container
    WHERE device.id = ANY(%s)
    ORDER BY watch.since DESC
"""


@dataclass(slots=True)
class _Entry:
    device: Device | None
    loaded: float
    # Since when it cannot be used; None while it can.
    since: float | None


class Directory:
    """A bounded cache. ``load`` asks the database, the others answer from memory."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def missing(self, ids: Iterable[str], now: float) -> list[str]:
        """Those of ``ids`` about which nothing fresh is known; ``now`` is monotonic seconds."""
        return [one for one in ids if not self._is_fresh(one, now)]

    async def load(self, connection: Connection, ids: list[str], now: float) -> None:
        """Ask the mirror about ``ids``."""
        cursor = await connection.execute(_QUERY, (ids,))
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for row in await cursor.fetchall():
            rows.setdefault(str(row[0]), []).append(row)
        for one in ids:
            device = _device(rows[one]) if one in rows else None
            usable = device is not None and device.watching
            before = self._entries.pop(one, None)
            if usable:
                since = None
            elif before and before.since is not None and now - before.loaded < SILENT_SECONDS:
                since = before.since
            else:
                since = now
            self._entries[one] = _Entry(device, now, since)
        while len(self._entries) > MAX_DEVICES:
            del self._entries[next(iter(self._entries))]

    def get(self, device_id: str) -> Device | None:
        """The device as it was last seen, None where the mirror has none."""
        entry = self._entries.get(device_id)
        return entry.device if entry else None

    def unusable_seconds(self, device_id: str, now: float) -> float:
        """For how long the device has been unknown or watching nothing, 0 where it is in order."""
        entry = self._entries.get(device_id)
        return now - entry.since if entry and entry.since is not None else 0.0

    def _is_fresh(self, device_id: str, now: float) -> bool:
        entry = self._entries.get(device_id)
        if entry is None:
            return False
        return now - entry.loaded < (KNOWN_SECONDS if entry.since is None else UNKNOWN_SECONDS)


def _device(rows: list[tuple[Any, ...]]) -> Device:
    """From a row for each of its watches; of a container that is not mirrored there is no SSCC."""
    watches = tuple(
        Watch(sscc, since, until, {"min_mc": least, "max_mc": most}, held)
        for *_, sscc, since, until, least, most, held in rows
        if sscc is not None
    )
    device_id, gln, kind, status, *_ = rows[0]
    return Device(device_id, gln, kind, status, watches)
