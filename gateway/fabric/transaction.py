"""A transaction's way: proposal, endorsed transaction, commit. Each step is immutable and made of bytes."""

from __future__ import annotations

import builtins
import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import (
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf.message import DecodeError

from gateway.fabric.errors import CommitStatusError, EndorseError, EvaluateError, FabricError, SubmitError
from gateway.fabric.identity import Identity, Signer
from gateway.fabric.transport import Transport

VALID = transaction_pb2.VALID
NONCE_BYTES = 24


@dataclass(frozen=True)
class Client:
    """What every step needs: who signs, and how calls reach the network."""

    identity: Identity
    sign: Signer
    transport: Transport


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


class Proposal:
    """A proposed call of a transaction function; ``bytes`` is what is signed, ``digest`` its SHA-256."""

    def __init__(
        self,
        client: Client,
        channel: str,
        transaction_id: str,
        proposal: bytes,
        organizations: Sequence[str] = (),
        signature: bytes | None = None,
    ) -> None:
        self._client = client
        self._channel = channel
        self._organizations = list(organizations)
        self._signature = signature
        self.transaction_id = transaction_id
        self.bytes = proposal

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.bytes).digest()

    def signed(self, signature: builtins.bytes) -> Proposal:
        """The same proposal with a signature made elsewhere."""
        return Proposal(
            self._client, self._channel, self.transaction_id, self.bytes, self._organizations, signature
        )

    async def evaluate(self) -> bytes:
        """Run it on one peer and return the function's result; EvaluateError."""
        request = gateway_pb2.EvaluateRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            proposed_transaction=self._signed_proposal(),
            target_organizations=self._organizations,
        )
        transport = self._client.transport
        answer = await transport.call(
            lambda gateway: gateway.Evaluate(request, timeout=transport.deadlines.evaluate),
            EvaluateError,
            self.transaction_id,
            repeatable=True,
        )
        return answer.result.payload

    async def endorse(self) -> Transaction:
        """Have it endorsed as the chaincode's policy asks; EndorseError."""
        request = gateway_pb2.EndorseRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            proposed_transaction=self._signed_proposal(),
            endorsing_organizations=self._organizations,
        )
        transport = self._client.transport
        answer = await transport.call(
            lambda gateway: gateway.Endorse(request, timeout=transport.deadlines.endorse),
            EndorseError,
            self.transaction_id,
            repeatable=True,
        )
        return Transaction(self._client, answer.prepared_transaction)

    def _signed_proposal(self) -> proposal_pb2.SignedProposal:
        signature = self._signature or self._client.sign(self.bytes)
        return proposal_pb2.SignedProposal(proposal_bytes=self.bytes, signature=signature)


class Transaction:
    """An endorsed transaction; ``bytes`` is the signed envelope, which can be stored and submitted again."""

    def __init__(self, client: Client, envelope: common_pb2.Envelope) -> None:
        self._client = client
        self._payload = envelope.payload
        self._signature = envelope.signature
        payload = common_pb2.Payload.FromString(self._payload)
        header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
        self._data = payload.data
        self._channel = header.channel_id
        self.transaction_id: str = header.tx_id

    @property
    def digest(self) -> bytes:
        """The SHA-256 to sign elsewhere."""
        return hashlib.sha256(self._payload).digest()

    def signed(self, signature: builtins.bytes) -> Transaction:
        """The same transaction with a signature made elsewhere."""
        return Transaction(self._client, common_pb2.Envelope(payload=self._payload, signature=signature))

    @cached_property
    def envelope(self) -> common_pb2.Envelope:
        """The envelope, signed by the client unless it was signed elsewhere."""
        signature = self._signature or self._client.sign(self._payload)
        return common_pb2.Envelope(payload=self._payload, signature=signature)

    @property
    def bytes(self) -> bytes:
        return self.envelope.SerializeToString()

    @cached_property
    def result(self) -> builtins.bytes:
        """What the transaction function returned."""
        transaction = transaction_pb2.Transaction.FromString(self._data)
        action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload).action
        answer = proposal_response_pb2.ProposalResponsePayload.FromString(action.proposal_response_payload)
        return proposal_pb2.ChaincodeAction.FromString(answer.extension).response.payload

    async def submit(self) -> Commit:
        """Send it to the orderer; SubmitError, after which it may or may not have arrived."""
        request = gateway_pb2.SubmitRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            prepared_transaction=self.envelope,
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


class Commit:
    """The commit of one transaction, whoever submitted it."""

    def __init__(self, client: Client, channel: str, transaction_id: str) -> None:
        self._client = client
        self._channel = channel
        self.transaction_id = transaction_id

    async def status(self, seconds: float | None = None) -> Status:
        """Wait until it is committed, at most ``seconds``; CommitStatusError when it is not by then."""
        request = gateway_pb2.CommitStatusRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            identity=self._client.identity.serialized,
        ).SerializeToString()
        signed = gateway_pb2.SignedCommitStatusRequest(request=request, signature=self._client.sign(request))
        transport = self._client.transport
        answer = await transport.call(
            lambda gateway: gateway.CommitStatus(
                signed, timeout=seconds if seconds is not None else transport.deadlines.commit_status
            ),
            CommitStatusError,
            self.transaction_id,
            repeatable=True,
        )
        return Status(self.transaction_id, answer.result, code_name(answer.result), answer.block_number)


def code_name(code: int) -> str:
    """A validation code's name; of one that this client does not know, its number."""
    try:
        return transaction_pb2.TxValidationCode.Name(code)
    except ValueError:
        return f"CODE_{code}"


def propose(
    client: Client,
    channel: str,
    chaincode: str,
    arguments: Sequence[bytes],
    transient: Mapping[str, bytes] | None = None,
    organizations: Sequence[str] = (),
) -> Proposal:
    """A proposal to call ``chaincode``; ``arguments`` begin with the function's name.

    ``transient`` reaches the endorsers and never the ledger; ``organizations`` (MSP ids) must endorse.
    """
    nonce = os.urandom(NONCE_BYTES)
    creator = client.identity.serialized
    transaction_id = hashlib.sha256(nonce + creator).hexdigest()
    header = proposal_header(channel, chaincode, transaction_id, creator, nonce)
    spec = chaincode_pb2.ChaincodeInvocationSpec(
        chaincode_spec=chaincode_pb2.ChaincodeSpec(
            type=chaincode_pb2.ChaincodeSpec.NODE,
            chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode),
            input=chaincode_pb2.ChaincodeInput(args=arguments),
        )
    )
    payload = proposal_pb2.ChaincodeProposalPayload(
        input=spec.SerializeToString(), TransientMap=dict(transient or {})
    )
    proposal = proposal_pb2.Proposal(header=header.SerializeToString(), payload=payload.SerializeToString())
    return Proposal(client, channel, transaction_id, proposal.SerializeToString(), organizations)


def proposal_header(
    channel: str, chaincode: str, transaction_id: str, creator: bytes, nonce: bytes
) -> common_pb2.Header:
    """The header of a call; its time is this machine's clock."""
    extension = proposal_pb2.ChaincodeHeaderExtension(chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode))
    header = common_pb2.ChannelHeader(
        type=common_pb2.ENDORSER_TRANSACTION,
        channel_id=channel,
        tx_id=transaction_id,
        extension=extension.SerializeToString(),
    )
    now = time.time_ns()
    header.timestamp.seconds, header.timestamp.nanos = divmod(now, 1_000_000_000)
    signature_header = common_pb2.SignatureHeader(creator=creator, nonce=nonce)
    return common_pb2.Header(
        channel_header=header.SerializeToString(),
        signature_header=signature_header.SerializeToString(),
    )


def transaction_from(client: Client, envelope: bytes) -> Transaction:
    """A stored envelope's transaction; FabricError where the bytes are none."""
    try:
        return Transaction(client, common_pb2.Envelope.FromString(envelope))
    except DecodeError as error:
        raise FabricError("these bytes are no transaction's envelope") from error
