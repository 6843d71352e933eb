"""A sensor's side: publishes readings and keeps each until the bridge says what became of it."""

from __future__ import annotations

import asyncio
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
        self._sent: deque[tuple[float, int]] = deque()
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
        overdue = False
        while self._sent and now - self._sent[0][0] >= self._resend:
            _, sequence = self._sent.popleft()
            if sequence in self._pending:
                self._unsent.append(sequence)
                overdue = True
        if overdue:
            self._resend = min(self._resend * 2, RESEND_MAX_SECONDS)
        while self._unsent:
            batch = [self._unsent.popleft() for _ in range(min(self._batch, len(self._unsent)))]
            readings = [self._pending[sequence] for sequence in batch if sequence in self._pending]
            if not readings:
                continue
            # Not handed over: it is overdue like one that nobody answered.
            connection.publish(topics.readings(self._id), payloads.encode_readings(readings), qos=1)
            self._sent.extend((now, reading.sequence) for reading in readings)

    def _until_resend(self) -> float | None:
        return max(0.0, self._sent[0][0] + self._resend - time.monotonic()) if self._sent else None

    def _begin_again(self) -> None:
        """What was sent on the connection before may be lost: send it again, in its order."""
        self._unsent = deque(self._pending)
        self._sent.clear()

    def _heard(self, message: Message) -> None:
        message.acknowledge()
        try:
            ack = payloads.parse_ack(message.payload)
        except ValueError as error:
            log.warning("device %s: %s", self._id, error)
            return
        for first, last in ack.stored:
            # Bounded by what is pending, whatever a bridge claims.
            wide = last - first > len(self._pending)
            for sequence in list(self._pending) if wide else range(first, last + 1):
                if first <= sequence <= last and self._pending.pop(sequence, None) is not None:
                    self.acknowledged += 1
        for refused, code in ack.rejected:
            if refused is None:
                log.warning("device %s: the bridge cannot read a payload: %s", self._id, code)
            elif self._pending.pop(refused, None) is not None:
                self.rejected.append((refused, code))
        self._resend = RESEND_FIRST_SECONDS
        self._notify()

    def _notify(self) -> None:
        # Whoever waits now is woken; whoever comes later waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()
