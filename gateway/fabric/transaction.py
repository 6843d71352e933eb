"""The second step: an endorsed transaction, to sign, to store and to submit."""

from __future__ import annotations

from dataclasses import dataclass

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.calls import SUBMIT, Subject
from gateway.fabric.client import Client
from gateway.fabric.commit import SubmittedTransaction, commit_message
from gateway.fabric.errors import FabricError
from gateway.fabric.headers import subject
from gateway.fabric.signable import Signable


@dataclass(frozen=True, repr=False)
class Transaction(Signable):
    """An endorsed transaction.

    It is signed once, at the latest before it is first sent: what is sent again, from here or from its stored
    ``bytes``, is byte for byte what was sent before.

    Attributes:
        subject: its id, channel and chaincode.
        result: what the transaction function returned.
    """

    subject: Subject
    result: bytes

    @property
    def transaction_id(self) -> str:
        return self.subject.transaction_id

    @property
    def channel(self) -> str:
        return self.subject.channel

    async def submit(self, seconds: float | None = None) -> SubmittedTransaction:
        """Send it to the orderer; SubmitError, after which it may or may not have arrived."""
        signed = await self.sign()
        request = gateway_pb2.SubmitRequest(
            transaction_id=self.transaction_id,
            channel_id=self.channel,
            prepared_transaction=signed._envelope,
        )
        await self.client.transport.call(SUBMIT, request, self.subject, seconds)
        return self.commit

    @property
    def commit(self) -> SubmittedTransaction:
        """Where to ask how it ended."""
        message = commit_message(self.client, self.subject)
        return SubmittedTransaction(self.client, message, b"", self.subject, self.result)

    @property
    def _envelope(self) -> common_pb2.Envelope:
        return common_pb2.Envelope(payload=self.message, signature=self.signature)

    @property
    def bytes(self) -> bytes:
        prepared = gateway_pb2.PreparedTransaction(
            transaction_id=self.transaction_id, envelope=self._envelope
        )
        return prepared.SerializeToString()


def transaction_from(client: Client, prepared: bytes) -> Transaction:
    """The transaction whose ``bytes`` these are; FabricError where they are none."""
    try:
        return transaction_of(client, gateway_pb2.PreparedTransaction.FromString(prepared).envelope)
    except DecodeError as error:
        raise FabricError("these bytes are no endorsed transaction") from error


def transaction_of(client: Client, envelope: common_pb2.Envelope) -> Transaction:
    """The transaction of an envelope; FabricError where it holds none."""
    try:
        payload = common_pb2.Payload.FromString(envelope.payload)
        about = subject(payload.header)
        result = _result(payload.data)
    except (DecodeError, IndexError) as error:
        raise FabricError("these bytes are no endorsed transaction") from error
    return Transaction(client, envelope.payload, envelope.signature, about, result)


def _result(data: bytes) -> bytes:
    transaction = transaction_pb2.Transaction.FromString(data)
    action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload).action
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(action.proposal_response_payload)
    return proposal_pb2.ChaincodeAction.FromString(answer.extension).response.payload
