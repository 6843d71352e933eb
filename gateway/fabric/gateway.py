"""The client's connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from gateway.fabric import hashes
from gateway.fabric.calls import Deadlines
from gateway.fabric.client import Client
from gateway.fabric.connections import Concurrency
from gateway.fabric.hashes import Hash
from gateway.fabric.identity import Identity, KeySigner, Signer, signer_from_pem
from gateway.fabric.network import Network
from gateway.fabric.profile import Peer, Profile, TlsClient
from gateway.fabric.tracing import Tracing
from gateway.fabric.transport import Transport

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


class Gateway:
    """A connection to the network as one identity, for use in ``async with``."""

    def __init__(
        self,
        peers: Sequence[Peer],
        identity: Identity,
        signer: Signer | None,
        deadlines: Deadlines | None = None,
        tls: TlsClient | None = None,
        *,
        hash: Hash | None = None,
        concurrency: Concurrency | None = None,
        tracer: Tracer | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """``peers``: the preferred first. Without a signer every step is to be signed elsewhere.

        ``tls`` is shown to peers that ask for a TLS certificate. ``hash`` makes what the signer is given;
        where there is none, a signer from PEM names its own and others get SHA-256. With ``tracer`` each call
        has a span; it needs opentelemetry-api. ``clock`` gives the time of requests, in nanoseconds since
        1970; it is for networks whose clock is not this machine's.
        """
        tracing = Tracing(tracer) if tracer else None
        self._transport = Transport(peers, deadlines, tls, concurrency, tracing)
        if hash is None:
            hash = signer.hash if isinstance(signer, KeySigner) else hashes.sha256
        self._client = Client(identity, signer, hash, self._transport, clock)

    @property
    def identity(self) -> Identity:
        """Who this client is on the network."""
        return self._client.identity

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End every call and connection."""
        await self._transport.close()

    def network(self, channel: str) -> Network:
        """A channel; the network is not asked whether it exists."""
        return Network(self._client, channel)


def connect(
    profile: Profile,
    deadlines: Deadlines | None = None,
    *,
    passphrase: bytes | None = None,
    hash: Hash | None = None,
    concurrency: Concurrency | None = None,
    tracer: Tracer | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> Gateway:
    """A connection as a profile describes it; it is made when the first call needs it.

    ``passphrase`` is that of the profile's key where it is encrypted. Raises KeyNotSupported where the key is
    of a sort that Fabric does not take, or cannot be read.
    """
    return Gateway(
        profile.peers,
        Identity(profile.msp_id, profile.certificate),
        signer_from_pem(profile.key, passphrase),
        deadlines,
        profile.tls,
        hash=hash,
        concurrency=concurrency,
        tracer=tracer,
        clock=clock,
    )
