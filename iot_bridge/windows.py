"""Which readings wait for an anchor together, and when they have waited enough. Pure: time is given.

A window is a stretch of a container's reading time of fixed length. Its readings are anchored once a later
window's reading has come and the window was quiet for a moment, once the container was silent for a while,
once there are enough of them for an anchor, or at once when one leaves the storage profile. A reading that
comes later opens the window again, for a further anchor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Devices of one container are not of one mind about when a window ends.
SETTLE_SECONDS = 1.0
# How long the mirror may take to show the quarantine that an excursion brought.
ALERT_SECONDS = 30.0
MAX_OPEN = 20_000
# The ledger takes an anchor over readings of at most a day.
LONGEST_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Key:
    """A container's window: the readings from ``number`` times its length on."""

    container: str
    number: int


@dataclass(slots=True)
class Open:
    """A window that waits: how many readings, when the last came (monotonic seconds), whether in a hurry."""

    readings: int
    last: float
    urgent: bool = False


def together(due: Iterable[tuple[Key, Open]], length_ms: int) -> list[list[tuple[Key, Open]]]:
    """Windows that are due, in groups for an anchor each: of one container, at most a day from end to end.

    After a pause there may be hundreds, of which the ledger takes one anchor after the other. Groups with a
    window in a hurry come first.
    """
    groups: list[list[tuple[Key, Open]]] = []
    for one in sorted(due, key=lambda each: (each[0].container, each[0].number)):
        first = groups[-1][0][0] if groups else None
        if (
            first is not None
            and first.container == one[0].container
            and (one[0].number + 1 - first.number) * length_ms <= LONGEST_MS
        ):
            groups[-1].append(one)
        else:
            groups.append([one])
    return sorted(groups, key=lambda group: not any(window.urgent for _, window in group))


class Windows:
    """The windows with readings that wait; ``length_ms`` is their length."""

    def __init__(self, length_ms: int, idle_seconds: float, max_readings: int) -> None:
        self._length = length_ms
        self._idle = idle_seconds
        self._settle = min(SETTLE_SECONDS, idle_seconds)
        self._max_readings = max_readings
        self._open: dict[Key, Open] = {}
        self._newest: dict[str, int] = {}
        self._heard: dict[str, float] = {}
        self._alerted: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def readings(self) -> int:
        """How many readings wait, about: repeats are counted too."""
        return sum(window.readings for window in self._open.values())

    def stored(self, container: str, at_ms: int, now: float, urgent: bool = False) -> None:
        """A reading taken at ``at_ms`` is in the database."""
        number = at_ms // self._length
        self._add(Key(container, number), 1, now, urgent)
        if number > self._newest.get(container, -1):
            self._newest[container] = number

    def adopt(self, container: str, number: int, readings: int, now: float) -> None:
        """Readings found in the database that nobody seems to wait for."""
        if Key(container, number) not in self._open:
            self._add(Key(container, number), readings, now, False)

    def restore(self, key: Key, window: Open, now: float) -> None:
        """Put back a window that was taken and could not be anchored."""
        self._add(key, window.readings, now, window.urgent)

    def alert(self, container: str, held: bool, now: float) -> bool:
        """Whether an excursion of ``container`` is news, and not yet known by its quarantine or its alert."""
        if held:
            self._alerted.pop(container, None)
            return False
        last = self._alerted.get(container)
        if last is not None and now - last < ALERT_SECONDS:
            return False
        self._alerted[container] = now
        return True

    def due(self, now: float) -> list[tuple[Key, Open]]:
        """Take the windows that have waited enough."""
        crowded = len(self._open) > MAX_OPEN
        taken = [
            (key, window) for key, window in self._open.items() if crowded or self._is_due(key, window, now)
        ]
        for key, _ in taken:
            del self._open[key]
        self._forget(now)
        return taken

    def _add(self, key: Key, readings: int, now: float, urgent: bool) -> None:
        window = self._open.get(key)
        if window is None:
            self._open[key] = Open(readings, now, urgent)
        else:
            window.readings += readings
            window.last = now
            window.urgent = window.urgent or urgent
        self._heard[key.container] = now

    def _is_due(self, key: Key, window: Open, now: float) -> bool:
        if window.urgent or window.readings >= self._max_readings:
            return True
        if now - self._heard[key.container] >= self._idle:
            return True
        passed = self._newest.get(key.container, -1) > key.number
        return passed and now - window.last >= self._settle

    def _forget(self, now: float) -> None:
        """Drop what is remembered of containers that have nothing open and were silent for long."""
        waiting = {key.container for key in self._open}
        silent = [
            container
            for container, last in self._heard.items()
            if container not in waiting and now - last > max(ALERT_SECONDS, self._idle)
        ]
        for container in silent:
            del self._heard[container]
            self._newest.pop(container, None)
            self._alerted.pop(container, None)
