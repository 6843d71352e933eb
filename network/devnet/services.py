"""gRPC's side of a service: its methods by name, and what becomes of requests that cannot be read.

The decoders that gRPC would call itself give up with words of their own; a peer's gRPC has others.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from network.devnet import messages

Unary = Callable[[Any, grpc.aio.ServicerContext], Awaitable[Any]]
Stream = Callable[[Any, grpc.aio.ServicerContext], AsyncIterator[Any]]


def service(name: str, methods: Mapping[str, grpc.RpcMethodHandler]) -> grpc.GenericRpcHandler:
    """The service of this full name."""
    return grpc.method_handlers_generic_handler(name, dict(methods))


def unary(kind: type[Any], method: Unary) -> grpc.RpcMethodHandler:
    """A method that takes one message of class ``kind`` and answers one."""

    async def call(data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        request = await _read(kind, data, context, "grpc: error unmarshalling request")
        return (await method(request, context)).SerializeToString()

    return grpc.unary_unary_rpc_method_handler(call)


def stream(kind: type[Any], method: Stream) -> grpc.RpcMethodHandler:
    """A method that takes one message and answers many."""

    async def call(data: bytes, context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        request = await _read(kind, data, context, _OF_A_STREAM)
        async for answer in method(request, context):
            yield answer.SerializeToString()

    return grpc.unary_stream_rpc_method_handler(call)


def dialogue(kind: type[Any], method: Stream) -> grpc.RpcMethodHandler:
    """A method that takes many messages and answers many, as bytes that it has made itself."""

    async def requests(data: AsyncIterator[bytes], context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        async for one in data:
            yield await _read(kind, one, context, _OF_A_STREAM)

    async def call(data: AsyncIterator[bytes], context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        async for answer in method(requests(data, context), context):
            yield answer

    return grpc.stream_stream_rpc_method_handler(call)


_OF_A_STREAM = "grpc: failed to unmarshal the received message"


async def _read(kind: type[Any], data: bytes, context: grpc.aio.ServicerContext, failed: str) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError:
        await context.abort(grpc.StatusCode.INTERNAL, f"{failed}: {messages.reason(kind, data)}")


def certificate_hash(context: grpc.aio.ServicerContext) -> bytes:
    """The SHA-256 of the TLS certificate that the client has shown, on a connection that asks for one."""
    [shown] = context.auth_context()["x509_pem_cert"]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown.decode())).digest()
