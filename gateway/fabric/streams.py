"""One connection's stream of events, and what a consumer holds of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import grpc

from gateway.fabric.checkpoint import Position
from gateway.fabric.connections import Connection, Endpoint
from gateway.fabric.errors import EventsError

Item = TypeVar("Item")
Given = TypeVar("Given", covariant=True)


class Opens(Protocol[Given]):
    """A signed request for a stream."""

    async def open(self, connection: Connection, seconds: float | None) -> Any:
        """The gRPC call that the request begins."""

    def read(self, response: Any) -> Iterator[tuple[Given | None, Position]]:
        """What a response holds: each item, and where its consumer is after it.

        The last may be a position alone. EventsError for a response that ends the stream.
        """


class Events(AsyncIterator[Item], Generic[Item]):
    """Items as they come, in order and without end; closed by ``async with`` or ``aclose``.

    Whoever waits for an item only so long, and gives up, may ask for the next one again: none is missed.
    """

    def __init__(self, items: Callable[[], AsyncGenerator[Item, None]]) -> None:
        """``items`` begins where the generator that it gave before ended."""
        self._begin = items
        self._items = items()

    def __aiter__(self) -> Events[Item]:
        return self

    async def __anext__(self) -> Item:
        """The next item. EventsRefused, and EventsError at the deadline."""
        try:
            return await anext(self._items)
        except asyncio.CancelledError:
            # A generator ends with what it raises, and the stream is to outlast who waited for it.
            self._items = self._begin()
            raise

    async def __aenter__(self) -> Events[Item]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the stream."""
        await self._items.aclose()


async def connected(
    endpoint: Endpoint, request: Opens[Item], seconds: float | None
) -> AsyncGenerator[tuple[Item | None, Position], None]:
    """What one connection brings, until it ends in an EventsError; to be closed by whoever iterates it."""
    with endpoint.stream() as connection:
        call: Any = None
        try:
            call = await request.open(connection, seconds)
            async for response in call:
                for read in request.read(response):
                    yield read
        except grpc.aio.AioRpcError as error:
            raise EventsError.from_rpc(error) from error
        except grpc.aio.UsageError as error:
            raise _closed() from error
        except asyncio.CancelledError as error:
            if endpoint.cancelled:
                raise _closed() from error
            raise
        finally:
            if call is not None:
                call.cancel()
    raise EventsError(grpc.StatusCode.UNAVAILABLE, "the peer closed the stream", (), "")


def _closed() -> EventsError:
    return EventsError(grpc.StatusCode.CANCELLED, "the client is closed", (), "")
