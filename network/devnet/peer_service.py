"""A peer's own Endorser service, for clients that speak to peers without the gateway."""

from __future__ import annotations

from typing import Any

import grpc
from fabric_protos.peer import peer_pb2_grpc, proposal_response_pb2

from network.devnet import proposal as proposals
from network.devnet.chain import Chain
from network.devnet.endorser import ERROR, Endorser
from network.devnet.proposal import Malformed, ProposalRefused


class EndorserService(peer_pb2_grpc.EndorserServicer):
    """ProcessProposal at one member's peer."""

    def __init__(self, chain: Chain, endorser: Endorser) -> None:
        self._chain = chain
        self._endorser = endorser

    async def ProcessProposal(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """Run a proposal: what is wrong with it is a gRPC error, what goes wrong with it a status of 500."""
        try:
            proposal = proposals.unpack(request)
            self._endorser.check(proposal)
        except (Malformed, ProposalRefused) as error:
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))
        with self._chain.store.snapshot() as snapshot:
            answer = await self._endorser.process(proposal, snapshot)
        if answer.outcome is None:
            response = proposal_response_pb2.Response(status=ERROR, message=answer.failure)
            return proposal_response_pb2.ProposalResponse(response=response)
        if answer.private:
            self._chain.transient.keep(proposal.transaction_id, answer.private)
        return proposal_response_pb2.ProposalResponse(
            version=1,
            response=answer.outcome.response,
            payload=answer.payload,
            endorsement=answer.endorsement,
        )
