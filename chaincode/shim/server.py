"""The gRPC server that peers connect to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio

from chaincode.shim.connection import PeerConnection
from chaincode.shim.errors import ShimError
from chaincode.shim.limits import MAX_MESSAGE_BYTES, Limits
from chaincode.shim.response import Chaincode

log = logging.getLogger(__name__)

_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the server.

    Attributes:
        certificate: the server's certificate chain.
        key: its private key.
        client_ca: roots that a peer's client certificate must lead to; a peer without one is refused.
    """

    certificate: Path
    key: Path
    client_ca: Path

    def credentials(self) -> grpc.ServerCredentials:
        """Read the files; OSError where one cannot be read."""
        return grpc.ssl_server_credentials(
            [(self.key.read_bytes(), self.certificate.read_bytes())],
            root_certificates=self.client_ca.read_bytes(),
            require_client_auth=True,
        )


class ChaincodeServer:
    """One chaincode on one address; any number of peers may connect."""

    def __init__(self, chaincode: Chaincode, package_id: str, limits: Limits) -> None:
        self._chaincode = chaincode
        self._package_id = package_id
        self._limits = limits
        self._server: grpc.aio.Server | None = None
        self._connections: set[PeerConnection] = set()
        self.port = 0

    async def start(self, address: str, tls: TlsFiles | None) -> None:
        """Listen; OSError where the address is taken."""
        server = grpc.aio.server(options=_OPTIONS)
        handler = grpc.stream_stream_rpc_method_handler(self._connect)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("protos.Chaincode", {"Connect": handler}),)
        )
        try:
            if tls is None:
                self.port = server.add_insecure_port(address)
            else:
                self.port = server.add_secure_port(address, tls.credentials())
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}") from error
        await server.start()
        self._server = server

    async def stop(self, grace: float = 5.0) -> None:
        """Stop listening, let running transactions finish for `grace` seconds, then end them."""
        if self._server is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await asyncio.gather(*(connection.drain() for connection in self._connections))
        await self._server.stop(0)

    async def wait(self) -> None:
        """Return when the server has stopped."""
        if self._server is not None:
            await self._server.wait_for_termination()

    async def _connect(self, requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext) -> None:
        outbox: deque[bytes] = deque()
        filled = asyncio.Event()

        def send(data: bytes) -> None:
            outbox.append(data)
            filled.set()

        async def write() -> None:
            while True:
                await filled.wait()
                filled.clear()
                while outbox:
                    await context.write(outbox.popleft())

        connection = PeerConnection(self._chaincode, self._package_id, context.peer(), send, self._limits)
        self._connections.add(connection)
        writer = asyncio.create_task(write())
        try:
            connection.register()
            async for data in requests:
                connection.receive(data)
        except ShimError as error:
            log.error("closing the stream peer=%s: %s", context.peer(), error)
        finally:
            self._connections.discard(connection)
            writer.cancel()
            await connection.close()
            await asyncio.wait([writer])


async def serve(
    chaincode: Chaincode,
    *,
    package_id: str,
    address: str,
    tls: TlsFiles | None,
    limits: Limits | None = None,
) -> ChaincodeServer:
    """Serve a chaincode until `stop`.

    Args:
        chaincode: what runs the transactions.
        package_id: the id that the peer computed at installation, `label:hash`.
        address: `host:port`; port 0 takes a free one (`ChaincodeServer.port`).
        tls: with it, peers must present a certificate; None listens in plain text.
        limits: bounds other than the usual ones.

    Raises:
        OSError: the address is taken or a TLS file cannot be read.
    """
    server = ChaincodeServer(chaincode, package_id, limits or Limits())
    await server.start(address, tls)
    return server
