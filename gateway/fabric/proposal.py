"""The first step: a call of a transaction function, proposed to the peers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2

from gateway.fabric.client import Client
from gateway.fabric.errors import EndorseError, EvaluateError
from gateway.fabric.headers import header, nonce
from gateway.fabric.transaction import Transaction


class Proposal:
    """A proposed call of a transaction function; ``bytes`` is what is signed, ``digest`` its SHA-256.

    Signed when it is first sent, unless it was signed elsewhere.
    """

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
        self._organizations = tuple(organizations)
        self._given = signature
        self.transaction_id = transaction_id
        self.bytes = proposal

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.bytes).digest()

    def signed(self, signature: bytes) -> Proposal:
        """The same proposal with a signature made elsewhere."""
        return Proposal(
            self._client, self._channel, self.transaction_id, self.bytes, self._organizations, signature
        )

    async def evaluate(self) -> bytes:
        """Run it on one peer and return the function's result; EvaluateError."""
        request = gateway_pb2.EvaluateRequest(
            transaction_id=self.transaction_id,
            channel_id=self._channel,
            proposed_transaction=self._signed_proposal,
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
            proposed_transaction=self._signed_proposal,
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

    @cached_property
    def _signed_proposal(self) -> proposal_pb2.SignedProposal:
        signature = self._client.sign(self.bytes) if self._given is None else self._given
        return proposal_pb2.SignedProposal(proposal_bytes=self.bytes, signature=signature)


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
    return Proposal(client, channel, transaction_id, proposal.SerializeToString(), organizations)
