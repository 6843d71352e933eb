"""What every step of a transaction shares."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.fabric.errors import FabricError
from gateway.fabric.identity import Identity, Signer
from gateway.fabric.transport import Transport


class NotSigned(FabricError):
    """A step was to be sent without a signature, by a client that has no signer."""


@dataclass(frozen=True)
class Client:
    """Who signs, and how calls reach the network; without a signer, all is signed elsewhere."""

    identity: Identity
    signer: Signer | None
    transport: Transport

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message``; NotSigned where the client has no signer."""
        if self.signer is None:
            raise NotSigned("no signature was given and the client has no signer")
        return self.signer(message)
