"""From the broker into the database: a batch is checked, committed, and only then acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from iot_bridge import payloads, rules, store, topics
from iot_bridge.counters import Counters, Status
from iot_bridge.database import Connection, Pool, patiently
from iot_bridge.directory import Directory
from iot_bridge.mqtt import Message
from iot_bridge.payloads import Parsed
from iot_bridge.readings import Reading, Reason
from iot_bridge.rules import Device, Watch
from iot_bridge.store import Arrived, DeadLetter
from iot_bridge.windows import Windows

# The broker sends no more messages than this unacknowledged.
MAX_MESSAGES = 1000
MAX_BATCH = 200
# Waiting this long makes a batch of what would be a commit for each message.
LINGER_SECONDS = 0.02
ACK_SEQUENCES = 5000

Publish = Callable[[str, bytes], None]


@dataclass
class Batch:
    """What became of some messages, before it is in the database."""

    arrived: list[Arrived] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    excursions: set[Arrived] = field(default_factory=set)
    held: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Limits:
    """The member whose devices are served, and what of readings is configured."""

    gln: str
    grace_seconds: float
    oldest_ms: int | None


class Intake:
    """Takes messages by ``receive``, works them off in ``run``, answers through ``publish``."""

    def __init__(
        self,
        pool: Pool,
        directory: Directory,
        windows: Windows,
        limits: Limits,
        counters: Counters,
        status: Status,
        publish: Publish,
        stored: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._windows = windows
        self._limits = limits
        self._counters = counters
        self._status = status
        self._publish = publish
        self._stored = stored
        self._queue: asyncio.Queue[Message] = asyncio.Queue(MAX_MESSAGES)

    @property
    def queued(self) -> int:
        """Messages that wait."""
        return self._queue.qsize()

    def receive(self, message: Message) -> None:
        """Take a message. Beyond the bound it stays unacknowledged, for the broker to bring again."""
        self._counters.messages += 1
        # Of a payload that is too large, enough to see that it is.
        message.payload = message.payload[: payloads.MAX_PAYLOAD_BYTES + 1]
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._counters.overflow += 1

    async def run(self) -> None:
        """Work off what comes, batch by batch, until cancelled."""
        while True:
            messages = [await self._queue.get()]
            if self._queue.qsize() < MAX_BATCH:
                await asyncio.sleep(LINGER_SECONDS)
            while len(messages) < MAX_BATCH and not self._queue.empty():
                messages.append(self._queue.get_nowait())
            await self._work_off(messages)

    async def _work_off(self, messages: list[Message]) -> None:
        parsed = [
            (topics.device_of(message.topic), payloads.parse_readings(message.payload))
            for message in messages
        ]
        await self._know({device for device, _ in parsed})
        batch = Batch()
        for device_id, payload in parsed:
            self._check(batch, device_id, payload)
        conflicting = await self._write(batch)
        for message in messages:
            message.acknowledge()
        self._answer(batch, conflicting)
        self._remember(batch)

    async def _know(self, ids: set[str]) -> None:
        now = time.monotonic()
        missing = self._directory.missing(ids, now)
        if missing:
            await patiently(
                self._pool,
                self._status,
                lambda connection: self._directory.load(connection, missing, now),
            )

    def _check(self, batch: Batch, device_id: str, payload: Parsed) -> None:
        self._counters.received += len(payload.readings) + len(payload.rejections)
        batch.letters += [
            DeadLetter(device_id, rejection.sequence, rejection.reason, rejection.excerpt)
            for rejection in payload.rejections
        ]
        device = self._directory.get(device_id)
        refusal = rules.check_device(device, self._limits.gln)
        if device is None and self._mirror_may_be_behind(device_id):
            self._counters.deferred += len(payload.readings)
            return
        if device is None or refusal is not None:
            refused = refusal or Reason.DEVICE_UNKNOWN
            batch.letters += [_letter(device_id, reading, refused) for reading in payload.readings]
            return
        self._check_readings(batch, device, payload.readings)

    def _mirror_may_be_behind(self, device_id: str) -> bool:
        """Whether a device that is unknown, or watches nothing, may be in order: it then sends again."""
        waited = self._directory.unusable_seconds(device_id, time.monotonic())
        return waited < self._limits.grace_seconds

    def _check_readings(self, batch: Batch, device: Device, readings: Iterable[Reading]) -> None:
        now_ms = time.time_ns() // 1_000_000
        for reading in readings:
            reason = rules.check_reading(reading, device.kind, now_ms, self._limits.oldest_ms)
            watch = rules.watch_of(device, reading.at)
            if reason is None and watch is None:
                if not device.watching and self._mirror_may_be_behind(device.id):
                    self._counters.deferred += 1
                    continue
                reason = Reason.DEVICE_NOT_ATTACHED
            if reason is not None or watch is None:
                batch.letters.append(_letter(device.id, reading, reason or Reason.DEVICE_NOT_ATTACHED))
                continue
            self._take(batch, device, watch, reading)

    def _take(self, batch: Batch, device: Device, watch: Watch, reading: Reading) -> None:
        arrived = Arrived(device.id, reading.sequence, watch.container, reading.at, reading.temperature_mc)
        batch.arrived.append(arrived)
        if watch.held:
            batch.held.add(watch.container)
        if rules.is_excursion(reading, watch.storage):
            batch.excursions.add(arrived)

    async def _write(self, batch: Batch) -> set[Arrived]:
        """Commit a batch; the readings whose sequence is taken, which are dead letters with it."""
        if not batch.arrived and not batch.letters:
            return set()

        async def work(connection: Connection) -> tuple[int, set[Arrived]]:
            new, conflicting = await store.write_readings(connection, batch.arrived)
            letters = batch.letters + [_conflict(one) for one in conflicting]
            await store.write_dead_letters(connection, letters)
            return new, conflicting

        new, conflicting = await patiently(self._pool, self._status, work)
        batch.letters += [_conflict(one) for one in conflicting]
        self._counters.stored += new
        self._counters.duplicates += max(0, len(batch.arrived) - new - len(conflicting))
        self._counters.dead_letters.update(letter.reason.value for letter in batch.letters)
        return conflicting

    def _answer(self, batch: Batch, conflicting: set[Arrived]) -> None:
        stored: dict[str, list[int]] = defaultdict(list)
        for one in batch.arrived:
            if one not in conflicting:
                stored[one.device].append(one.sequence)
        for device, sequences in stored.items():
            for start in range(0, len(sequences), ACK_SEQUENCES):
                some = sequences[start : start + ACK_SEQUENCES]
                self._publish(topics.acks(device), payloads.encode_stored(some))
        rejected: dict[str, list[DeadLetter]] = defaultdict(list)
        for letter in batch.letters:
            rejected[letter.device].append(letter)
        for device, letters in rejected.items():
            for start in range(0, len(letters), payloads.MAX_READINGS):
                part = letters[start : start + payloads.MAX_READINGS]
                refused = payloads.encode_rejected((one.sequence, one.reason) for one in part)
                self._publish(topics.acks(device), refused)

    def _remember(self, batch: Batch) -> None:
        """Tell the windows; an excursion that is news is anchored at once."""
        now = time.monotonic()
        for one in batch.arrived:
            urgent = one in batch.excursions and self._windows.alert(
                one.container, one.container in batch.held, now
            )
            self._windows.stored(one.container, one.at, now, urgent)
        if batch.arrived:
            self._stored()


def _letter(device_id: str, reading: Reading, reason: Reason) -> DeadLetter:
    shown = payloads.excerpt(payloads.encode_readings([reading]))
    return DeadLetter(device_id, reading.sequence, reason, shown)


def _conflict(one: Arrived) -> DeadLetter:
    return _letter(one.device, Reading(one.sequence, one.at, one.value_mc), Reason.SEQUENCE_CONFLICT)
