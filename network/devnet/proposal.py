"""Proposals: taken apart, and checked as a peer checks them before it runs anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2
from google.protobuf.message import DecodeError

from network.devnet.errors import DevnetError
from network.devnet.msp import IdentityRefused, Member, Membership

# A proposal's timestamp may be this far from a peer's clock (peer.authentication.timewindow).
TIME_WINDOW_SECONDS = 15 * 60


class ProposalRefused(DevnetError):
    """A proposal that a peer does not run."""


class Malformed(DevnetError):
    """Bytes that are no signed proposal."""


@dataclass(frozen=True)
class Proposal:
    """A signed proposal taken apart."""

    signed: proposal_pb2.SignedProposal
    header: common_pb2.Header
    channel_header: common_pb2.ChannelHeader
    signature_header: common_pb2.SignatureHeader
    chaincode: str
    arguments: Sequence[bytes]
    is_init: bool
    visible: bytes
    has_transient: bool

    @property
    def transaction_id(self) -> str:
        return self.channel_header.tx_id

    @property
    def channel(self) -> str:
        return self.channel_header.channel_id

    @property
    def hash(self) -> bytes:
        """What an endorsement binds itself to: the headers, and the payload without transient data."""
        headers = self.header.channel_header + self.header.signature_header
        return hashlib.sha256(headers + self.visible).digest()


def unpack(signed: proposal_pb2.SignedProposal) -> Proposal:
    """Take a signed proposal apart; Malformed."""
    if not signed.proposal_bytes:
        raise Malformed("a signed proposal is required")
    try:
        proposal = proposal_pb2.Proposal.FromString(signed.proposal_bytes)
        header = common_pb2.Header.FromString(proposal.header)
        channel_header = common_pb2.ChannelHeader.FromString(header.channel_header)
        signature_header = common_pb2.SignatureHeader.FromString(header.signature_header)
        extension = proposal_pb2.ChaincodeHeaderExtension.FromString(channel_header.extension)
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
        invocation = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input)
    except DecodeError as error:
        raise Malformed("the proposal cannot be decoded") from error
    spec = invocation.chaincode_spec
    if not channel_header.channel_id and extension.chaincode_id.name not in ("cscc", "qscc"):
        raise Malformed("no channel id provided")
    if not extension.chaincode_id.name or spec.chaincode_id.name not in ("", extension.chaincode_id.name):
        raise Malformed("no chaincode name is provided")
    visible = proposal_pb2.ChaincodeProposalPayload(input=payload.input).SerializeToString()
    return Proposal(
        signed,
        header,
        channel_header,
        signature_header,
        extension.chaincode_id.name,
        spec.input.args,
        spec.input.is_init,
        visible,
        bool(payload.TransientMap),
    )


def check(proposal: Proposal, membership: Membership) -> Member:
    """Who made the proposal; ProposalRefused where a peer would not run it."""
    header = proposal.channel_header
    stamp = header.timestamp.seconds + header.timestamp.nanos / 1e9
    now = membership.clock.now()
    if abs(stamp - now) > TIME_WINDOW_SECONDS:
        raise ProposalRefused(
            f"request unauthorized due to incorrect timestamp {stamp:.0f}, peer time {now:.0f}, "
            "peer.authentication.timewindow 15m0s"
        )
    invalid = "error validating proposal: "
    if header.type not in (common_pb2.ENDORSER_TRANSACTION, common_pb2.CONFIG):
        raise ProposalRefused(f"{invalid}invalid header type {header.type}")
    if header.epoch:
        raise ProposalRefused(f"{invalid}epoch is non-zero")
    nonce, creator = proposal.signature_header.nonce, proposal.signature_header.creator
    if not nonce or not creator:
        raise ProposalRefused(f"{invalid}{'creator' if nonce else 'nonce'} is empty")
    expected = transaction_id(nonce, creator)
    if header.tx_id != expected:
        raise ProposalRefused(
            f"{invalid}incorrectly computed txid '{header.tx_id[:64]}' -- expected '{expected}'"
        )
    where = f"{invalid}access denied: channel [{header.channel_id}] creator org "
    try:
        member = membership.identify(creator)
    except IdentityRefused as error:
        known = f"[{error.msp_id}]" if error.msp_id else "unknown, creator is malformed"
        raise ProposalRefused(where + known) from error
    try:
        member.verify(proposal.signed.proposal_bytes, proposal.signed.signature)
    except IdentityRefused as error:
        raise ProposalRefused(f"{where}[{member.msp_id}]") from error
    return member


def transaction_id(nonce: bytes, creator: bytes) -> str:
    """The id that a transaction of this nonce and creator has."""
    return hashlib.sha256(nonce + creator).hexdigest()
