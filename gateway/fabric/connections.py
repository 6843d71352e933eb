"""Connections to one gateway peer: one for calls, one for calls that wait, and others that streams share.

A peer takes any number of calls on one HTTP/2 connection, but a proxy before it seldom more than a hundred,
and gRPC lets what is over that wait. An event stream never ends, and a status may be long in coming: on the
connection for calls a hundred of them would stop all calls. So each has at most a hundred, all of one kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from fabric_protos.gateway import gateway_pb2_grpc
from fabric_protos.peer import events_pb2_grpc

from gateway.fabric.profile import Peer, TlsClient
from gateway.fabric.turns import Turns

STREAMS_PER_CONNECTION = 100
MESSAGE_BYTES = 100 * 1024 * 1024
_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    # A peer closes a connection that is pinged more often than once a minute.
    ("grpc.keepalive_time_ms", 90_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # A stream that waits for blocks sends nothing for hours, and is to be pinged all that time.
    ("grpc.http2.max_pings_without_data", 0),
    # A peer that restarts is found again in a second, not in a minute.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),
    # Without it gRPC gives all channels to one address the same connection.
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True)
class Concurrency:
    """How many calls one client has in hand at one peer; more wait in the client for their turn.

    A peer refuses what is over its own limit (``peer.limits.concurrency.gatewayService``, 500 unless set
    otherwise) of all its clients together, chaincode event streams among them: this leaves room for 300.

    Attributes:
        calls: evaluations, endorsements and submissions.
        waits: commit statuses, which last until the block is there.
    """

    calls: int = 100
    waits: int = 100


class Connection:
    """One HTTP/2 connection with the services that the client uses, made when it is first needed."""

    def __init__(self, peer: Peer, tls: TlsClient | None) -> None:
        self._channel = _open(peer, tls)
        self.gateway: Any = gateway_pb2_grpc.GatewayStub(self._channel)
        self.deliver: Any = events_pb2_grpc.DeliverStub(self._channel)
        self.streams = 0

    async def close(self) -> None:
        await self._channel.close()


class Endpoint:
    """One gateway peer."""

    def __init__(self, peer: Peer, tls: TlsClient | None, concurrency: Concurrency) -> None:
        self.address = peer.address
        self._peer = peer
        self._tls = tls
        self._for_streams: list[Connection] = []
        self.closed = False
        self.calls = Turns(concurrency.calls)
        self.waits = Turns(concurrency.waits)
        self.for_calls = Connection(peer, tls)
        self.for_waits = Connection(peer, tls)

    @contextmanager
    def stream(self) -> Iterator[Connection]:
        """A connection with room for one more stream, which counts while it is entered."""
        free = [one for one in self._for_streams if one.streams < STREAMS_PER_CONNECTION]
        if free or self.closed:
            chosen = free[0] if free else self.for_calls
        else:
            chosen = Connection(self._peer, self._tls)
            self._for_streams.append(chosen)
        chosen.streams += 1
        try:
            yield chosen
        finally:
            chosen.streams -= 1

    @property
    def cancelled(self) -> bool:
        """Whether a CancelledError just now is of a call that closing the client ended, not of the task."""
        task = asyncio.current_task()
        return self.closed and not (task and task.cancelling())

    async def close(self) -> None:
        """End every call, stream and connection."""
        self.closed = True
        for connection in (self.for_calls, self.for_waits, *self._for_streams):
            await connection.close()


def _open(peer: Peer, tls: TlsClient | None) -> grpc.aio.Channel:
    if peer.insecure:
        return grpc.aio.insecure_channel(peer.address, options=_OPTIONS)
    options = list(_OPTIONS)
    if peer.server_name:
        options.append(("grpc.ssl_target_name_override", peer.server_name))
    credentials = grpc.ssl_channel_credentials(
        root_certificates=peer.tls_root,
        private_key=tls.key if tls else None,
        certificate_chain=tls.certificate if tls else None,
    )
    return grpc.aio.secure_channel(peer.address, credentials, options=options)
