"""What the client signed, as far as a chaincode may see it."""

from __future__ import annotations

from functools import cached_property

from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2

from chaincode.shim.creator import Creator, creator_from
from chaincode.shim.errors import ShimError


class Proposal:
    """Read access to a SignedProposal; each part is decoded when it is first asked for.

    A transaction that the peer starts without a proposal (an internal call) has neither creator nor
    timestamp: asking for them raises ShimError.
    """

    def __init__(self, signed: proposal_pb2.SignedProposal) -> None:
        self._bytes: bytes = signed.proposal_bytes

    @cached_property
    def _proposal(self) -> proposal_pb2.Proposal:
        if not self._bytes:
            raise ShimError("the transaction carries no proposal")
        return proposal_pb2.Proposal.FromString(self._bytes)

    @cached_property
    def _header(self) -> common_pb2.Header:
        return common_pb2.Header.FromString(self._proposal.header)

    @cached_property
    def creator(self) -> Creator:
        """The client's identity."""
        header = common_pb2.SignatureHeader.FromString(self._header.signature_header)
        return creator_from(header.creator)

    @cached_property
    def timestamp_ms(self) -> int:
        """The client's timestamp, epoch milliseconds, rounded down; equal on every endorser."""
        stamp = common_pb2.ChannelHeader.FromString(self._header.channel_header).timestamp
        return stamp.seconds * 1000 + stamp.nanos // 1_000_000

    @cached_property
    def called(self) -> str:
        """The chaincode that the client called; this one may have been called by that."""
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(self._proposal.payload)
        invoked = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input)
        return invoked.chaincode_spec.chaincode_id.name

    @cached_property
    def transient(self) -> dict[str, bytes]:
        """The transient map: seen by endorsers, never written to the ledger."""
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(self._proposal.payload)
        return dict(payload.TransientMap)
