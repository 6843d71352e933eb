"""The client's connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType

from gateway.fabric.client import Client
from gateway.fabric.identity import Identity, Signer, signer_from_pem
from gateway.fabric.network import Network
from gateway.fabric.profile import Peer, Profile, TlsClient
from gateway.fabric.transport import Deadlines, Transport


class Gateway:
    """A connection to the network as one identity, for use in ``async with``."""

    def __init__(
        self,
        peers: Sequence[Peer],
        identity: Identity,
        signer: Signer | None,
        deadlines: Deadlines | None = None,
        tls: TlsClient | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """``peers``: the preferred first. Without a signer every step is to be signed elsewhere.

        ``tls`` is shown to peers that ask for a TLS certificate. ``clock`` gives the time of requests, in
        nanoseconds since 1970; it is for networks whose clock is not this machine's.
        """
        self._transport = Transport(peers, deadlines or Deadlines(), tls)
        self._client = Client(identity, signer, self._transport, clock)

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
    profile: Profile, deadlines: Deadlines | None = None, *, clock: Callable[[], int] = time.time_ns
) -> Gateway:
    """A connection as a profile describes it; it is made when the first call needs it.

    Raises KeyNotSupported where the profile's key is of a sort that Fabric does not take.
    """
    identity = Identity(profile.msp_id, profile.certificate)
    return Gateway(profile.peers, identity, signer_from_pem(profile.key), deadlines, profile.tls, clock)
