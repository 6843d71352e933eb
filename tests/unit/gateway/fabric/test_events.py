"""Streams that go on where they were after a connection is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar

import grpc
import pytest
from fabric_protos.common import common_pb2

from gateway.fabric import Checkpoint, Network, events
from gateway.fabric.events import EventsRefused
from tests.unit.gateway.fabric.conftest import client
from tests.unit.gateway.fabric.fake_gateway import (
    FakeGateway,
    Stream,
    block_response,
    events_response,
    status_response,
)

Code = grpc.StatusCode
Item = TypeVar("Item")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(events, "LONGEST_PAUSE", 0.004)


async def take(stream: AsyncIterator[Item], count: int) -> list[Item]:
    """The first ``count`` items; the stream is then closed."""
    found = []
    async for item in stream:
        found.append(item)
        if len(found) == count:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    return found


def starts(requests: list[Any]) -> list[int | str]:
    """From where each stream was asked: a block, or next."""
    found: list[int | str] = []
    for request in requests:
        position = request.start if hasattr(request, "start") else request.start_position
        kind = position.WhichOneof("Type")
        found.append(position.specified.number if kind == "specified" else kind)
    return found


async def numbers(stream: AsyncIterator[common_pb2.Block], count: int) -> list[int]:
    return [block.header.number for block in await take(stream, count)]


async def test_blocks_go_on_after_any_end_of_the_stream(network: Network, fake: FakeGateway) -> None:
    fake.streams.extend(
        [
            Stream([block_response(4), block_response(5)], end=Code.UNAVAILABLE),
            Stream([], end=Code.UNKNOWN),
            Stream([block_response(6), status_response(common_pb2.SERVICE_UNAVAILABLE)], close=True),
            Stream([block_response(7)], close=True),
            Stream([block_response(8)]),
        ]
    )
    assert await numbers(network.block_events(4), 5) == [4, 5, 6, 7, 8]
    assert starts(fake.stream_requests) == [4, 6, 6, 7, 8]


async def test_blocks_from_the_next_one(network: Network, fake: FakeGateway) -> None:
    fake.streams.extend([Stream([], end=Code.UNAVAILABLE), Stream([block_response(9)])])
    assert await numbers(network.block_events(), 1) == [9]
    assert starts(fake.stream_requests) == ["next_commit", "next_commit"]


async def test_blocks_from_a_checkpoint(network: Network, fake: FakeGateway) -> None:
    checkpoint = Checkpoint()
    checkpoint.block_done(11)
    fake.streams.append(Stream([block_response(12)]))
    assert await numbers(network.block_events(3, checkpoint), 1) == [12]
    assert starts(fake.stream_requests) == [12]


async def test_a_block_that_is_being_worked_on_is_not_skipped(network: Network, fake: FakeGateway) -> None:
    """Whoever stops within a block gets it again from a checkpoint that it did not move."""
    checkpoint = Checkpoint(5)
    for _ in range(2):
        fake.streams.append(Stream([block_response(5)]))
        assert await numbers(network.block_events(checkpoint=checkpoint), 1) == [5]
    assert starts(fake.stream_requests) == [5, 5]


async def test_blocks_from_the_next_peer(fake: FakeGateway) -> None:
    other = FakeGateway()
    await other.start()
    fake.streams.append(Stream([block_response(1)], end=Code.UNAVAILABLE))
    other.streams.append(Stream([block_response(2)]))
    async with client(fake.address, other.address) as gateway:
        assert await numbers(gateway.network("medicines").block_events(1), 2) == [1, 2]
    await other.stop()
    assert (starts(fake.stream_requests), starts(other.stream_requests)) == ([1], [2])


async def test_events_go_on_within_a_block(network: Network, fake: FakeGateway) -> None:
    fake.streams.extend(
        [
            Stream([events_response(4, "a", "b")], end=Code.UNAVAILABLE),
            Stream([events_response(5, "c")], close=True),
            Stream([events_response(9, "d")]),
        ]
    )
    found = await take(network.chaincode_events("custody", 4), 4)
    assert [(event.block_number, event.transaction_id) for event in found] == [
        (4, "a"),
        (4, "b"),
        (5, "c"),
        (9, "d"),
    ]
    assert (found[0].chaincode, found[0].name, found[0].payload) == ("custody", "Happened", b"{}")
    assert starts(fake.stream_requests) == [4, 5, 6]
    assert [request.after_transaction_id for request in fake.stream_requests] == ["", "", ""]


async def test_events_from_a_checkpoint_within_a_block(network: Network, fake: FakeGateway) -> None:
    checkpoint = Checkpoint()
    fake.streams.append(Stream([events_response(4, "a", "b")]))
    async for event in network.chaincode_events("custody", 4, checkpoint):
        checkpoint.transaction_done(event.block_number, event.transaction_id)
        break
    assert (checkpoint.block_number, checkpoint.transaction_id) == (4, "a")
    fake.streams.append(Stream([events_response(4, "b")]))
    [event] = await take(network.chaincode_events("custody", 0, checkpoint), 1)
    assert event.transaction_id == "b"
    assert starts(fake.stream_requests) == [4, 4]
    assert fake.stream_requests[1].after_transaction_id == "a"


@pytest.mark.parametrize("code", [Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.INVALID_ARGUMENT])
async def test_a_refusal_ends_the_stream(network: Network, fake: FakeGateway, code: grpc.StatusCode) -> None:
    fake.streams.extend([Stream([], end=code), Stream([], end=code)])
    with pytest.raises(EventsRefused, match=code.name):
        await take(network.block_events(0), 1)
    with pytest.raises(EventsRefused, match=code.name):
        await take(network.chaincode_events("custody"), 1)
    assert len(fake.stream_requests) == 2


async def test_forbidden_ends_the_stream(network: Network, fake: FakeGateway) -> None:
    fake.streams.append(Stream([status_response(common_pb2.FORBIDDEN)], close=True))
    with pytest.raises(EventsRefused, match="FORBIDDEN"):
        await take(network.block_events(0), 1)


async def test_pauses_grow_to_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(events.asyncio, "sleep", note)
    monkeypatch.setattr(events.random, "uniform", lambda low, high: high)
    pause = events._Pause("block")
    for _ in range(4):
        await pause.after(events._StreamEnded("gone"))
    pause.reset()
    await pause.after(events._StreamEnded("gone"))
    assert slept == [0.001, 0.002, 0.004, 0.004, 0.001]
