"""Proposals: taken apart, and checked as a peer checks them before it runs anything.

A peer reads a proposal more than once, and what is wrong with it is told by whoever comes upon it first: the
gateway (which reads no signature header), the filters before the endorser, the endorser. Each layer is
therefore read when it is first asked for.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2

from network.devnet import messages
from network.devnet.errors import DevnetError
from network.devnet.messages import Undecodable
from network.devnet.msp import IdentityRefused, Member, Membership

# A proposal's timestamp may be this far from a peer's clock (peer.authentication.timewindow).
TIME_WINDOW_SECONDS = 15 * 60


class ProposalRefused(DevnetError):
    """A proposal that a peer does not run.

    ``filtered`` where it did not get past the filters before the endorser: the peer then answers nothing but
    an error, which a gateway takes for a peer that is not there.
    """

    def __init__(self, message: str, filtered: bool = False) -> None:
        super().__init__(message)
        self.filtered = filtered


class Proposal:
    """A signed proposal; its layers raise Undecodable where they are no such messages."""

    def __init__(self, signed: proposal_pb2.SignedProposal) -> None:
        self.signed = signed

    @functools.cached_property
    def _proposal(self) -> proposal_pb2.Proposal:
        return messages.decode(proposal_pb2.Proposal, self.signed.proposal_bytes)

    @functools.cached_property
    def header(self) -> common_pb2.Header:
        return messages.decode(common_pb2.Header, self._proposal.header)

    @functools.cached_property
    def channel_header(self) -> common_pb2.ChannelHeader:
        return messages.decode(common_pb2.ChannelHeader, self.header.channel_header)

    @functools.cached_property
    def signature_header(self) -> common_pb2.SignatureHeader:
        return messages.decode(common_pb2.SignatureHeader, self.header.signature_header)

    @functools.cached_property
    def extension(self) -> proposal_pb2.ChaincodeHeaderExtension:
        return messages.decode(proposal_pb2.ChaincodeHeaderExtension, self.channel_header.extension)

    @functools.cached_property
    def payload(self) -> proposal_pb2.ChaincodeProposalPayload:
        return messages.decode(proposal_pb2.ChaincodeProposalPayload, self._proposal.payload)

    @functools.cached_property
    def invocation(self) -> chaincode_pb2.ChaincodeInvocationSpec:
        return messages.decode(chaincode_pb2.ChaincodeInvocationSpec, self.payload.input)

    @functools.cached_property
    def visible(self) -> bytes:
        """The payload without transient data."""
        return proposal_pb2.ChaincodeProposalPayload(input=self.payload.input).SerializeToString()

    @property
    def transaction_id(self) -> str:
        return self.channel_header.tx_id

    @property
    def channel(self) -> str:
        return self.channel_header.channel_id

    @property
    def chaincode(self) -> str:
        """The chaincode that runs: the header's. A gateway goes by ``planned``, the payload's."""
        return self.extension.chaincode_id.name

    @property
    def planned(self) -> str:
        return self.invocation.chaincode_spec.chaincode_id.name

    @property
    def arguments(self) -> Sequence[bytes]:
        return self.invocation.chaincode_spec.input.args

    @property
    def is_init(self) -> bool:
        return self.invocation.chaincode_spec.input.is_init

    @property
    def has_transient(self) -> bool:
        return bool(self.payload.TransientMap)

    @functools.cached_property
    def hash(self) -> bytes:
        """What an endorsement binds itself to: the headers, and the payload without transient data."""
        headers = self.header.channel_header + self.header.signature_header
        return hashlib.sha256(headers + self.visible).digest()

    def read(self) -> None:
        """Read what a gateway reads; Undecodable."""
        _ = self.channel_header, self.invocation


def check(proposal: Proposal, membership: Membership) -> Member:
    """Who made the proposal; ProposalRefused where a peer would not run it."""
    admit(proposal, membership)
    unpack(proposal)
    return validate(proposal, membership)


def admit(proposal: Proposal, membership: Membership) -> None:
    """ProposalRefused where the filters before the endorser let nobody through."""
    try:
        creator = proposal.signature_header.creator
    except Undecodable as error:
        raise _unparsed(error) from error
    ends = messages.ends(creator)
    if ends is not None and membership.clock.utc() > ends:
        raise ProposalRefused("proposal client identity expired", filtered=True)
    try:
        stamp = proposal.channel_header.timestamp
    except Undecodable as error:
        raise _unparsed(error) from error
    now = membership.clock.now()
    if abs(stamp.seconds + stamp.nanos / 1e9 - now) > TIME_WINDOW_SECONDS:
        raise ProposalRefused(
            f"request unauthorized due to incorrect timestamp {messages.go_time(stamp.seconds)}, "
            f"peer time {messages.go_time(int(now))}, peer.authentication.timewindow 15m0s",
            filtered=True,
        )


_FILTERED = {
    "Proposal": "proposal",
    "Header": "header",
    "ChannelHeader": "channel header",
    "SignatureHeader": "signature header",
}


def _unparsed(error: Undecodable) -> ProposalRefused:
    return ProposalRefused(f"failed parsing {_FILTERED[error.kind]}: {error}", filtered=True)


def unpack(proposal: Proposal) -> None:
    """Read all of a proposal; ProposalRefused."""
    try:
        extension, invocation = proposal.extension, proposal.invocation
    except Undecodable as error:
        raise ProposalRefused(str(error)) from error
    if not extension.HasField("chaincode_id"):
        raise ProposalRefused("ChaincodeHeaderExtension.ChaincodeId is nil")
    if not extension.chaincode_id.name:
        raise ProposalRefused("ChaincodeHeaderExtension.ChaincodeId.Name is empty")
    if not invocation.HasField("chaincode_spec"):
        raise ProposalRefused("chaincode invocation spec did not contain chaincode spec")
    if not invocation.chaincode_spec.HasField("input"):
        raise ProposalRefused("chaincode input did not contain any input")


def validate(proposal: Proposal, membership: Membership) -> Member:
    """Who made the proposal; ProposalRefused where headers or signature are wrong."""
    header = proposal.channel_header
    invalid = "error validating proposal: "
    if header.type not in (common_pb2.ENDORSER_TRANSACTION, common_pb2.CONFIG):
        raise ProposalRefused(
            f"{invalid}invalid header type {messages.go_name(common_pb2.HeaderType, header.type)}"
        )
    if header.epoch:
        raise ProposalRefused(f"{invalid}epoch is non-zero")
    nonce, creator = proposal.signature_header.nonce, proposal.signature_header.creator
    if not nonce or not creator:
        raise ProposalRefused(f"{invalid}{'creator' if nonce else 'nonce'} is empty")
    expected = transaction_id(nonce, creator)
    if header.tx_id != expected:
        raise ProposalRefused(f"{invalid}incorrectly computed txid '{header.tx_id}' -- expected '{expected}'")
    if not proposal.signed.signature:
        raise ProposalRefused(f"{invalid}empty signature bytes")
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
