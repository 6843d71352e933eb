"""Which peers a gateway may ask at all, and what it says where that is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import grpc

from network.devnet import system
from network.devnet.chain import Chain
from network.devnet.endorser import Endorser
from network.devnet.errors import Denied
from network.devnet.proposal import Proposal

NO_COMBINATION = "no combination of peers can be derived which satisfy the endorsement policy"


class Candidates:
    """The members' peers in one channel, of which each serves every chaincode that the channel has."""

    def __init__(self, chain: Chain, endorsers: Mapping[str, Endorser]) -> None:
        """``endorsers`` are those of all members, by MSP id."""
        self._chain = chain
        self._endorsers = endorsers

    def evaluators(self, own: Endorser, proposal: Proposal, targets: Sequence[str]) -> list[Endorser]:
        """Who may be asked to evaluate, in order, the own peer first; Denied where that is nobody.

        Of ``targets`` those count that are members; without any, transient data stays at the own peer.
        """
        channel = proposal.channel
        if channel != self._chain.channel:
            raise Denied(grpc.StatusCode.UNAVAILABLE, no_config(channel))
        protected = proposal.has_transient and not targets
        wanted = [own.peer.msp_id] if protected else list(dict.fromkeys(targets or self._endorsers))
        found = [self._endorsers[msp] for msp in wanted if msp in self._endorsers]
        if found and self._serve(proposal):
            return sorted(found, key=lambda endorser: endorser is not own)
        words = f"no peers available to evaluate chaincode {proposal.planned} in channel {channel}"
        if protected:
            words = (
                "no endorsers found in the gateway's organization; retry specifying target "
                f"organization(s) to protect transient data: {words}"
            )
        raise Denied(grpc.StatusCode.FAILED_PRECONDITION, words)

    def endorsers(self, proposal: Proposal, named: Sequence[str]) -> list[Endorser]:
        """The peers of the members that are named (MSP ids), as often as they are; Denied where one has none.

        None where nobody is named; Denied where the own peer, which then begins, cannot either.
        """
        serve = self._serve(proposal)
        missing = [msp for msp in named if not serve or msp not in self._endorsers]
        if missing:
            raise Denied(
                grpc.StatusCode.UNAVAILABLE,
                f"failed to find any endorsing peers for org(s): {', '.join(missing)}",
            )
        if named or serve:
            return [self._endorsers[msp] for msp in named]
        if proposal.has_transient:
            raise Denied(
                grpc.StatusCode.FAILED_PRECONDITION,
                "no endorsers found in the gateway's organization; retry specifying endorsing "
                "organization(s) to protect transient data",
            )
        raise no_metadata(proposal)

    def _serve(self, proposal: Proposal) -> bool:
        """Whether the peers serve the chaincode that a gateway plans for."""
        return proposal.channel == self._chain.channel and (
            self._chain.definitions.get(proposal.planned) is not None or proposal.planned in system.NAMES
        )


def no_config(channel: str) -> str:
    """What a gateway says of a channel that its peer does not know."""
    return f"failed to get config for channel [{channel}]: could not get last config for channel {channel}"


def no_metadata(proposal: Proposal) -> Denied:
    """What a gateway says of a chaincode whose endorsement policy it cannot find."""
    return Denied(
        grpc.StatusCode.FAILED_PRECONDITION,
        f"{NO_COMBINATION}: No metadata was found for chaincode {proposal.planned} in channel "
        f"{proposal.channel}",
    )
