"""Where faults meet a peer's gRPC calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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

Continue = Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]]


class FaultInterceptor(grpc.aio.ServerInterceptor):
    """At one member's peer: delays calls, refuses them, and loses their answers, as ``Faults`` say."""

    def __init__(self, faults: Faults, member: str) -> None:
        self._faults = faults
        self._member = member
        self._streams: set[asyncio.Task[Any]] = set()
        self._cut: set[asyncio.Task[Any]] = set()
        faults.watch(self._leave)

    async def intercept_service(
        self, continuation: Continue, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        if handler.response_streaming:
            handler = self._ending(handler)
        if not self._faults:
            return handler
        if self._faults.take(Kind.AWAY, self._member):
            return _away(handler)
        call = _CALLS.get(handler_call_details.method)
        delay = self._faults.take(Kind.DELAY, self._member, call) if call else None
        if delay is not None and delay.seconds is not None:
            await asyncio.sleep(delay.seconds)
        if call in (Call.SUBMIT, Call.COMMIT_STATUS):
            return self._losing(handler, call)
        return handler

    def _leave(self, fault: Fault) -> None:
        """Whoever goes away takes the streams along that are under way."""
        if fault.kind is Kind.AWAY and fault.member == self._member:
            self._cut |= self._streams
            for task in self._streams:
                task.cancel()

    def _ending(self, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        """The same stream, which ends when the peer goes away."""
        stream = handler.stream_stream or handler.unary_stream

        async def serve(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("gRPC runs every call in a task")
            self._streams.add(task)
            try:
                async for message in stream(request, context):
                    yield message
            except asyncio.CancelledError:
                if task not in self._cut:
                    raise
                task.uncancel()
                await context.abort(_UNAVAILABLE, _GONE)
            finally:
                self._streams.discard(task)
                self._cut.discard(task)

        made = (
            grpc.stream_stream_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_stream_rpc_method_handler
        )
        return made(serve, handler.request_deserializer, handler.response_serializer)

    def _losing(self, handler: grpc.RpcMethodHandler, call: Call) -> grpc.RpcMethodHandler:
        """The same call, which may get lost, or whose answer may once the call has done its work."""
        answer = handler.unary_unary

        async def serve(request: Any, context: grpc.aio.ServicerContext) -> Any:
            if call is Call.SUBMIT and self._faults.take(Kind.SUBMIT_LOST, self._member):
                await context.abort(_UNAVAILABLE, _GONE)
            response = await answer(request, context)
            if call is Call.SUBMIT:
                if self._faults.take(Kind.SUBMIT_UNAVAILABLE, self._member):
                    await context.abort(_UNAVAILABLE, _GONE)
            elif self._faults.take(Kind.STATUS_UNAVAILABLE, self._member):
                await context.abort(_UNAVAILABLE, _GONE)
            elif self._faults.take(Kind.STATUS_SILENCE, self._member):
                # Its deadline, or its client's end, ends the call.
                await asyncio.Event().wait()
            return response

        return grpc.unary_unary_rpc_method_handler(
            serve, handler.request_deserializer, handler.response_serializer
        )


def _away(handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
    """A call of the same shape that finds nobody."""

    async def one(_: Any, context: grpc.aio.ServicerContext) -> None:
        await context.abort(_UNAVAILABLE, "connection refused")

    async def many(_: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        await context.abort(_UNAVAILABLE, "connection refused")
        # A generator: what a streaming call is made of.
        yield

    if handler.request_streaming:
        return grpc.stream_stream_rpc_method_handler(many, handler.request_deserializer)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(many, handler.request_deserializer)
    return grpc.unary_unary_rpc_method_handler(one, handler.request_deserializer)
