"""Streams of blocks and chaincode events that survive the loss of a connection."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import grpc

from gateway.fabric import queries
from gateway.fabric.checkpoint import Checkpoint, Position
from gateway.fabric.client import Client
from gateway.fabric.errors import EventsError, EventsRefused, GatewayCallError
from gateway.fabric.event_requests import EventsRequest
from gateway.fabric.streams import Events, connected

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


def follow(
    client: Client,
    channel: str,
    start_block: int | None,
    checkpoint: Checkpoint | Position | None,
    seconds: float | None,
    request_from: Callable[[Position], EventsRequest[Item]],
) -> Events[Item]:
    """The streams that ``request_from`` asks for, one after the other, each from where the last was lost."""
    return Events(_follow(client, channel, start_block, checkpoint, seconds, request_from))


async def _follow(
    client: Client,
    channel: str,
    start_block: int | None,
    checkpoint: Checkpoint | Position | None,
    seconds: float | None,
    request_from: Callable[[Position], EventsRequest[Item]],
) -> AsyncGenerator[Item, None]:
    position = await _start(start_block, checkpoint)
    transport = client.transport
    if seconds is None:
        seconds = getattr(transport.deadlines, request_from(position).deadline)
    ends = None if seconds is None else time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        endpoint = transport.current
        try:
            if position.block_number is None:
                # Fixed before the first connection: what is written while one is lost must not be missed.
                position = Position(await queries.height(client, channel, _left(ends)))
            request = await request_from(position).sign()
            async with aclosing(connected(endpoint, request, _left(ends))) as items:
                async for item, after in items:
                    # Something arrived: the next loss is a new one.
                    pause = FIRST_PAUSE
                    if item is not None:
                        yield item
                    position = after
        except GatewayCallError as error:
            if transport.closed:
                raise EventsError(error.code, error.message, error.details, "") from error
            if error.code in _FINAL:
                raise EventsRefused(error.code, error.message, error.details, "") from error
            if ends is not None and time.monotonic() + pause >= ends:
                words = f"the stream's time is over, after: {error.message}"
                raise EventsError(grpc.StatusCode.DEADLINE_EXCEEDED, words, (), "") from error
            transport.lost(endpoint)
            log.warning(
                "%s stream lost (%s), again in %.1f s",
                request_from(position).deadline,
                error.code.name,
                pause,
            )
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 2, LONGEST_PAUSE)


def _left(ends: float | None) -> float | None:
    return None if ends is None else max(ends - time.monotonic(), 0.0)


async def _start(start_block: int | None, checkpoint: Checkpoint | Position | None) -> Position:
    position = (
        checkpoint if isinstance(checkpoint, Position) else await checkpoint.load() if checkpoint else None
    )
    if position and position.block_number is not None:
        return position
    return Position(start_block)
