"""A call of a system chaincode, and whether its caller may: in the words of a peer (core/policy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fabric_protos.msp import identities_pb2

from network.devnet import access, messages
from network.devnet.chain import Chain
from network.devnet.msp import IdentityRefused
from network.devnet.nodes import Peer
from network.devnet.proposal import Proposal
from network.policy import of_role

ADMINS, MEMBERS = "Admins", "Members"
_LOCAL_ROLES = {ADMINS: "admin", MEMBERS: "member"}
ERROR = 500


class Failed(Exception):
    """There is no answer; the message says why."""

    def __init__(self, message: str, status: int = ERROR) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Query:
    """A call at one member's peer, which has joined ``chains``.

    ``proposal`` is the client's, ``channel`` the one that is called in, empty where none is named.
    """

    peer: Peer
    chains: Mapping[str, Chain]
    proposal: Proposal
    channel: str
    arguments: Sequence[bytes]

    @property
    def words(self) -> list[str]:
        """The arguments as texts."""
        return [argument.decode(errors="replace") for argument in self.arguments]

    def in_channel(self, channel: str, path: str) -> str:
        """Why the caller does not satisfy a policy of a channel, or of the peer's own where none is named."""
        if not channel:
            return self.locally(path)
        chain = self.chains.get(channel)
        if chain is None:
            return f"Failed to get policy manager for channel [{channel}]"
        signed, creator = self.proposal.signed, self.proposal.signature_header.creator
        return access.check(chain, path, creator, signed.proposal_bytes, signed.signature)

    def locally(self, role: str) -> str:
        """Why the caller is not what the peer's own organisation calls Admins or Members."""
        during = f"during channelless check policy with policy [{role}]"
        msp_id = self.peer.msp_id
        claimed = messages.decode(
            identities_pb2.SerializedIdentity, self.proposal.signature_header.creator
        ).mspid
        try:
            # Every peer is in one channel at least, which knows its own organisation.
            chain = next(iter(self.chains.values()))
            member = chain.membership.identify(self.proposal.signature_header.creator)
        except IdentityRefused as error:
            return f"Failed deserializing proposal creator {during}: [{error}]"
        if claimed != msp_id:
            return (
                f"Failed deserializing proposal creator {during}: "
                f"[expected MSP ID {msp_id}, received {claimed}]"
            )
        if role not in _LOCAL_ROLES:
            return (
                f"Failed getting local MSP principal {during}: [MSP Principal role [{role}] not recognized]"
            )
        wanted = _LOCAL_ROLES[role]
        if of_role(msp_id, wanted) not in member.principals:
            return (
                f"Failed verifying that proposal's creator satisfies local MSP principal {during}: "
                f"[The identity is not an admin under this MSP [{msp_id}]: "
                f"The identity does not contain OU [{wanted.upper()}], MSP: [{msp_id}]]"
            )
        return ""
