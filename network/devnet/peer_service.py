"""A peer's own Endorser service, for clients that speak to peers without the gateway."""

from __future__ import annotations

from typing import Any

import grpc
from fabric_protos.peer import proposal_pb2, proposal_response_pb2

from network.devnet import services
from network.devnet.endorser import ERROR, UnknownChannel
from network.devnet.errors import MAX_WORDS
from network.devnet.messages import Undecodable
from network.devnet.proposal import Proposal, ProposalRefused
from network.devnet.site import Site


class EndorserService:
    """ProcessProposal at one member's peer."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handler(self) -> grpc.GenericRpcHandler:
        """The service, for gRPC."""
        method = services.unary(proposal_pb2.SignedProposal, self.ProcessProposal)
        return services.service("protos.Endorser", {"ProcessProposal": method})

    async def ProcessProposal(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """Run a proposal: what is wrong with it is a gRPC error, what goes wrong with it a status of 500."""
        proposal = Proposal(request)
        try:
            joined = self._site.at(_channel(proposal))
            joined.endorser.check(proposal)
        except UnknownChannel as error:
            return _failed(str(error))
        except ProposalRefused as error:
            await context.abort(grpc.StatusCode.UNKNOWN, str(error)[:MAX_WORDS])
        with joined.chain.store.snapshot() as snapshot:
            answer = await joined.endorser.process(proposal, snapshot)
        if answer.outcome is None:
            return _failed(answer.failure)
        if answer.private:
            joined.chain.transient.keep(proposal.transaction_id, answer.private)
        return proposal_response_pb2.ProposalResponse(
            version=1 if answer.endorsement else 0,
            response=answer.outcome.response,
            payload=answer.payload,
            endorsement=answer.endorsement,
        )


def _channel(proposal: Proposal) -> str:
    """The channel that a proposal is for; none where that cannot be read, as whoever checks it finds."""
    try:
        return proposal.channel
    except Undecodable:
        return ""


def _failed(message: str) -> proposal_response_pb2.ProposalResponse:
    response = proposal_response_pb2.Response(status=ERROR, message=message)
    return proposal_response_pb2.ProposalResponse(response=response)
