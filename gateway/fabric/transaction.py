"""The second step: an endorsed transaction, to sign, to store and to submit."""

from __future__ import annotations

import hashlib
from functools import cached_property

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.client import Client
from gateway.fabric.commit import Commit
from gateway.fabric.errors import FabricError, SubmitError


class Transaction:
    """An endorsed transaction.

    Attributes:
        transaction_id: its id.
        payload: what is signed; ``digest`` is its SHA-256.
        bytes: the signed envelope, which can be stored and submitted again.
        result: what the transaction function returned.
    """

    def __init__(self, client: Client, envelope: common_pb2.Envelope) -> None:
        """Raises FabricError where the envelope holds no endorsed transaction."""
        self._client = client
        self._given = envelope.signature
        self.payload = envelope.payload
        try:
            payload = common_pb2.Payload.FromString(self.payload)
            header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
            self.result = _result(payload.data)
        except (DecodeError, IndexError) as error:
            raise FabricError("these bytes are no endorsed transaction's envelope") from error
        self._channel = header.channel_id
        self.transaction_id: str = header.tx_id

    @property
    def digest(self) -> bytes:
        """The SHA-256 to sign elsewhere."""
        return hashlib.sha256(self.payload).digest()

    def signed(self, signature: bytes) -> Transaction:
        """The same transaction with a signature made elsewhere."""
        return Transaction(self._client, common_pb2.Envelope(payload=self.payload, signature=signature))

    @property
    def bytes(self) -> bytes:
        return self._envelope.SerializeToString()

    async def submit(self) -> Commit:
        """Send it to the orderer; SubmitError, after which it may or may not have arrived."""
        request = gateway_pb2.SubmitRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            prepared_transaction=self._envelope,
        )
        transport = self._client.transport
        await transport.call(
            lambda gateway: gateway.Submit(request, timeout=transport.deadlines.submit),
            SubmitError,
            self.transaction_id,
            repeatable=False,
        )
        return self.commit

    @property
    def commit(self) -> Commit:
        """Where to ask how it ended."""
        return Commit(self._client, self._channel, self.transaction_id)

    @cached_property
    def _envelope(self) -> common_pb2.Envelope:
        """Signed once: what is sent again is, byte for byte, what was sent before."""
        signature = self._given or self._client.sign(self.payload)
        return common_pb2.Envelope(payload=self.payload, signature=signature)


def transaction_from(client: Client, envelope: bytes) -> Transaction:
    """A stored envelope's transaction; FabricError where the bytes are none."""
    try:
        return Transaction(client, common_pb2.Envelope.FromString(envelope))
    except DecodeError as error:
        raise FabricError("these bytes are no endorsed transaction's envelope") from error


def _result(data: bytes) -> bytes:
    transaction = transaction_pb2.Transaction.FromString(data)
    action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload).action
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(action.proposal_response_payload)
    return proposal_pb2.ChaincodeAction.FromString(answer.extension).response.payload
