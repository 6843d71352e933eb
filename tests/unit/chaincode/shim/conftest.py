"""A chaincode of plain functions, served to fake peers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chaincode.shim import ChaincodeServer, Limits, Response, Stub, serve
from tests.unit.chaincode.shim.fake_peer import FakePeer

Function = Callable[[Stub], Awaitable[Response]]


class Functions:
    """Runs the coroutine that the first argument names."""

    def __init__(self, **functions: Function) -> None:
        self.functions = functions

    async def invoke(self, stub: Stub) -> Response:
        return await self.functions[stub.function](stub)


class Bench:
    """Starts servers and peers and ends them with the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def server(self, limits: Limits | None = None, **functions: Function) -> ChaincodeServer:
        server = await serve(
            Functions(**functions), package_id="test:1", address="127.0.0.1:0", tls=None, limits=limits
        )
        self._stack.push_async_callback(server.stop, 1.0)
        return server

    async def peer(
        self, server: ChaincodeServer, kind: type[FakePeer] = FakePeer, **options: Any
    ) -> FakePeer:
        return await self._stack.enter_async_context(kind(f"127.0.0.1:{server.port}", **options))

    async def start(self, **functions: Function) -> FakePeer:
        return await self.peer(await self.server(**functions))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench(stack)
