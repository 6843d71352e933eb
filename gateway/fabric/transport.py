"""Channels to the gateway peers, and the calls on them with their deadlines."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.gateway import gateway_pb2_grpc
from fabric_protos.peer import events_pb2_grpc

from gateway.fabric.errors import GatewayCallError
from gateway.fabric.profile import Peer, TlsClient

Answer = TypeVar("Answer")

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
)


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each sort of call may take."""

    evaluate: float = 30.0
    endorse: float = 30.0
    submit: float = 10.0
    commit_status: float = 60.0


class Endpoint:
    """One gateway peer: its Gateway service and its Deliver service."""

    def __init__(self, peer: Peer, tls: TlsClient | None) -> None:
        self.address = peer.address
        self.channel = _open(peer, tls)
        self.gateway: Any = gateway_pb2_grpc.GatewayStub(self.channel)
        self.deliver: Any = events_pb2_grpc.DeliverStub(self.channel)


class Transport:
    """The gateway peers of one client; calls go to the current one until it cannot be reached."""

    def __init__(self, peers: Sequence[Peer], deadlines: Deadlines, tls: TlsClient | None = None) -> None:
        if not peers:
            raise ValueError("a client needs at least one gateway peer")
        self.deadlines = deadlines
        self.tls_certificate_hash = _hash(tls.certificate) if tls else b""
        self._endpoints = [Endpoint(peer, tls) for peer in peers]
        self._current = 0

    async def close(self) -> None:
        for endpoint in self._endpoints:
            await endpoint.channel.close()

    @property
    def current(self) -> Endpoint:
        """The peer that calls go to."""
        return self._endpoints[self._current]

    def lost(self, endpoint: Endpoint) -> None:
        """Turn to the next peer, unless another call already turned away from ``endpoint``."""
        if endpoint is self.current:
            self._current = (self._current + 1) % len(self._endpoints)

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
        left = len(self._endpoints) - 1
        while True:
            endpoint = self.current
            try:
                return await invoke(endpoint.gateway)
            except grpc.aio.AioRpcError as error:
                unreachable = error.code() == grpc.StatusCode.UNAVAILABLE
                if unreachable:
                    self.lost(endpoint)
                if not (unreachable and repeatable and left):
                    raise failure.from_rpc(error, transaction_id) from error
                left -= 1
            except grpc.aio.UsageError as error:
                raise failure(
                    grpc.StatusCode.CANCELLED, "the client is closed", (), transaction_id
                ) from error


def _open(peer: Peer, tls: TlsClient | None) -> grpc.aio.Channel:
    if peer.tls_root is None:
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


def _hash(certificate: bytes) -> bytes:
    """SHA-256 of a certificate's DER: what ties a request for blocks to its TLS connection."""
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return hashlib.sha256(der).digest()
