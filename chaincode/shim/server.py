"""The server that peers connect to."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaincode.shim.connection import PeerConnection
from chaincode.shim.http2 import Session
from chaincode.shim.limits import Limits
from chaincode.shim.response import Chaincode
from chaincode.shim.socket_file import SocketFile
from http2 import unix_socket

log = logging.getLogger(__name__)

METHOD = "/protos.Chaincode/Connect"

_HANDSHAKE_SECONDS = 10.0
# For cancelled transactions to end; a chaincode that holds on longer is left behind.
_CANCEL_SECONDS = 1.0


class _Handshake(ssl.SSLObject):
    """Reports a handshake that fails; asyncio drops such a connection without a word."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            log.warning("TLS handshake failed: %s", error.reason)
            raise


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

    def context(self) -> ssl.SSLContext:
        """TLS 1.3 with client authentication; OSError where a file cannot be read or used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sslobject_class = _Handshake
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["h2"])
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


class ChaincodeServer:
    """One chaincode on one address; any number of peers may connect."""

    def __init__(self, chaincode: Chaincode, package_id: str, limits: Limits) -> None:
        self._chaincode = chaincode
        self._package_id = package_id
        self._limits = limits
        self._server: asyncio.Server | None = None
        self._file: SocketFile | None = None
        self._sessions: set[Session] = set()
        self._connections: set[PeerConnection] = set()
        self._stopped = asyncio.Event()

    @property
    def port(self) -> int:
        """The TCP port that it listens on; 0 before the start and after the stop, and with a Unix socket."""
        sockets = self._server.sockets if self._server else ()
        return next((one.getsockname()[1] for one in sockets if one.family != socket.AF_UNIX), 0)

    async def start(self, address: str, tls: TlsFiles | None) -> None:
        """Listen; OSError and ValueError as `serve` says."""
        loop = asyncio.get_running_loop()
        path = unix_socket.path_in(address)
        if path is not None:
            if tls is not None:
                raise ValueError(f"{address}: a Unix socket has no TLS")
            self._file = SocketFile(path)
            self._server = await loop.create_unix_server(self._session, sock=self._file.socket)
            return
        host, _, port = address.rpartition(":")
        self._server = await loop.create_server(
            self._session,
            host.strip("[]"),
            int(port),
            ssl=tls.context() if tls else None,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if tls else None,
        )

    async def stop(self, grace: float = 5.0) -> None:
        """Stop listening, let running transactions finish for `grace` seconds, then end them."""
        if self._server is None or self._stopped.is_set():
            return
        self._server.close()
        if self._file is not None:
            self._file.remove()
        await self._drained(grace)
        for session in list(self._sessions):
            session.close(reason="the chaincode server is stopping")
        if not await self._drained(_CANCEL_SECONDS):
            log.error("transactions ignore their cancellation package=%s", self._package_id)
        self._stopped.set()

    async def wait(self) -> None:
        """Return when the server has stopped."""
        await self._stopped.wait()

    async def _drained(self, seconds: float) -> bool:
        """Wait until no transaction runs; False where one still does after that time."""
        connections = list(self._connections)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(connection.drain() for connection in connections))
        except TimeoutError:
            return False
        self._connections.difference_update(connections)
        return True

    def _session(self) -> Session:
        return Session(METHOD, self._open, self._sessions)

    def _open(self, peer: str, send: Callable[[bytes], None]) -> PeerConnection:
        connection = PeerConnection(
            self._chaincode, self._package_id, peer, send, self._limits, self._connections.discard
        )
        self._connections.add(connection)
        connection.register()
        return connection


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
        address: `host:port`, where port 0 takes a free one (`ChaincodeServer.port`); or `unix:PATH`, a
            socket for peers of the same account on the same machine, in a folder of mode 700.
        tls: with it, peers must present a certificate; None listens in plain text. A Unix socket has none:
            who may connect is said by its folder.
        limits: bounds other than the usual ones.

    Raises:
        OSError: the address is taken, a TLS file cannot be used, or others may enter the socket's folder.
        ValueError: TLS for a Unix socket.
    """
    server = ChaincodeServer(chaincode, package_id, limits or Limits())
    await server.start(address, tls)
    return server
