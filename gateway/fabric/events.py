"""Streams of blocks and chaincode events that survive the loss of a connection."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

import grpc

from gateway.fabric import queries
from gateway.fabric.checkpoint import Checkpoint, Position
from gateway.fabric.client import Client
from gateway.fabric.errors import EventsError, EventsRefused, GatewayCallError
from gateway.fabric.event_requests import EventsRequest
from gateway.fabric.streams import connected

log = logging.getLogger(__name__)

Item = TypeVar("Item")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
# What no reconnection mends: the peer does not let us read, or does not take the request.
_FINAL = frozenset(
    {
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


class Follower(Generic[Item]):
    """One stream made of one connection after another, each from where the last was lost."""

    def __init__(
        self,
        client: Client,
        channel: str,
        request_from: Callable[[Position], EventsRequest[Item]],
        start_block: int | None,
        checkpoint: Checkpoint | Position | None,
        seconds: float | None,
    ) -> None:
        """``request_from`` asks for the stream from a position on. See Network for the rest."""
        self._client = client
        self._transport = client.transport
        self._channel = channel
        self._request_from = request_from
        self._start_block = start_block
        self._checkpoint = checkpoint
        self._position: Position | None = None
        self._kind = request_from(Position()).deadline
        self._seconds: float | None = seconds
        if seconds is None:
            self._seconds = getattr(self._transport.deadlines, self._kind)
        self._ends: float | None = None

    async def items(self) -> AsyncGenerator[Item, None]:
        """What comes, from where the last generator of this stream ended."""
        pause = FIRST_PAUSE
        while True:
            endpoint = self._transport.current
            try:
                request = await self._request_from(await self._begin()).sign()
                async with aclosing(connected(endpoint, request, self._left())) as items:
                    async for item, after in items:
                        # Something arrived: the next loss is a new one.
                        pause = FIRST_PAUSE
                        if item is not None:
                            yield item
                        self._position = after
            except GatewayCallError as error:
                self._check(error, pause)
                self._transport.lost(endpoint)
                log.warning("%s stream lost (%s), again in %.1f s", self._kind, error.code.name, pause)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _begin(self) -> Position:
        """Where the next connection begins, always at a block: what comes while one is lost is not missed."""
        if self._position is None:
            self._position = await self._first()
        if self._position.block_number is None:
            self._position = Position(await queries.height(self._client, self._channel, self._left()))
        return self._position

    async def _first(self) -> Position:
        if self._seconds is not None:
            self._ends = time.monotonic() + self._seconds
        given = self._checkpoint
        position = given if isinstance(given, Position) else await given.load() if given else Position()
        return Position(self._start_block) if position.block_number is None else position

    def _check(self, error: GatewayCallError, pause: float) -> None:
        """Raise what ends the stream, where it is not to be taken up again after ``pause``."""
        if self._transport.closed:
            raise EventsError(error.code, error.message, error.details, "") from error
        if error.code in _FINAL:
            raise EventsRefused(error.code, error.message, error.details, "") from error
        if self._ends is not None and time.monotonic() + pause >= self._ends:
            words = f"the stream's time is over, after: {error.message}"
            raise EventsError(grpc.StatusCode.DEADLINE_EXCEEDED, words, (), "") from error

    def _left(self) -> float | None:
        return None if self._ends is None else max(self._ends - time.monotonic(), 0.0)
