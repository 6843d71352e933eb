"""The first step: a call of a transaction function, proposed to the peers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.calls import ENDORSE, EVALUATE, Subject
from gateway.fabric.client import Client
from gateway.fabric.errors import FabricError
from gateway.fabric.headers import header, nonce, subject
from gateway.fabric.signable import Signable
from gateway.fabric.transaction import Transaction, transaction_of


@dataclass(frozen=True, repr=False)
class Proposal(Signable):
    """A proposed call of a transaction function.

    Attributes:
        subject: its transaction id, channel and chaincode.
        organizations: the MSP ids that are to answer it, empty for the peer to choose.
    """

    subject: Subject
    organizations: tuple[str, ...]

    @property
    def transaction_id(self) -> str:
        return self.subject.transaction_id

    @property
    def channel(self) -> str:
        return self.subject.channel

    async def evaluate(self, seconds: float | None = None) -> bytes:
        """Run it on one peer and return the function's result; EvaluateError."""
        request = await self._request(gateway_pb2.EvaluateRequest, "target_organizations")
        answer = await self.client.transport.call(EVALUATE, request, self.subject, seconds)
        return answer.result.payload

    async def endorse(self, seconds: float | None = None) -> Transaction:
        """Have it endorsed as the chaincode's policy asks, and sign what comes of it; EndorseError.

        The transaction is left unsigned where the client has no signer.
        """
        request = await self._request(gateway_pb2.EndorseRequest, "endorsing_organizations")
        answer = await self.client.transport.call(ENDORSE, request, self.subject, seconds)
        transaction = transaction_of(self.client, answer.prepared_transaction)
        return await transaction.sign() if self.client.signer else transaction

    async def _request(self, kind: type, organizations: str) -> Any:
        """What the peer is asked: the same of both calls but for the type and one field's name."""
        signed = await self.sign()
        return kind(
            transaction_id=self.transaction_id,
            channel_id=self.channel,
            proposed_transaction=signed._signed_proposal,
            **{organizations: self.organizations},
        )

    @property
    def _signed_proposal(self) -> proposal_pb2.SignedProposal:
        return proposal_pb2.SignedProposal(proposal_bytes=self.message, signature=self.signature)

    @property
    def bytes(self) -> bytes:
        proposed = gateway_pb2.ProposedTransaction(
            transaction_id=self.transaction_id,
            proposal=self._signed_proposal,
            endorsing_organizations=self.organizations,
        )
        return proposed.SerializeToString()


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
    once = nonce()
    creator = client.identity.serialized
    transaction_id = hashlib.sha256(once + creator).hexdigest()
    called = chaincode_pb2.ChaincodeID(name=chaincode)
    extension = proposal_pb2.ChaincodeHeaderExtension(chaincode_id=called).SerializeToString()
    proposed = header(
        common_pb2.ENDORSER_TRANSACTION,
        channel,
        creator,
        once,
        client.clock(),
        tx_id=transaction_id,
        extension=extension,
    )
    spec = chaincode_pb2.ChaincodeInvocationSpec(
        chaincode_spec=chaincode_pb2.ChaincodeSpec(
            type=chaincode_pb2.ChaincodeSpec.NODE,
            chaincode_id=called,
            input=chaincode_pb2.ChaincodeInput(args=arguments),
        )
    )
    payload = proposal_pb2.ChaincodeProposalPayload(
        input=spec.SerializeToString(), TransientMap=dict(transient or {})
    )
    proposal = proposal_pb2.Proposal(header=proposed.SerializeToString(), payload=payload.SerializeToString())
    about = Subject(transaction_id, channel, chaincode)
    return Proposal(client, proposal.SerializeToString(), b"", about, tuple(organizations))


def proposal_from(client: Client, proposed: bytes) -> Proposal:
    """The proposal whose ``bytes`` these are; FabricError where they are none."""
    try:
        given = gateway_pb2.ProposedTransaction.FromString(proposed)
        message, signature = given.proposal.proposal_bytes, given.proposal.signature
        about = subject(common_pb2.Header.FromString(proposal_pb2.Proposal.FromString(message).header))
    except DecodeError as error:
        raise FabricError("these bytes are no proposal") from error
    if not about.transaction_id:
        raise FabricError("these bytes are no proposal")
    return Proposal(client, message, signature, about, tuple(given.endorsing_organizations))
