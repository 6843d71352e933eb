"""devnet's clock: the machine's, and ahead of it by as much as somebody has asked for."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from network.devnet.errors import DevnetError

_FILE = "clock-offset"
# Certificates end within this; more would be a slip of the hand.
MAX_OFFSET_SECONDS = 100 * 365 * 86_400


class Clock:
    """The one clock that every check of time asks.

    It is the machine's clock plus ``offset`` seconds. It only ever goes forward, as time in a ledger does.
    With a folder the offset is kept there and outlives the process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Raises DevnetError where the offset that is kept there cannot be read."""
        self._path = folder / _FILE if folder else None
        self.offset = 0.0
        if self._path and self._path.exists():
            try:
                self.offset = float(self._path.read_text(encoding="ascii"))
            except ValueError as error:
                raise DevnetError(f"{self._path} does not hold a number of seconds") from error

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time() + self.offset

    def utc(self) -> datetime:
        """The same as a date and time, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Put it forward, durably; DevnetError for a step that is not above zero, or is beyond all sense."""
        offset = self.offset + seconds
        if not (seconds > 0 and offset <= MAX_OFFSET_SECONDS):
            raise DevnetError("the clock goes forward only, and at most a hundred years")
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            with new.open("w", encoding="ascii") as file:
                file.write(repr(offset))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        self.offset = offset
