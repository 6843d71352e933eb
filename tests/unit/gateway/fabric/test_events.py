"""Streams of blocks and chaincode events: from a checkpoint, and through lost connections."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fabric_protos.common import common_pb2
from fabric_protos.orderer import ab_pb2

from gateway.fabric import (
    ChaincodeEvent,
    Deadlines,
    Events,
    EventsError,
    EventsRefused,
    Gateway,
    Identity,
    InMemoryCheckpointer,
    Network,
    Position,
    events,
)
from gateway.fabric import signer_from_pem as signer
from tests.unit.chaincode.shim.certificates import Pair
from tests.unit.gateway.fabric.envelopes import CHANNEL, block
from tests.unit.gateway.fabric.fake_gateway import Cut, Failure, FakeGateway

UNAVAILABLE = Failure(grpc.StatusCode.UNAVAILABLE)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(events, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def chain(fake: FakeGateway) -> FakeGateway:
    """A ledger of five blocks, with events in three of them."""
    for number in range(5):
        fake.append(block(number))
    fake.events = [(1, "a", "First"), (1, "b", "Second"), (3, "c", "Third"), (4, "d", "Fourth")]
    return fake


async def take(stream: Events[Any], count: int) -> list[Any]:
    async with asyncio.timeout(20), aclosing(stream):
        return [await anext(stream) for _ in range(count)]


async def numbers(stream: Events[common_pb2.Block], count: int) -> list[int]:
    return [taken.header.number for taken in await take(stream, count)]


def starts(fake: FakeGateway) -> list[int]:
    """Where each request for blocks began."""
    return [
        ab_pb2.SeekInfo.FromString(common_pb2.Payload.FromString(request.payload).data).start.specified.number
        for name, request in fake.requests
        if name == "Deliver"
    ]


async def test_blocks_from_a_number(chain: FakeGateway, network: Network, pair: Pair) -> None:
    assert await numbers(network.block_events(2), 3) == [2, 3, 4]
    [(_, envelope)] = chain.requests
    pair.key.public_key().verify(envelope.signature, envelope.payload, ec.ECDSA(hashes.SHA256()))
    payload = common_pb2.Payload.FromString(envelope.payload)
    seek = ab_pb2.SeekInfo.FromString(payload.data)
    assert seek.behavior == ab_pb2.SeekInfo.BLOCK_UNTIL_READY
    assert seek.stop.specified.number == 2**64 - 1
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    assert (header.type, header.channel_id) == (common_pb2.DELIVER_SEEK_INFO, CHANNEL)


async def test_blocks_from_a_checkpoint(chain: FakeGateway, network: Network) -> None:
    assert await numbers(network.block_events(0, Position.after_block(2)), 2) == [3, 4]


async def test_a_block_that_is_being_worked_on_is_not_skipped(chain: FakeGateway, network: Network) -> None:
    """Whoever stops within a block gets it again from a checkpoint that was not moved."""
    checkpoint = InMemoryCheckpointer(Position(2))
    for _ in range(2):
        assert await numbers(network.block_events(checkpoint=checkpoint), 1) == [2]
    assert starts(chain) == [2, 2]


async def test_without_a_start_the_next_block_is_first(chain: FakeGateway, network: Network) -> None:
    stream = network.block_events()
    first = asyncio.create_task(anext(stream))
    await chain.until_called("Deliver")
    chain.append(block(5))
    assert (await first).header.number == 5
    await stream.aclose()


async def test_no_block_is_missed_that_came_while_the_first_connection_was_lost(
    chain: FakeGateway, network: Network
) -> None:
    chain.answer("Deliver", Cut(0, UNAVAILABLE))
    stream = network.block_events()
    first = asyncio.create_task(anext(stream))
    await chain.until_called("Deliver")
    chain.append(block(5))
    chain.append(block(6))
    assert (await first).header.number == 5
    await stream.aclose()


@pytest.mark.parametrize(
    "cut",
    [
        Cut(2, UNAVAILABLE),
        Cut(2, Failure(grpc.StatusCode.UNKNOWN, "too many requests")),
        Cut(2, status=common_pb2.SERVICE_UNAVAILABLE),
        Cut(2, status=common_pb2.NOT_FOUND),
        Cut(2),
    ],
    ids=["unavailable", "busy", "orderer away", "channel not joined yet", "closed"],
)
async def test_blocks_go_on_after_the_last_one_seen(chain: FakeGateway, network: Network, cut: Cut) -> None:
    chain.answer("Deliver", cut, Cut(0, UNAVAILABLE))
    assert await numbers(network.block_events(0), 5) == [0, 1, 2, 3, 4]
    assert starts(chain) == [0, 2, 2]


@pytest.mark.parametrize(
    "cut",
    [
        Cut(0, Failure(grpc.StatusCode.PERMISSION_DENIED)),
        Cut(0, status=common_pb2.FORBIDDEN),
        Cut(0, status=common_pb2.BAD_REQUEST),
    ],
    ids=["denied", "forbidden", "bad request"],
)
async def test_a_refused_stream_is_not_asked_for_again(
    chain: FakeGateway, network: Network, cut: Cut
) -> None:
    chain.answer("Deliver", cut)
    with pytest.raises(EventsRefused):
        await numbers(network.block_events(0), 1)
    assert chain.count("Deliver") == 1


async def test_a_peer_that_restarts_is_found_again(chain: FakeGateway, network: Network) -> None:
    stream = network.block_events(3)
    assert [(await anext(stream)).header.number for _ in range(2)] == [3, 4]
    await chain.stop()
    waiting = asyncio.create_task(anext(stream))
    await chain.start()
    chain.append(block(5))
    async with asyncio.timeout(20):
        assert (await waiting).header.number == 5
    await stream.aclose()


async def test_blocks_come_from_the_next_peer(chain: FakeGateway, identity: Identity, pair: Pair) -> None:
    async with FakeGateway() as other:
        other.blocks = [block(number) for number in range(5)]
        chain.answer("Deliver", Cut(2, UNAVAILABLE))
        async with Gateway([chain.peer, other.peer], identity, signer(pair.key_pem)) as gateway:
            assert await numbers(gateway.network(CHANNEL).block_events(0), 5) == [0, 1, 2, 3, 4]
        assert starts(other) == [2]


async def test_chaincode_events_in_order(chain: FakeGateway, network: Network) -> None:
    taken = await take(network.chaincode_events("custody", 0), 4)
    assert taken[0] == ChaincodeEvent(1, "a", "custody", "First", b"{}")
    assert [event.transaction_id for event in taken] == ["a", "b", "c", "d"]


async def test_chaincode_events_from_within_a_block(chain: FakeGateway, network: Network) -> None:
    checkpoint = Position.after_transaction(1, "a")
    taken = await take(network.chaincode_events("custody", checkpoint=checkpoint), 3)
    assert [event.transaction_id for event in taken] == ["b", "c", "d"]


async def test_chaincode_events_go_on_after_the_last_one_seen(chain: FakeGateway, network: Network) -> None:
    chain.answer("ChaincodeEvents", Cut(1, UNAVAILABLE), Cut(0, UNAVAILABLE), Cut(1))
    taken = await take(network.chaincode_events("custody", 0), 4)
    assert [event.transaction_id for event in taken] == ["a", "b", "c", "d"]
    asked = [request for name, request in chain.requests if name == "ChaincodeEvents"]
    positions = [request.start_position.specified.number for request in asked]
    assert positions == [0, 2, 2, 4]


async def test_chaincode_events_without_a_start_begin_after_the_ledger(
    chain: FakeGateway, network: Network
) -> None:
    chain.events.append((5, "e", "Fifth"))
    [event] = await take(network.chaincode_events("custody"), 1)
    assert event.transaction_id == "e"


async def test_refused_chaincode_events_are_not_asked_for_again(chain: FakeGateway, network: Network) -> None:
    chain.answer("ChaincodeEvents", Cut(0, Failure(grpc.StatusCode.PERMISSION_DENIED)))
    with pytest.raises(EventsRefused, match="PERMISSION_DENIED"):
        await take(network.chaincode_events("custody", 0), 1)


async def test_a_height_that_is_refused_ends_the_stream(chain: FakeGateway, network: Network) -> None:
    chain.answer("Evaluate", Failure(grpc.StatusCode.UNAVAILABLE), Failure(grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(EventsRefused, match="PERMISSION_DENIED"):
        await numbers(network.block_events(), 1)
    assert chain.count("Evaluate") == 2


async def test_pauses_grow_to_a_limit(
    chain: FakeGateway, network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chain.answer("Deliver", *[Cut(0, UNAVAILABLE)] * 6)
    with caplog.at_level("WARNING"):
        await numbers(network.block_events(0), 1)
    pauses = [record.args[2] for record in caplog.records if isinstance(record.args, tuple)]
    assert pauses == [0.005, 0.01, 0.02, 0.04, 0.05, 0.05]


def client_tasks() -> set[asyncio.Task[Any]]:
    """The tasks beside this one that are not of the fake peer's server."""
    return {
        task
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task() and "aio/server.pyx" not in repr(task)
    }


@pytest.mark.parametrize("kind", ["chaincode_events", "block_events", "request"])
async def test_a_stream_that_is_closed_leaves_nothing_behind(
    chain: FakeGateway, network: Network, kind: str
) -> None:
    before = client_tasks()

    def opened() -> Events[Any]:
        if kind == "chaincode_events":
            return network.chaincode_events("custody", 0)
        return (
            network.block_events(0)
            if kind == "block_events"
            else network.block_events_request(Position(0)).events()
        )

    async with opened() as stream:
        await anext(stream)
    never_read = opened()
    await never_read.aclose()
    async with opened() as stream, asyncio.timeout(20):
        async for _ in stream:
            break
    left = client_tasks() - before
    if left:
        # What gRPC ends by itself may need a turn of the loop.
        assert not (await asyncio.wait(left, timeout=5))[1]


async def test_a_consumer_that_is_cancelled_ends_its_stream(chain: FakeGateway, network: Network) -> None:
    async def consume() -> None:
        async with network.block_events(0) as stream:
            async for _ in stream:
                pass

    consumer = asyncio.create_task(consume())
    await chain.until_called("Deliver")
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer


@pytest.mark.parametrize("kind", ["chaincode_events", "block_events", "request"])
async def test_a_stream_of_a_client_that_is_closed_ends_in_an_error(
    chain: FakeGateway, identity: Identity, pair: Pair, kind: str
) -> None:
    async with Gateway([chain.peer], identity, signer(pair.key_pem)) as gateway:
        network = gateway.network(CHANNEL)
        stream: Events[Any] = network.chaincode_events("custody", 4)
        if kind != "chaincode_events":
            stream = network.block_events(4)
        if kind == "request":
            stream = network.block_events_request(Position(4)).events()
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.05)
    with pytest.raises(EventsError, match="closed"):
        await waiting
    with pytest.raises(EventsError, match="closed"):
        await anext(network.block_events(0))


@pytest.mark.parametrize("kind", ["chaincode_events", "block_events", "request", "unreachable"])
async def test_a_stream_ends_at_its_deadline(chain: FakeGateway, network: Network, kind: str) -> None:
    stream: Events[Any] = network.block_events(4, seconds=1.0)
    if kind == "chaincode_events":
        stream = network.chaincode_events("custody", 4, seconds=1.0)
    if kind == "request":
        stream = network.block_events_request(Position(4)).events(1.0)
    await anext(stream)
    if kind == "unreachable":
        await chain.stop()
    async with asyncio.timeout(10):
        with pytest.raises(EventsError) as raised:
            await anext(stream)
    assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_the_kinds_deadline_holds_where_the_call_has_none(
    chain: FakeGateway, identity: Identity, pair: Pair
) -> None:
    deadlines = Deadlines(filtered_block_events=1.0, block_and_private_data_events=1.0)
    async with Gateway([chain.peer], identity, signer(pair.key_pem), deadlines) as gateway:
        network = gateway.network(CHANNEL)
        for stream in (network.filtered_block_events(4), network.block_and_private_data_events(4)):
            await anext(stream)
            with pytest.raises(EventsError) as raised:
                await anext(stream)
            assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_filtered_blocks_and_blocks_with_private_data_go_on_as_blocks_do(
    chain: FakeGateway, network: Network
) -> None:
    chain.answer("DeliverFiltered", Cut(2, UNAVAILABLE))
    chain.answer("DeliverWithPrivateData", Cut(1, status=common_pb2.SERVICE_UNAVAILABLE))
    filtered = await take(network.filtered_block_events(0), 5)
    assert [taken.number for taken in filtered] == [0, 1, 2, 3, 4]
    private = await take(network.block_and_private_data_events(0), 5)
    assert [taken.block.header.number for taken in private] == [0, 1, 2, 3, 4]


async def test_a_request_is_for_one_connection(chain: FakeGateway, network: Network) -> None:
    chain.answer("Deliver", Cut(2, UNAVAILABLE))
    chain.answer("ChaincodeEvents", Cut(1))
    async with network.block_events_request(Position(1)).events() as stream:
        assert [(await anext(stream)).header.number for _ in range(2)] == [1, 2]
        with pytest.raises(EventsError, match="UNAVAILABLE"):
            await anext(stream)
    async with network.chaincode_events_request("custody", Position(1, "a")).events() as events:
        assert (await anext(events)).transaction_id == "b"
        with pytest.raises(EventsError, match="UNAVAILABLE"):
            await anext(events)
    assert chain.count("Deliver") == chain.count("ChaincodeEvents") == 1


async def test_a_checkpoint_is_asked_when_the_stream_begins(chain: FakeGateway, network: Network) -> None:
    keeper = InMemoryCheckpointer()
    stream = network.block_events(1, keeper)
    await keeper.save(Position.after_block(2))
    assert await numbers(stream, 1) == [3]
    assert await numbers(network.block_events(1, InMemoryCheckpointer()), 1) == [1]


@pytest.mark.parametrize("kind", ["chaincode_events", "block_events"])
async def test_who_waits_only_so_long_misses_nothing(chain: FakeGateway, network: Network, kind: str) -> None:
    stream: Events[Any] = network.block_events(3)
    if kind == "chaincode_events":
        stream = network.chaincode_events("custody", 3)
    seen: list[int] = []
    async with asyncio.timeout(20), stream:
        while len(seen) < 4:
            try:
                async with asyncio.timeout(0.1):
                    item = await anext(stream)
            except TimeoutError:
                number = 5 + len(seen) - 2
                chain.events.append((number, f"tx{number}", "Later"))
                chain.append(block(number))
                continue
            seen.append(item.header.number if kind == "block_events" else item.block_number)
    assert seen == [3, 4, 5, 6]


async def test_a_request_that_was_given_up_says_so(chain: FakeGateway, network: Network) -> None:
    async with network.block_events_request(Position(4)).events() as stream:
        await anext(stream)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await anext(stream)
        with pytest.raises(EventsError, match="gave up"):
            await anext(stream)
