"""The last step: how a transaction ended."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import transaction_pb2

from gateway.fabric.client import Client
from gateway.fabric.errors import CommitStatusError

VALID = transaction_pb2.VALID


@dataclass(frozen=True)
class Status:
    """How a transaction ended: the validation code, its name, and the block that it is in."""

    transaction_id: str
    code: int
    name: str
    block_number: int

    @property
    def successful(self) -> bool:
        return self.code == VALID


class Commit:
    """The commit of one transaction, whoever submitted it; ``bytes`` is what is signed to ask for it."""

    def __init__(
        self, client: Client, channel: str, transaction_id: str, signature: bytes | None = None
    ) -> None:
        self._client = client
        self._channel = channel
        self._given = signature
        self.transaction_id = transaction_id

    @property
    def digest(self) -> bytes:
        """The SHA-256 to sign elsewhere."""
        return hashlib.sha256(self.bytes).digest()

    def signed(self, signature: bytes) -> Commit:
        """The same request with a signature made elsewhere."""
        return Commit(self._client, self._channel, self.transaction_id, signature)

    async def status(self, seconds: float | None = None) -> Status:
        """Wait until it is committed, at most ``seconds``; CommitStatusError when it is not by then."""
        signed = gateway_pb2.SignedCommitStatusRequest(request=self.bytes, signature=self._signature)
        transport = self._client.transport
        timeout = transport.deadlines.commit_status if seconds is None else seconds
        answer = await transport.call(
            lambda gateway: gateway.CommitStatus(signed, timeout=timeout),
            CommitStatusError,
            self.transaction_id,
            repeatable=True,
        )
        return Status(self.transaction_id, answer.result, code_name(answer.result), answer.block_number)

    @cached_property
    def _signature(self) -> bytes:
        return self._client.sign(self.bytes) if self._given is None else self._given

    @cached_property
    def bytes(self) -> bytes:
        request = gateway_pb2.CommitStatusRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            identity=self._client.identity.serialized,
        )
        return request.SerializeToString()


def code_name(code: int) -> str:
    """A validation code's name; of one that this client does not know, its number."""
    try:
        return transaction_pb2.TxValidationCode.Name(code)
    except ValueError:
        return f"CODE_{code}"
