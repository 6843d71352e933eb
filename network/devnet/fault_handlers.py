"""Where faults meet a peer's gRPC calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import grpc

from network.devnet.faults import Call, Fault, Faults, Kind

_CALLS = {
    "/gateway.Gateway/Evaluate": Call.EVALUATE,
    "/gateway.Gateway/Endorse": Call.ENDORSE,
    "/gateway.Gateway/Submit": Call.SUBMIT,
    "/gateway.Gateway/CommitStatus": Call.COMMIT_STATUS,
    "/gateway.Gateway/ChaincodeEvents": Call.CHAINCODE_EVENTS,
    "/protos.Deliver/Deliver": Call.DELIVER,
    "/protos.Deliver/DeliverFiltered": Call.DELIVER,
    "/protos.Deliver/DeliverWithPrivateData": Call.DELIVER,
    "/protos.Endorser/ProcessProposal": Call.PROCESS_PROPOSAL,
}
_UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
# What gRPC says of a peer that has gone while a call was under way.
_GONE = "error reading from server: EOF"

Method = Callable[..., Any]


class FaultHandlers(grpc.GenericRpcHandler):
    """The services of one member's peer: calls are delayed or refused, answers lost, as ``Faults`` say.

    Not an interceptor, which would cost every call a tenth of its time, faults or none.
    """

    def __init__(self, faults: Faults, member: str) -> None:
        self._faults = faults
        self._member = member
        self._handlers: list[grpc.GenericRpcHandler] = []
        self._streams: set[asyncio.Task[Any]] = set()
        self._cut: set[asyncio.Task[Any]] = set()
        faults.watch(self._leave)

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Take a service's handlers, in place of a server."""
        self._handlers += handlers

    def add_registered_method_handlers(self, _: str, __: Mapping[str, grpc.RpcMethodHandler]) -> None:
        """Nothing: gRPC's asyncio server too looks for a service's handlers among the generic ones alone."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """What answers a call; None where no service knows it."""
        found = (one.service(handler_call_details) for one in self._handlers)
        handler = next((one for one in found if one is not None), None)
        if handler is None:
            return None
        call = _CALLS.get(handler_call_details.method)
        request, response = handler.request_deserializer, handler.response_serializer
        if handler.request_streaming:
            many = self._many(handler.stream_stream, call)
            return grpc.stream_stream_rpc_method_handler(many, request, response)
        if handler.response_streaming:
            many = self._many(handler.unary_stream, call)
            return grpc.unary_stream_rpc_method_handler(many, request, response)
        if not self._faults:
            return handler
        return grpc.unary_unary_rpc_method_handler(self._one(handler.unary_unary, call), request, response)

    def _leave(self, fault: Fault) -> None:
        """Whoever goes away takes the streams along that are under way."""
        if fault.kind is Kind.AWAY and fault.member == self._member:
            self._cut |= self._streams
            for task in self._streams:
                task.cancel()

    def _one(self, answer: Method, call: Call | None) -> Method:
        async def serve(request: Any, context: grpc.aio.ServicerContext) -> Any:
            await self._meet(call, context)
            response = await answer(request, context)
            await self._lose(call, context)
            return response

        return serve

    def _many(self, answer: Method, call: Call | None) -> Method:
        """A stream, which ends when the peer goes away."""

        # A generator itself: gRPC looks at the function, not at what it returns.
        async def serve(requests: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
            await self._meet(call, context)
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("gRPC runs every call in a task")
            self._streams.add(task)
            try:
                async for response in answer(requests, context):
                    yield response
            except asyncio.CancelledError:
                if task not in self._cut:
                    raise
                task.uncancel()
                await context.abort(_UNAVAILABLE, _GONE)
            finally:
                self._streams.discard(task)
                self._cut.discard(task)

        return serve

    async def _meet(self, call: Call | None, context: grpc.aio.ServicerContext) -> None:
        """What happens before a call does its work."""
        if self._faults.take(Kind.AWAY, self._member):
            await context.abort(_UNAVAILABLE, "connection refused")
        delay = self._faults.take(Kind.DELAY, self._member, call) if call else None
        if delay is not None and delay.seconds is not None:
            await asyncio.sleep(delay.seconds)
        if call is Call.SUBMIT and self._faults.take(Kind.SUBMIT_LOST, self._member):
            await context.abort(_UNAVAILABLE, _GONE)

    async def _lose(self, call: Call | None, context: grpc.aio.ServicerContext) -> None:
        """What happens to an answer once the call has done its work."""
        if call is Call.SUBMIT:
            if self._faults.take(Kind.SUBMIT_UNAVAILABLE, self._member):
                await context.abort(_UNAVAILABLE, _GONE)
        elif call is Call.COMMIT_STATUS:
            if self._faults.take(Kind.STATUS_UNAVAILABLE, self._member):
                await context.abort(_UNAVAILABLE, _GONE)
            if self._faults.take(Kind.STATUS_SILENCE, self._member):
                # Its deadline, or its client's end, ends the call.
                await asyncio.Event().wait()
