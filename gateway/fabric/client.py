"""What every step of a transaction shares."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.fabric.errors import FabricError
from gateway.fabric.identity import Identity, Signer
from gateway.fabric.transport import Transport


class NotSigned(FabricError):
    """A step was to be sent without a signature, by a client that has no signer."""


@dataclass(frozen=True)
class Client:
    """Who signs, and how calls reach the network; without a signer, all is signed elsewhere.

    ``clock`` gives the time of its requests, in nanoseconds since 1970.
    """

    identity: Identity
    signer: Signer | None
    transport: Transport
    clock: Callable[[], int] = time.time_ns

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message``; NotSigned where the client has no signer."""
        if self.signer is None:
            raise NotSigned("no signature was given and the client has no signer")
        return self.signer(message)
