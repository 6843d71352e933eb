"""A request to the network that is signed before it is sent, here or elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self

from gateway.fabric.client import Client


@dataclass(frozen=True, repr=False)
class Signable(ABC):
    """An immutable request.

    Whoever signs elsewhere carries ``bytes`` there and back, and signs either ``digest`` or, where the signer
    hashes for itself, ``message``.

    Attributes:
        message: what is signed.
        signature: its signature, b"" while there is none.
    """

    client: Client
    message: bytes
    signature: bytes

    @property
    def digest(self) -> bytes:
        """What a signer is given: the client's hash of ``message``."""
        return self.client.hash(self.message)

    def signed(self, signature: bytes) -> Self:
        """The same request with a signature made elsewhere."""
        return replace(self, signature=signature)

    async def sign(self) -> Self:
        """This request where it is signed, else the same one signed by the client; NotSigned."""
        return self if self.signature else self.signed(await self.client.sign(self.message))

    @property
    @abstractmethod
    def bytes(self) -> bytes:
        """The whole request with the signature that it has, to be stored or carried to another client.

        The official clients write and read the same bytes.
        """
