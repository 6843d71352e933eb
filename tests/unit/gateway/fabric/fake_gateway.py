"""A gateway peer in small: one channel, its orderer and the ways in which answers get lost, as scripts.

An envelope that arrives is in the next block at once; the same one again is a duplicate, as in Fabric.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    events_pb2,
    events_pb2_grpc,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

Code = grpc.StatusCode
VALID = transaction_pb2.VALID


@dataclass(frozen=True)
class Fault:
    """A call that fails with ``code``; whether its request had its effect before the answer was lost."""

    code: Code
    effective: bool = False
    message: str = "fault"
    trailers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Stream:
    """What one stream sends, and how it ends: with an error, or silence until it is cancelled."""

    items: list[Any] = field(default_factory=list)
    end: Code | None = None
    close: bool = False


class FakeGateway(gateway_pb2_grpc.GatewayServicer, events_pb2_grpc.DeliverServicer):
    """Records every request; ``faults`` holds, by call, what the next ones do."""

    def __init__(self) -> None:
        self.faults: dict[str, deque[Fault | None]] = {}
        self.codes: deque[int] = deque()
        self.committed: dict[str, tuple[int, int]] = {}
        self.status_answers: deque[int] = deque()
        self.arrived = 0
        self.result = b"result"
        self.endorsed: list[gateway_pb2.EndorseRequest] = []
        self.evaluated: list[gateway_pb2.EvaluateRequest] = []
        self.submitted: list[gateway_pb2.SubmitRequest] = []
        self.asked: list[gateway_pb2.CommitStatusRequest] = []
        self.streams: deque[Stream] = deque()
        self.stream_requests: list[Any] = []
        self.address = ""
        self._server: grpc.aio.Server | None = None

    def script(self, call: str, *faults: Fault | None) -> None:
        """What the next calls do; None is an ordinary answer."""
        self.faults.setdefault(call, deque()).extend(faults)

    async def start(self) -> None:
        self._server = grpc.aio.server()
        gateway_pb2_grpc.add_GatewayServicer_to_server(self, self._server)
        events_pb2_grpc.add_DeliverServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.stop(None)

    def _next(self, call: str) -> Fault | None:
        queue = self.faults.get(call)
        return queue.popleft() if queue else None

    async def _fail(self, context: grpc.aio.ServicerContext, fault: Fault) -> None:
        await context.abort(fault.code, fault.message, fault.trailers)

    async def Evaluate(self, request: Any, context: Any) -> Any:
        self.evaluated.append(request)
        if fault := self._next("Evaluate"):
            await self._fail(context, fault)
        return gateway_pb2.EvaluateResponse(
            result=proposal_response_pb2.Response(status=200, payload=self.result)
        )

    async def Endorse(self, request: Any, context: Any) -> Any:
        self.endorsed.append(request)
        if fault := self._next("Endorse"):
            await self._fail(context, fault)
        proposal = proposal_pb2.Proposal.FromString(request.proposed_transaction.proposal_bytes)
        return gateway_pb2.EndorseResponse(prepared_transaction=prepared(proposal, self.result))

    async def Submit(self, request: Any, context: Any) -> Any:
        self.submitted.append(request)
        fault = self._next("Submit")
        if fault is None or fault.effective:
            self._order(request.transaction_id)
        if fault:
            await self._fail(context, fault)
        return gateway_pb2.SubmitResponse()

    def _order(self, transaction_id: str) -> None:
        self.arrived += 1
        if transaction_id not in self.committed:
            self.committed[transaction_id] = (self.codes.popleft() if self.codes else VALID, self.arrived)

    async def CommitStatus(self, request: Any, context: Any) -> Any:
        asked = gateway_pb2.CommitStatusRequest.FromString(request.request)
        self.asked.append(asked)
        if fault := self._next("CommitStatus"):
            await self._fail(context, fault)
        if asked.transaction_id not in self.committed:
            await asyncio.Event().wait()
        code, block = self.committed[asked.transaction_id]
        if self.status_answers:
            code = self.status_answers.popleft()
        return gateway_pb2.CommitStatusResponse(result=code, block_number=block)

    async def ChaincodeEvents(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.stream_requests.append(gateway_pb2.ChaincodeEventsRequest.FromString(request.request))
        async for item in self._stream(context):
            yield item

    async def Deliver(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        envelope = await anext(requests)
        payload = common_pb2.Payload.FromString(envelope.payload)
        self.stream_requests.append(ab_pb2.SeekInfo.FromString(payload.data))
        async for item in self._stream(context):
            yield item

    async def _stream(self, context: Any) -> AsyncIterator[Any]:
        stream = self.streams.popleft() if self.streams else Stream()
        for item in stream.items:
            yield item
        if stream.end is not None:
            await context.abort(stream.end, "stream fault")
        if not stream.close:
            await asyncio.Event().wait()


def prepared(proposal: proposal_pb2.Proposal, result: bytes) -> common_pb2.Envelope:
    """The unsigned transaction of an endorsed proposal, as a gateway peer prepares it."""
    header = common_pb2.Header.FromString(proposal.header)
    action = proposal_pb2.ChaincodeAction(
        response=proposal_response_pb2.Response(status=200, payload=result),
        chaincode_id=chaincode_pb2.ChaincodeID(name="custody"),
    )
    answer = proposal_response_pb2.ProposalResponsePayload(
        proposal_hash=hashlib.sha256(proposal.payload).digest(), extension=action.SerializeToString()
    )
    endorsed = transaction_pb2.ChaincodeActionPayload(
        chaincode_proposal_payload=proposal.payload,
        action=transaction_pb2.ChaincodeEndorsedAction(proposal_response_payload=answer.SerializeToString()),
    )
    transaction = transaction_pb2.Transaction(
        actions=[
            transaction_pb2.TransactionAction(
                header=header.signature_header, payload=endorsed.SerializeToString()
            )
        ]
    )
    payload = common_pb2.Payload(header=header, data=transaction.SerializeToString())
    return common_pb2.Envelope(payload=payload.SerializeToString())


def events_response(block_number: int, *transaction_ids: str) -> gateway_pb2.ChaincodeEventsResponse:
    """A block's chaincode events, one of each transaction."""
    return gateway_pb2.ChaincodeEventsResponse(
        block_number=block_number,
        events=[
            chaincode_event_pb2.ChaincodeEvent(
                chaincode_id="custody", tx_id=one, event_name="Happened", payload=b"{}"
            )
            for one in transaction_ids
        ],
    )


def block_response(number: int) -> events_pb2.DeliverResponse:
    return events_pb2.DeliverResponse(block=common_pb2.Block(header=common_pb2.BlockHeader(number=number)))


def status_response(status: int) -> events_pb2.DeliverResponse:
    return events_pb2.DeliverResponse(status=status)
