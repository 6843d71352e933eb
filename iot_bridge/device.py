"""A sensor's side: publishes readings and keeps each until the bridge says what became of it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Iterable
from types import TracebackType

from chaincode.model.errors import MediLedgerError
from iot_bridge import payloads, topics
from iot_bridge.mqtt import Broker, BrokerError, Connection, Message
from iot_bridge.readings import Reading

__all__ = ["DeviceClient", "DeviceError", "Reading"]

log = logging.getLogger(__name__)

MAX_PENDING = 2000
MAX_IN_FLIGHT = 500
MAX_REJECTED = 10_000
RESEND_FIRST_SECONDS = 2.0
RESEND_MAX_SECONDS = 10.0
RECONNECT_FIRST_SECONDS = 0.2
RECONNECT_MAX_SECONDS = 10.0
RECEIVE_MAXIMUM = 100


class DeviceError(MediLedgerError):
    """A reading that this device cannot send."""


class DeviceClient:
    """A device, for use in ``async with``: ``publish`` readings, then ``drain``.

    The broker's own acknowledgement counts for nothing: a reading is kept, and sent again with growing pauses
    and after each reconnect, until the bridge acknowledges or rejects it. A broker that is away or refuses
    is tried again for as long as it takes. At most ``max_pending`` readings are kept; ``publish`` then waits.

    Attributes:
        acknowledged: how many readings the bridge has stored.
        rejected: sequence and code of those that it will never store, the newest ``MAX_REJECTED``.
        trouble: what keeps the device from the broker, empty while it is connected.
    """

    def __init__(
        self, url: str, device_id: str, password: str, *, max_pending: int = MAX_PENDING, batch: int = 100
    ) -> None:
        self._broker = Broker.parse(url, device_id, password)
        self._id = device_id
        self._max_pending = max_pending
        self._batch = min(batch, payloads.MAX_READINGS)
        self._pending: dict[int, Reading] = {}
        self._unsent: deque[int] = deque()
        # When each in flight was sent, the first first.
        self._sent: dict[int, float] = {}
        self._resend = RESEND_FIRST_SECONDS
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.acknowledged = 0
        self.rejected: deque[tuple[int, str]] = deque(maxlen=MAX_REJECTED)
        self.trouble = "not connected yet"

    async def __aenter__(self) -> DeviceClient:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled() and (failure := self._task.exception()):
                raise failure

    @property
    def pending(self) -> int:
        """How many readings are neither acknowledged nor rejected."""
        return len(self._pending)

    async def publish(self, readings: Iterable[Reading]) -> None:
        """Take readings to send; waits while too many are kept. DeviceError where a sequence is pending."""
        for reading in readings:
            while len(self._pending) >= self._max_pending:
                self._notify()
                await self._changed.wait()
            if reading.sequence in self._pending:
                raise DeviceError(f"sequence {reading.sequence} is used for two readings")
            self._pending[reading.sequence] = reading
            self._unsent.append(reading.sequence)
        self._notify()

    async def drain(self, patience: float) -> int:
        """Wait until nothing is pending; how many readings this device got stored in all.

        Raises TimeoutError after ``patience`` seconds; what is pending stays so.
        """
        try:
            async with asyncio.timeout(patience):
                while self._pending:
                    await self._changed.wait()
        except TimeoutError:
            reason = f": {self.trouble}" if self.trouble else ""
            raise TimeoutError(
                f"device {self._id}: {len(self._pending)} readings unacknowledged{reason}"
            ) from None
        return self.acknowledged

    async def _run(self) -> None:
        pause = RECONNECT_FIRST_SECONDS
        while True:
            began = time.monotonic()
            try:
                async with Connection(
                    self._broker, f"device-{self._id}", self._heard, RECEIVE_MAXIMUM
                ) as connection:
                    await connection.subscribe(topics.acks(self._id))
                    self.trouble = ""
                    self._begin_again()
                    await self._send_forever(connection)
            except BrokerError as error:
                self.trouble = str(error)
                log.debug("device %s: %s", self._id, error)
            if time.monotonic() - began > RECONNECT_MAX_SECONDS:
                pause = RECONNECT_FIRST_SECONDS
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, RECONNECT_MAX_SECONDS)

    async def _send_forever(self, connection: Connection) -> None:
        """Send what is new or overdue until the connection is lost, which raises BrokerError."""
        lost = asyncio.ensure_future(connection.lost())
        try:
            while not lost.done():
                self._send(connection)
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait(
                    {lost, changed}, timeout=self._until_resend(), return_when=asyncio.FIRST_COMPLETED
                )
                changed.cancel()
            raise BrokerError(f"the connection to the broker is lost: {lost.result()}")
        finally:
            lost.cancel()

    def _send(self, connection: Connection) -> None:
        now = time.monotonic()
        self._find_overdue(now)
        while self._unsent and len(self._sent) < MAX_IN_FLIGHT:
            batch = [self._unsent.popleft() for _ in range(min(self._batch, len(self._unsent)))]
            readings = [self._pending[sequence] for sequence in batch if sequence in self._pending]
            if not readings:
                continue
            # One that is not handed over becomes overdue, like one that nobody answers.
            connection.publish(topics.readings(self._id), payloads.encode_readings(readings), qos=1)
            self._sent |= dict.fromkeys((reading.sequence for reading in readings), now)

    def _find_overdue(self, now: float) -> None:
        """Put what was sent long ago and not answered back among the unsent; then wait longer."""
        overdue = list(
            itertools.takewhile(lambda sequence: now - self._sent[sequence] >= self._resend, self._sent)
        )
        for sequence in overdue:
            del self._sent[sequence]
        if overdue:
            self._unsent.extend(overdue)
            self._resend = min(self._resend * 2, RESEND_MAX_SECONDS)

    def _until_resend(self) -> float | None:
        """Seconds until the first of those in flight is overdue; None where nothing is."""
        first = next(iter(self._sent.values()), None)
        return None if first is None else max(0.0, first + self._resend - time.monotonic())

    def _begin_again(self) -> None:
        """What was sent on the connection before may be lost: send it again, in its order."""
        self._unsent = deque(self._pending)
        self._sent.clear()

    def _settle(self, sequence: int, now: float) -> bool:
        """Forget a reading that was answered; False where it is not pending (any more)."""
        sent = self._sent.pop(sequence, None)
        if sent is not None:
            # A bridge that is busy answers late: repeating sooner would make it later still.
            self._resend = min(max(RESEND_FIRST_SECONDS, 3 * (now - sent)), RESEND_MAX_SECONDS)
        return self._pending.pop(sequence, None) is not None

    def _heard(self, message: Message) -> None:
        message.acknowledge()
        try:
            ack = payloads.parse_ack(message.payload)
        except ValueError as error:
            log.warning("device %s: %s", self._id, error)
            return
        now = time.monotonic()
        for first, last in ack.stored:
            # Bounded by what is pending, whatever a bridge claims.
            wide = last - first > len(self._pending)
            for sequence in list(self._pending) if wide else range(first, last + 1):
                if first <= sequence <= last and self._settle(sequence, now):
                    self.acknowledged += 1
        for refused, code in ack.rejected:
            if refused is None:
                log.warning("device %s: the bridge cannot read a payload: %s", self._id, code)
            elif self._settle(refused, now):
                self.rejected.append((refused, code))
        self._notify()

    def _notify(self) -> None:
        # Whoever waits now is woken; whoever comes later waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()
