"""A gateway peer of one process: a ledger that takes everything, and a script of what goes wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import grpc
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    events_pb2,
    events_pb2_grpc,
    proposal_pb2,
    transaction_pb2,
)
from google.protobuf import any_pb2

from gateway.fabric import Peer
from tests.unit.gateway.fabric.envelopes import CHANNEL, transaction

VALID = transaction_pb2.VALID
DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class Failure:
    """An answer that is none: before the call is carried out, or, where ``late``, after.

    Without a code there is never an answer.
    """

    code: grpc.StatusCode | None
    message: str = "scripted"
    details: tuple[tuple[str, str, str], ...] = ()
    raw_details: bytes = b""
    late: bool = False

    async def abort(self, context: grpc.aio.ServicerContext) -> None:
        if self.code is None:
            await asyncio.Event().wait()
            return
        packed = self.raw_details or (status_details(self.code, self.details) if self.details else b"")
        metadata = ((DETAILS, packed),) if packed else ()
        await context.abort(self.code, self.message, metadata)


@dataclass(frozen=True)
class Cut:
    """A stream that ends after ``after`` responses: with a failure, a status, or without a word."""

    after: int
    failure: Failure | None = None
    status: int | None = None


def status_details(code: grpc.StatusCode, details: Iterable[tuple[str, str, str]]) -> bytes:
    """google.rpc.Status with an ErrorDetail (address, MSP id, message) for each of ``details``."""
    packed = bytearray(b"\x08" + bytes([code.value[0]]))
    for address, msp_id, message in details:
        carried = any_pb2.Any()
        carried.Pack(gateway_pb2.ErrorDetail(address=address, msp_id=msp_id, message=message))
        raw = carried.SerializeToString()
        assert len(raw) < 2**14
        packed += b"\x1a" + bytes([len(raw) & 0x7F | 0x80, len(raw) >> 7]) + raw
    return bytes(packed)


class FakeGateway(gateway_pb2_grpc.GatewayServicer, events_pb2_grpc.DeliverServicer):
    """Listens on a free port of 127.0.0.1 while it is entered."""

    def __init__(
        self, credentials: grpc.ServerCredentials | None = None, streams_per_connection: int = 2**31 - 1
    ) -> None:
        self._credentials = credentials
        self._options = (("grpc.max_concurrent_streams", streams_per_connection),)
        self.port = 0
        self.metadata: list[dict[str, Any]] = []
        self.requests: list[tuple[str, Any]] = []
        self.script: dict[str, deque[Failure | Cut | int]] = {}
        self.committed: dict[str, tuple[int, int]] = {}
        self.envelopes: list[bytes] = []
        self.blocks: list[common_pb2.Block] = []
        self.events: list[tuple[int, str, str]] = []
        self._changed = asyncio.Event()
        self.result = b"a result"

    async def __aenter__(self) -> FakeGateway:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = grpc.aio.server(options=self._options)
        gateway_pb2_grpc.add_GatewayServicer_to_server(self, self._server)
        events_pb2_grpc.add_DeliverServicer_to_server(self, self._server)
        address = f"127.0.0.1:{self.port}"
        if self._credentials:
            self.port = self._server.add_secure_port(address, self._credentials)
        else:
            self.port = self._server.add_insecure_port(address)
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(None)

    @property
    def peer(self) -> Peer:
        return Peer(f"127.0.0.1:{self.port}", insecure=self._credentials is None)

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.requests)

    def answer(self, method: str, *steps: Failure | Cut | int) -> None:
        """What the next calls of ``method`` get instead; a number is a validation code to tell."""
        self.script.setdefault(method, deque()).extend(steps)

    def append(self, block: common_pb2.Block) -> None:
        self.blocks.append(block)
        self._notify()

    async def until_called(self, method: str, times: int = 1) -> None:
        """Wait until ``method`` was called so many times."""
        while self.count(method) < times:
            await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _next(self, method: str, request: Any) -> Failure | Cut | int | None:
        self.requests.append((method, request))
        self._notify()
        steps = self.script.get(method)
        return steps.popleft() if steps else None

    async def Evaluate(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        step = self._next("Evaluate", request)
        self.metadata.append(dict(context.invocation_metadata() or ()))
        if isinstance(step, Failure):
            await step.abort(context)
        result = self._system(request) or self.result
        return gateway_pb2.EvaluateResponse(result={"status": 200, "payload": result})

    async def Endorse(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        step = self._next("Endorse", request)
        if isinstance(step, Failure):
            await step.abort(context)
        proposal = proposal_pb2.Proposal.FromString(request.proposed_transaction.proposal_bytes)
        payload = common_pb2.Payload(
            header=common_pb2.Header.FromString(proposal.header), data=transaction(self.result)
        )
        return gateway_pb2.EndorseResponse(
            prepared_transaction=common_pb2.Envelope(payload=payload.SerializeToString())
        )

    async def Submit(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        step = self._next("Submit", request)
        if isinstance(step, Failure) and not step.late:
            await step.abort(context)
        self.envelopes.append(request.prepared_transaction.SerializeToString())
        code = step if isinstance(step, int) else VALID
        self.committed.setdefault(request.transaction_id, (code, len(self.committed) + 1))
        self._notify()
        if isinstance(step, Failure):
            await step.abort(context)
        return gateway_pb2.SubmitResponse()

    async def CommitStatus(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        step = self._next("CommitStatus", request)
        if isinstance(step, Failure):
            await step.abort(context)
        asked = gateway_pb2.CommitStatusRequest.FromString(request.request)
        while asked.transaction_id not in self.committed:
            await self._changed.wait()
        code, number = self.committed[asked.transaction_id]
        return gateway_pb2.CommitStatusResponse(
            result=step if isinstance(step, int) else code, block_number=number
        )

    async def ChaincodeEvents(self, request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        asked = gateway_pb2.ChaincodeEventsRequest.FromString(request.request)
        cut = self._next("ChaincodeEvents", asked)
        sent = 0
        passed = not asked.after_transaction_id
        for number in sorted({number for number, *_ in self.events}):
            if number < asked.start_position.specified.number:
                continue
            found = []
            for block_number, tx_id, name in self.events:
                if block_number == number and passed:
                    found.append(
                        chaincode_event_pb2.ChaincodeEvent(
                            chaincode_id=asked.chaincode_id, tx_id=tx_id, event_name=name, payload=b"{}"
                        )
                    )
                passed = passed or tx_id == asked.after_transaction_id
            if isinstance(cut, Cut) and sent == cut.after:
                await self._cut(cut, context)
                return
            if found:
                yield gateway_pb2.ChaincodeEventsResponse(block_number=number, events=found)
                sent += 1
        await asyncio.Event().wait()

    async def Deliver(
        self, requests: AsyncIterator[Any], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Any]:
        async for response in self._deliver("Deliver", requests, context):
            yield response

    async def DeliverFiltered(
        self, requests: AsyncIterator[Any], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Any]:
        async for response in self._deliver("DeliverFiltered", requests, context):
            yield response

    async def DeliverWithPrivateData(
        self, requests: AsyncIterator[Any], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Any]:
        async for response in self._deliver("DeliverWithPrivateData", requests, context):
            yield response

    async def _deliver(
        self, method: str, requests: AsyncIterator[Any], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Any]:
        envelope = await anext(requests)
        payload = common_pb2.Payload.FromString(envelope.payload)
        cut = self._next(method, envelope)
        number = ab_pb2.SeekInfo.FromString(payload.data).start.specified.number
        sent = 0
        while True:
            if isinstance(cut, Cut) and sent == cut.after:
                if cut.status is not None:
                    yield events_pb2.DeliverResponse(status=cut.status)
                await self._cut(cut, context)
                return
            while number >= len(self.blocks):
                await self._changed.wait()
            yield delivered(method, self.blocks[number])
            number, sent = number + 1, sent + 1

    async def _cut(self, cut: Cut, context: grpc.aio.ServicerContext) -> None:
        if cut.failure:
            await cut.failure.abort(context)

    def _system(self, request: Any) -> bytes:
        """What qscc answers, b"" where another chaincode is asked."""
        name, arguments = called(request.proposed_transaction.proposal_bytes)
        if name != "qscc":
            return b""
        if arguments[0] == b"GetChainInfo":
            return ledger_pb2.BlockchainInfo(height=len(self.blocks)).SerializeToString()
        if arguments[0] == b"GetBlockByNumber":
            return self.blocks[int(arguments[2])].SerializeToString()
        return self.blocks[-1].SerializeToString()


def delivered(method: str, block: common_pb2.Block) -> events_pb2.DeliverResponse:
    """A block as each method of the deliver service gives it."""
    if method == "Deliver":
        return events_pb2.DeliverResponse(block=block)
    if method == "DeliverFiltered":
        filtered = events_pb2.FilteredBlock(channel_id=CHANNEL, number=block.header.number)
        return events_pb2.DeliverResponse(filtered_block=filtered)
    return events_pb2.DeliverResponse(block_and_private_data=events_pb2.BlockAndPrivateData(block=block))


def called(proposal: bytes) -> tuple[str, list[bytes]]:
    """The chaincode that a proposal calls, and its arguments."""
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(
        proposal_pb2.Proposal.FromString(proposal).payload
    )
    spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
    return spec.chaincode_id.name, list(spec.input.args)
