"""The last step: how a transaction ended."""

from __future__ import annotations

from dataclasses import dataclass

from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import transaction_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.calls import COMMIT_STATUS, Subject
from gateway.fabric.client import Client
from gateway.fabric.errors import FabricError
from gateway.fabric.signable import Signable

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


@dataclass(frozen=True, repr=False)
class Commit(Signable):
    """The commit of one transaction, whoever submitted it.

    Attributes:
        subject: the transaction, and its chaincode where that is known.
    """

    subject: Subject

    @property
    def transaction_id(self) -> str:
        return self.subject.transaction_id

    @property
    def channel(self) -> str:
        return self.subject.channel

    async def status(self, seconds: float | None = None) -> Status:
        """Wait until it is committed, at most ``seconds``; CommitStatusError when it is not by then."""
        signed = await self.sign()
        request = gateway_pb2.SignedCommitStatusRequest(request=signed.message, signature=signed.signature)
        transport = self.client.transport
        answer = await transport.call(COMMIT_STATUS, request, self.subject, seconds)
        return Status(self.transaction_id, answer.result, code_name(answer.result), answer.block_number)

    @property
    def bytes(self) -> bytes:
        request = gateway_pb2.SignedCommitStatusRequest(request=self.message, signature=self.signature)
        return request.SerializeToString()


@dataclass(frozen=True, repr=False)
class SubmittedTransaction(Commit):
    """The commit of a transaction that this client submitted.

    Attributes:
        result: what the transaction function returned; it counts once the status is successful.
    """

    result: bytes


def commit_message(client: Client, subject: Subject) -> bytes:
    """The request for a transaction's status, as it is signed."""
    request = gateway_pb2.CommitStatusRequest(
        transaction_id=subject.transaction_id,
        channel_id=subject.channel,
        identity=client.identity.serialized,
    )
    return request.SerializeToString()


def commit_from(client: Client, request: bytes) -> Commit:
    """The commit that a request's ``bytes`` are of; FabricError where they are none."""
    try:
        signed = gateway_pb2.SignedCommitStatusRequest.FromString(request)
        asked = gateway_pb2.CommitStatusRequest.FromString(signed.request)
    except DecodeError as error:
        raise FabricError("these bytes are no request for a commit's status") from error
    if not asked.transaction_id:
        raise FabricError("these bytes are no request for a commit's status")
    return Commit(client, signed.request, signed.signature, Subject(asked.transaction_id, asked.channel_id))


def code_name(code: int) -> str:
    """A validation code's name; of one that this client does not know, its number."""
    try:
        return transaction_pb2.TxValidationCode.Name(code)
    except ValueError:
        return f"CODE_{code}"
