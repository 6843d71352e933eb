"""Fabric's Gateway service, at one member's peer."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import transaction_pb2
from google.protobuf.message import DecodeError

from network.devnet import access, messages, services
from network.devnet.candidates import no_config
from network.devnet.chain import Chain
from network.devnet.channel_policies import READERS
from network.devnet.errors import Denied, DevnetError
from network.devnet.messages import Undecodable
from network.devnet.proposal import Proposal
from network.devnet.site import Site

log = logging.getLogger(__name__)

Method = Callable[..., Awaitable[Any]]
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def answered(method: Method) -> Method:
    """A method whose refusals become gRPC statuses as a peer gives them."""

    @functools.wraps(method)
    async def call(self: Any, request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            return await method(self, request, context)
        except Denied as denied:
            await context.abort(denied.code, denied.message, denied.trailers())
        except DevnetError as error:
            await context.abort(grpc.StatusCode.ABORTED, str(error))

    return call


class GatewayService:
    """Evaluate, Endorse, Submit, CommitStatus and ChaincodeEvents."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handler(self) -> grpc.GenericRpcHandler:
        """The service, for gRPC."""
        return services.service(
            "gateway.Gateway",
            {
                "Evaluate": services.unary(gateway_pb2.EvaluateRequest, self.Evaluate),
                "Endorse": services.unary(gateway_pb2.EndorseRequest, self.Endorse),
                "Submit": services.unary(gateway_pb2.SubmitRequest, self.Submit),
                "CommitStatus": services.unary(gateway_pb2.SignedCommitStatusRequest, self.CommitStatus),
                "ChaincodeEvents": services.stream(
                    gateway_pb2.SignedChaincodeEventsRequest, self.ChaincodeEvents
                ),
            },
        )

    @answered
    async def Evaluate(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            proposal = _evaluated(request.proposed_transaction)
        except DevnetError as error:
            raise Denied(INVALID, f"failed to unpack transaction proposal: {error}") from error
        joined = self._site.at(proposal.channel)
        targets = list(request.target_organizations)
        result = await joined.endorsements.evaluate(joined.endorser, proposal, targets)
        return gateway_pb2.EvaluateResponse(result=result)

    @answered
    async def Endorse(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        proposal = Proposal(request.proposed_transaction)
        if not proposal.signed.proposal_bytes:
            raise Denied(INVALID, "the proposed transaction must contain a signed proposal")
        try:
            proposal.read()
        except Undecodable as error:
            raise Denied(INVALID, str(error)) from error
        joined = self._site.at(proposal.channel)
        organizations = list(request.endorsing_organizations)
        with self._site.orderer(proposal.channel).expecting():
            envelope = await joined.endorsements.endorse(joined.endorser, proposal, organizations)
        return gateway_pb2.EndorseResponse(prepared_transaction=envelope)

    @answered
    async def Submit(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        if not request.HasField("prepared_transaction"):
            raise Denied(INVALID, "a prepared transaction is required")
        if not request.prepared_transaction.signature:
            raise Denied(INVALID, "prepared transaction must be signed")
        await self._submit(request.channel_id, request.prepared_transaction)
        return gateway_pb2.SubmitResponse()

    @answered
    async def CommitStatus(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        if not request.request:
            raise Denied(INVALID, "a commit status request is required")
        asked = _asked(gateway_pb2.CommitStatusRequest, request.request, "status")
        for value, missing in (
            (asked.identity, "no identity provided"),
            (asked.channel_id, "no channel ID provided"),
            (asked.transaction_id, "transaction ID should not be empty"),
        ):
            if not value:
                raise Denied(INVALID, missing)
        chain = self._authorised(asked.identity, request, asked.channel_id)
        found = await chain.committed(asked.transaction_id)
        return gateway_pb2.CommitStatusResponse(result=found.code, block_number=found.block_number)

    async def ChaincodeEvents(self, request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        try:
            chain, asked, number = self._events_asked(request)
        except Denied as denied:
            await context.abort(denied.code, denied.message)
        after = asked.after_transaction_id
        while True:
            await chain.wait_above(number)
            events = []
            for one in chain.summary(number):
                event = one.event
                if event is None or one.code != transaction_pb2.VALID:
                    continue
                if after:
                    # Nothing is told before the event of the transaction that was named.
                    after = "" if one.transaction_id == after else after
                elif event.chaincode_id == asked.chaincode_id:
                    events.append(event)
            if events:
                yield gateway_pb2.ChaincodeEventsResponse(block_number=number, events=events)
            number += 1

    async def _submit(self, channel: str, envelope: common_pb2.Envelope) -> None:
        """Hand an envelope to the ordering service of the channel that it names itself; Denied."""
        if self._site.at(channel).chain.channel != channel:
            raise Denied(grpc.StatusCode.FAILED_PRECONDITION, no_config(channel))
        try:
            header = common_pb2.Payload.FromString(envelope.payload).header.channel_header
            channel = common_pb2.ChannelHeader.FromString(header).channel_id
        except DecodeError:
            log.debug("an envelope of no channel: its orderer will say so")
        await self._site.orderer(channel).submit(envelope)

    def _events_asked(self, request: Any) -> tuple[Chain, gateway_pb2.ChaincodeEventsRequest, int]:
        """Of which channel and what is asked for, and the block with which it begins; Denied."""
        if not request.request:
            raise Denied(INVALID, "a chaincode events request is required")
        asked = _asked(gateway_pb2.ChaincodeEventsRequest, request.request, "chaincode events")
        chain = self._authorised(asked.identity, request, asked.channel_id)
        found = chain.store.locate(asked.after_transaction_id)
        if found is not None:
            return chain, asked, found.block_number
        return chain, asked, _start(asked.start_position, chain.height)

    def _authorised(self, identity: bytes, request: Any, channel: str) -> Chain:
        """The channel that a request is for; Denied where its signer may not read it."""
        if not channel:
            raise Denied(
                grpc.StatusCode.PERMISSION_DENIED,
                "Invalid channel ID name during check policy on signed data. "
                "Name must be different from nil.",
            )
        chain = self._site.at(channel).chain
        if channel != chain.channel:
            raise Denied(
                grpc.StatusCode.PERMISSION_DENIED, f"Failed to get policy manager for channel [{channel}]"
            )
        why = access.check(chain, READERS, identity, request.request, request.signature)
        if why:
            raise Denied(grpc.StatusCode.PERMISSION_DENIED, why)
        return chain


def _asked(kind: type[Any], data: bytes, what: str) -> Any:
    """What was signed; Denied where it is no such message."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise Denied(INVALID, f"invalid {what} request: {messages.reason(kind, data)}") from error


def _evaluated(signed: Any) -> Proposal:
    """A proposal in which a gateway finds all that it needs to choose a peer; DevnetError."""
    if not signed.proposal_bytes:
        raise DevnetError("a signed proposal is required")
    proposal = Proposal(signed)
    proposal.read()
    if not proposal.channel:
        raise DevnetError("no channel id provided")
    spec = proposal.invocation.chaincode_spec
    for present, missing in (
        (proposal.invocation.HasField("chaincode_spec"), "spec"),
        (spec.HasField("chaincode_id"), "id"),
        (spec.chaincode_id.name, "name"),
    ):
        if not present:
            raise DevnetError(f"no chaincode {missing} is provided, channel id [{proposal.channel}]")
    return proposal


def _start(position: ab_pb2.SeekPosition, height: int) -> int:
    kind = position.WhichOneof("Type")
    if kind == "specified":
        return position.specified.number
    if kind in (None, "next_commit"):
        return height
    raise Denied(INVALID, f"invalid start position type: *orderer.SeekPosition_{kind.capitalize()}")
