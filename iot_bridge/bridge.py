"""The bridge put together: broker, database, ledger, and what works between them."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid

from gateway.fabric import Network
from gateway.mirror.health import health
from iot_bridge import anchors, counters, topics
from iot_bridge.anchoring import Anchoring
from iot_bridge.counters import Counters, Status
from iot_bridge.database import Pool, patiently, pool
from iot_bridge.directory import Directory
from iot_bridge.intake import MAX_MESSAGES, Intake, Limits
from iot_bridge.mqtt import Broker, BrokerError, Connection
from iot_bridge.settings import Settings
from iot_bridge.submitter import Submitter
from iot_bridge.windows import Windows

log = logging.getLogger(__name__)

RECONNECT_FIRST_SECONDS = 0.2
RECONNECT_MAX_SECONDS = 5.0
STABLE_SECONDS = 10.0
PROBE_SECONDS = 2.0


class Bridge:
    """One bridge of a member. ``run`` works until cancelled."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self._settings = settings
        self._broker = Broker.parse(settings.mqtt_url.get_secret_value())
        self._connection: Connection | None = None
        self._claimed = asyncio.Event()
        self.counters = Counters()
        self.status = Status()
        length_ms = settings.bridge_window_seconds * 1000
        idle = settings.bridge_idle_seconds
        url = settings.database_url.get_secret_value()
        self._pool: Pool = pool(url)
        self._windows = Windows(length_ms, idle, anchors.MAX_READINGS)
        self._anchoring = Anchoring(
            self._pool,
            self._windows,
            length_ms,
            idle,
            settings.bridge_dead_letter_days,
            self.status,
            self._claimed,
        )
        self._submitter = Submitter(url, network, self.counters, self.status, self._claimed)
        self._intake = Intake(
            self._pool,
            Directory(),
            self._windows,
            Limits(
                settings.gln,
                settings.bridge_grace_seconds,
                settings.bridge_oldest_seconds * 1000 or None,
            ),
            self.counters,
            self.status,
            self._publish,
            self._anchoring.stored,
        )

    async def run(self) -> None:
        """Serve; ends only when cancelled, or with what no waiting can mend."""
        async with self._pool, health(self._settings.health_port, self._report), asyncio.TaskGroup() as group:
            group.create_task(self._probe())
            group.create_task(self._anchoring.run())
            group.create_task(self._submitter.run())
            group.create_task(self._intake.run())
            group.create_task(self._listen())

    async def _listen(self) -> None:
        """Be connected to the broker, again and again."""
        # A session that outlived its bridge would keep a share of the readings from the other bridges. What
        # the broker forgets with it, the devices send again.
        client_id = f"mediledger-bridge-{self._settings.member}-{uuid.uuid4().hex}"
        pause = RECONNECT_FIRST_SECONDS
        while True:
            began = time.monotonic()
            try:
                async with Connection(
                    self._broker, client_id, self._intake.receive, MAX_MESSAGES
                ) as connection:
                    await connection.subscribe(topics.SHARED_READINGS)
                    self._connection, self.status.broker = connection, True
                    log.info("listening at the broker")
                    raise BrokerError(f"the connection to the broker is lost: {await connection.lost()}")
            except BrokerError as error:
                log.warning("%s", error)
            finally:
                self._connection, self.status.broker = None, False
            if time.monotonic() - began > STABLE_SECONDS:
                pause = RECONNECT_FIRST_SECONDS
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, RECONNECT_MAX_SECONDS)

    async def _probe(self) -> None:
        """Notice a database that is away, or there again, while no readings come."""
        while True:
            await patiently(self._pool, self.status, lambda connection: connection.execute("SELECT 1"))
            await asyncio.sleep(PROBE_SECONDS)

    def _publish(self, topic: str, payload: bytes) -> None:
        """An answer that is lost is given again: the device repeats its reading."""
        if self._connection is not None:
            self._connection.publish(topic, payload, qos=0)

    def _report(self) -> tuple[bool, dict[str, object]]:
        return counters.report(
            self.counters,
            self.status,
            self._intake.queued,
            self._windows.readings,
            self._submitter.waiting,
        )
