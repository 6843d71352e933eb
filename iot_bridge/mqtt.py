"""One MQTT 5 connection on asyncio, with the acknowledgement of each message left to its receiver.

paho-mqtt speaks the protocol; the event loop tells it when its socket can be read or written. A connection
that is lost stays lost, and the broker keeps nothing for it: whoever needs another makes one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from chaincode.model.errors import MediLedgerError

DEFAULT_PORT = 1883
KEEPALIVE_SECONDS = 15
CONNECT_SECONDS = 5.0
TICK_SECONDS = 1.0
MAX_QUEUED = 1000
FIRST_FAILURE = 0x80


class BrokerError(MediLedgerError):
    """The broker cannot be reached, refuses, or the connection to it is lost."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and who comes."""

    host: str
    port: int
    username: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str, username: str | None = None, password: str | None = None) -> Broker:
        """From ``mqtt://user:password@host:port``; arguments go before what the URL has. ValueError."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError("an MQTT URL is mqtt://user:password@host:port")
        return cls(
            parts.hostname,
            parts.port or DEFAULT_PORT,
            username or (unquote(parts.username) if parts.username else None),
            password or (unquote(parts.password) if parts.password else None),
        )


class Message:
    """A message that was received; the broker counts it as delivered once it is acknowledged."""

    __slots__ = ("_connection", "_id", "payload", "topic")

    def __init__(self, connection: Connection, message: paho.MQTTMessage) -> None:
        self._connection = connection
        self._id = message.mid if message.qos else 0
        self.topic = message.topic
        self.payload = bytes(message.payload)

    def acknowledge(self) -> None:
        """Let the broker forget it and send another; without effect where its connection is lost."""
        if self._id:
            self._connection.acknowledge(self._id)


class Connection:
    """For use in ``async with``, which raises BrokerError where the broker does not take the connection.

    Args:
        receive_maximum: how many messages may be unacknowledged at once (QoS 1).
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        on_message: Callable[[Message], None],
        receive_maximum: int,
    ) -> None:
        self._broker = broker
        self._on_message = on_message
        self._receive_maximum = receive_maximum
        self._loop = asyncio.get_running_loop()
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._lost: asyncio.Future[str] = self._loop.create_future()
        self._subscriptions: dict[int, asyncio.Future[None]] = {}
        self._reader: int | None = None
        self._writer: int | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id,
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._client.connect_timeout = CONNECT_SECONDS
        self._client.max_queued_messages_set(MAX_QUEUED)
        self._client.username_pw_set(broker.username, broker.password)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = lambda _, __, message: self._on_message(Message(self, message))

    async def __aenter__(self) -> Connection:
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                await self._open()
                await self._accepted
        except (OSError, TimeoutError, ValueError) as error:
            self._release()
            where = f"{self._broker.host}:{self._broker.port}"
            raise BrokerError(f"no broker at {where}: {error or 'no answer'}") from error
        except BaseException:
            self._release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._lost.done():
            self._client.disconnect()
        self._release()

    async def lost(self) -> str:
        """Wait until the connection is lost; why."""
        return await asyncio.shield(self._lost)

    async def subscribe(self, topic: str) -> None:
        """Subscribe with QoS 1; BrokerError where the broker does not allow it."""
        _, message_id = self._client.subscribe(topic, qos=1)
        if message_id is None:
            raise BrokerError("the connection to the broker is lost")
        answer = self._subscriptions[message_id] = self._loop.create_future()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await answer
        except TimeoutError as error:
            raise BrokerError(f"no answer to the subscription of {topic}") from error
        finally:
            del self._subscriptions[message_id]

    def publish(self, topic: str, payload: bytes, qos: int) -> bool:
        """Hand a message over; False where the connection is lost or too much is waiting already."""
        if self._lost.done():
            return False
        return self._client.publish(topic, payload, qos).rc == paho.MQTT_ERR_SUCCESS

    def acknowledge(self, message_id: int) -> None:
        """As ``Message.acknowledge``."""
        if not self._lost.done():
            self._client.ack(message_id, 1)

    async def _open(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = self._receive_maximum
        await asyncio.to_thread(
            self._client.connect,
            self._broker.host,
            self._broker.port,
            KEEPALIVE_SECONDS,
            clean_start=True,
            properties=properties,
        )
        socket = self._client.socket()
        if socket is None:
            raise BrokerError("the connection to the broker is lost")
        self._reader = socket.fileno()
        self._loop.add_reader(self._reader, self._client.loop_read)
        self._client.on_socket_register_write = self._want_write
        self._client.on_socket_unregister_write = self._written
        self._client.on_socket_close = lambda *_: self._unwatch()
        if self._client.want_write():
            self._want_write()
        self._tick()

    def _tick(self) -> None:
        self._ticker = self._loop.call_later(TICK_SECONDS, self._tick)
        self._client.loop_misc()

    def _want_write(self, *_: Any) -> None:
        if self._reader is not None:
            self._writer = self._reader
            self._loop.add_writer(self._writer, self._client.loop_write)

    def _written(self, *_: Any) -> None:
        if self._writer is not None:
            self._loop.remove_writer(self._writer)
            self._writer = None

    def _unwatch(self) -> None:
        self._written()
        if self._reader is not None:
            self._loop.remove_reader(self._reader)
            self._reader = None

    def _release(self) -> None:
        if self._ticker:
            self._ticker.cancel()
        self._fail("closed")
        self._unwatch()
        socket = self._client.socket()
        if socket is not None:
            socket.close()

    def _connected(self, _: Any, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        if self._accepted.done():
            return
        if reason.value >= FIRST_FAILURE:
            self._accepted.set_exception(BrokerError(f"the broker refuses the connection: {reason}"))
        else:
            self._accepted.set_result(None)

    def _disconnected(self, _: Any, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        self._fail(str(reason))

    def _subscribed(self, _: Any, __: Any, message_id: int, reasons: list[ReasonCode], ____: Any) -> None:
        answer = self._subscriptions.get(message_id)
        if answer is None or answer.done():
            return
        refused = [str(reason) for reason in reasons if reason.value >= FIRST_FAILURE]
        if refused:
            answer.set_exception(BrokerError(f"the broker refuses the subscription: {refused[0]}"))
        else:
            answer.set_result(None)

    def _fail(self, why: str) -> None:
        if self._ticker:
            self._ticker.cancel()
        if not self._lost.done():
            self._lost.set_result(why)
        gone = BrokerError(f"the connection to the broker is lost: {why}")
        for answer in (self._accepted, *self._subscriptions.values()):
            if not answer.done():
                answer.set_exception(gone)
                # Nobody may be waiting for it any more.
                answer.exception()
