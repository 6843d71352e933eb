"""The gateway peers of one client, and the calls to them with their deadlines."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.fabric.calls import Deadlines, Method, Subject
from gateway.fabric.connections import Concurrency, Endpoint
from gateway.fabric.errors import GatewayCallError
from gateway.fabric.profile import Peer, TlsClient
from gateway.fabric.tracing import Metadata, Tracing

BUSY_ATTEMPTS = 6
BUSY_PAUSE_SECONDS = 0.05
# A peer too ends a call at its deadline. Where it is first, gRPC calls that cancelled by the peer.
CLOCKS_APART_SECONDS = 0.05


class Transport:
    """Calls go to the current peer until it cannot be reached."""

    def __init__(
        self,
        peers: Sequence[Peer],
        deadlines: Deadlines | None = None,
        tls: TlsClient | None = None,
        concurrency: Concurrency | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        if not peers:
            raise ValueError("a client needs at least one gateway peer")
        self.deadlines = deadlines or Deadlines()
        self.tls_certificate_hash = _hash(tls.certificate) if tls else b""
        self._endpoints = [Endpoint(peer, tls, concurrency or Concurrency()) for peer in peers]
        self._tracing = tracing
        self._current = 0
        self.closed = False

    async def close(self) -> None:
        self.closed = True
        for endpoint in self._endpoints:
            await endpoint.close()

    @property
    def current(self) -> Endpoint:
        """The peer that calls go to."""
        return self._endpoints[self._current]

    def lost(self, endpoint: Endpoint) -> None:
        """Turn to the next peer, unless another call already turned away from ``endpoint``."""
        if endpoint is self.current:
            self._current = (self._current + 1) % len(self._endpoints)

    async def call(self, method: Method, request: Any, subject: Subject, seconds: float | None) -> Any:
        """The answer to ``request``; the error is of the method's type.

        It takes at most ``seconds``, None for the method's deadline. A repeatable call goes to each other
        peer in turn while the one before cannot be reached. What a peer was too busy for is sent again.
        """
        limit: float = getattr(self.deadlines, method.deadline) if seconds is None else seconds
        ends = time.monotonic() + limit
        others = len(self._endpoints) - 1
        busy = 0
        while True:
            endpoint = self.current
            try:
                return await self._once(endpoint, method, request, subject, ends)
            except GatewayCallError as error:
                if error.code == grpc.StatusCode.UNAVAILABLE:
                    self.lost(endpoint)
                    if not (method.repeatable and others):
                        raise
                    others -= 1
                elif error.busy and busy < BUSY_ATTEMPTS:
                    pause = BUSY_PAUSE_SECONDS * 2**busy * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
                    busy += 1
                    if time.monotonic() + pause >= ends:
                        raise
                    await asyncio.sleep(pause)
                else:
                    raise

    async def _once(
        self, endpoint: Endpoint, method: Method, request: Any, subject: Subject, ends: float
    ) -> Any:
        turns, connection = endpoint.calls, endpoint.for_calls
        if method.waits:
            turns, connection = endpoint.waits, endpoint.for_waits
        with self._span(method, subject, endpoint) as metadata:
            try:
                async with asyncio.timeout(ends - time.monotonic()) as waiting, turns.turn(method.priority):
                    # From here on gRPC keeps the time: its deadline reaches the peer.
                    waiting.reschedule(None)
                    invoke = getattr(connection.gateway, method.name)
                    left = max(ends - time.monotonic(), 0.0)
                    return await invoke(request, timeout=left, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                left = ends - time.monotonic()
                if error.code() == grpc.StatusCode.CANCELLED and left < CLOCKS_APART_SECONDS:
                    code, words = grpc.StatusCode.DEADLINE_EXCEEDED, "the peer ended the call at its deadline"
                    raise method.failure(code, words, (), subject.transaction_id) from error
                raise method.failure.from_rpc(error, subject.transaction_id) from error
            except grpc.aio.UsageError as error:
                code, words = grpc.StatusCode.CANCELLED, "the client is closed"
                raise method.failure(code, words, (), subject.transaction_id) from error
            except asyncio.CancelledError as error:
                if not endpoint.cancelled:
                    raise
                code, words = grpc.StatusCode.CANCELLED, "the client was closed"
                raise method.failure(code, words, (), subject.transaction_id) from error
            except TimeoutError as error:
                code, words = grpc.StatusCode.DEADLINE_EXCEEDED, "its turn did not come in time"
                raise method.failure(code, words, (), subject.transaction_id) from error

    def _span(
        self, method: Method, subject: Subject, endpoint: Endpoint
    ) -> AbstractContextManager[Metadata | None]:
        if self._tracing is None:
            return nullcontext()
        return self._tracing.span(method, subject, endpoint.address)


def _hash(certificate: bytes) -> bytes:
    """SHA-256 of a certificate's DER: what ties a request for blocks to its TLS connection."""
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return hashlib.sha256(der).digest()
