"""Where the records of goods led when this process read them last: asked again, it reads all at once.

A record is followed from one message to the next: a pack names its tray, that one the case, whose record is
read then. Who receives a case, takes packs out of it, verifies one and dispenses it, asks for the same each
time, and every message costs the peer and this process.

Only what no later transaction changes is remembered: what goods were in, a pack's lot. So a transaction reads
the same keys with it and without it, only sooner, and endorsers that remember different things agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaincode.model.trays import Place

# Some 20 MB.
MAX_TRAILS = 50_000


@dataclass(frozen=True, slots=True)
class Trail:
    """The SSCCs of the containers that goods were in; of a pack its tray and lot, of a container neither."""

    parents: tuple[str, ...]
    tray: Place | None
    lot: str | None


class Trails:
    """Those of the goods that were read last, on every channel."""

    def __init__(self, limit: int = MAX_TRAILS) -> None:
        self._limit = limit
        self._kept: dict[tuple[str, str], Trail] = {}

    def of(self, channel: str, ref: str) -> Trail | None:
        """The trail of goods by their ref; None where none is remembered."""
        return self._kept.get((channel, ref))

    def keep(self, channel: str, ref: str, trail: Trail) -> None:
        """Remember a trail; beyond the limit the oldest is forgotten."""
        self._kept.pop((channel, ref), None)
        self._kept[channel, ref] = trail
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
