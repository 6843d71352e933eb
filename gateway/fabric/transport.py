"""Channels to the gateway peers, and the calls on them with their deadlines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from fabric_protos.gateway import gateway_pb2_grpc
from fabric_protos.peer import events_pb2_grpc

from gateway.fabric.errors import GatewayCallError
from gateway.fabric.profile import Peer

Answer = TypeVar("Answer")

_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.max_receive_message_length", 100 * 1024 * 1024),
    ("grpc.max_send_message_length", 100 * 1024 * 1024),
    # A peer closes a connection that is pinged more often than once a minute.
    ("grpc.keepalive_time_ms", 90_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # A peer that restarts is found again in a second, not in a minute.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),
]


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each sort of call may take."""

    evaluate: float = 30.0
    endorse: float = 30.0
    submit: float = 10.0
    commit_status: float = 60.0


class Transport:
    """The gateway peers of one client; calls go to the current one until it cannot be reached."""

    def __init__(self, peers: Sequence[Peer], deadlines: Deadlines) -> None:
        if not peers:
            raise ValueError("a client needs at least one gateway peer")
        self.deadlines = deadlines
        self._channels = [_open(peer) for peer in peers]
        self._gateways = [gateway_pb2_grpc.GatewayStub(channel) for channel in self._channels]
        self._delivers = [events_pb2_grpc.DeliverStub(channel) for channel in self._channels]
        self._current = 0

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()

    @property
    def gateway(self) -> Any:
        """The current peer's Gateway service."""
        return self._gateways[self._current]

    @property
    def deliver(self) -> Any:
        """The current peer's Deliver service."""
        return self._delivers[self._current]

    def next_peer(self) -> None:
        """Turn to the next peer, after the current one could not be reached."""
        self._current = (self._current + 1) % len(self._channels)

    async def call(
        self,
        invoke: Callable[[Any], Awaitable[Answer]],
        failure: type[GatewayCallError],
        transaction_id: str,
        repeatable: bool,
    ) -> Answer:
        """``invoke`` with the Gateway service; the error is of type ``failure``.

        A ``repeatable`` call goes to each other peer in turn while the one before cannot be reached.
        """
        left = len(self._channels) - 1
        while True:
            try:
                return await invoke(self.gateway)
            except grpc.aio.AioRpcError as error:
                unreachable = error.code() == grpc.StatusCode.UNAVAILABLE
                if unreachable:
                    self.next_peer()
                if not (unreachable and repeatable and left):
                    raise failure.from_rpc(error, transaction_id) from error
                left -= 1


def _open(peer: Peer) -> grpc.aio.Channel:
    if peer.tls_root is None:
        return grpc.aio.insecure_channel(peer.address, options=_OPTIONS)
    options = list(_OPTIONS)
    if peer.server_name:
        options.append(("grpc.ssl_target_name_override", peer.server_name))
    credentials = grpc.ssl_channel_credentials(root_certificates=peer.tls_root)
    return grpc.aio.secure_channel(peer.address, credentials, options=options)
