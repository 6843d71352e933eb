"""What every step of a transaction shares."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.fabric.errors import FabricError
from gateway.fabric.hashes import Hash
from gateway.fabric.identity import Identity, Signer
from gateway.fabric.transport import Transport


class NotSigned(FabricError):
    """A step was to be sent without a signature, by a client that has no signer."""


@dataclass(frozen=True, eq=False)
class Client:
    """Who signs, and how calls reach the network; without a signer, all is signed elsewhere.

    Attributes:
        hash: makes of a message what the signer is given.
        clock: the time of its requests, in nanoseconds since 1970.
    """

    identity: Identity
    signer: Signer | None
    hash: Hash
    transport: Transport
    clock: Callable[[], int] = time.time_ns

    async def sign(self, message: bytes) -> bytes:
        """The signature of ``message``; NotSigned where the client has no signer."""
        if self.signer is None:
            raise NotSigned("no signature was given and the client has no signer")
        signature = self.signer(self.hash(message))
        return await signature if isinstance(signature, Awaitable) else signature
