"""Streams of a real ledger: every sort, and where they begin again."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import grpc
import pytest

from gateway.fabric import (
    EventsError,
    EventsRefused,
    FileCheckpointer,
    Network,
    Peer,
    Position,
    Profile,
    connect,
)
from gateway.fabric.blocks import parse_block
from tests.support.ledgers import Ledger

PROBE = "probe"


async def test_filtered_blocks_have_ids_and_codes_and_no_payload(network: Network, key: str) -> None:
    submitted = await network.contract(PROBE).submit_async("event", key, "a payload")
    status = await submitted.status()
    async with asyncio.timeout(30), network.filtered_block_events(status.block_number) as stream:
        block = await anext(stream)
    assert (block.number, block.channel_id) == (status.block_number, network.channel)
    [told] = [one for one in block.filtered_transactions if one.txid == submitted.transaction_id]
    assert told.tx_validation_code == status.code
    [action] = told.transaction_actions.chaincode_actions
    event = action.chaincode_event
    assert (event.chaincode_id, event.event_name, event.payload) == (PROBE, key, b"")
    assert event.tx_id == submitted.transaction_id


async def test_blocks_with_the_private_data_that_the_member_may_read(
    running: Ledger, network: Network, key: str
) -> None:
    collection = "_implicit_org_ManufacturerMSP"
    submitted = await network.contract(PROBE).submit_async(
        "put_private",
        collection,
        key,
        transient={"value": "a private value"},
        endorsing_organizations=["ManufacturerMSP"],
    )
    status = await submitted.status()
    assert status.successful
    async with asyncio.timeout(30), network.block_and_private_data_events(status.block_number) as stream:
        told = await anext(stream)
    block = parse_block(told.block)
    assert block.number == status.block_number
    index = next(one.index for one in block.transactions if one.tx_id == submitted.transaction_id)
    assert b"a private value" in told.private_data_map[index].SerializeToString()
    assert b"a private value" not in told.block.SerializeToString()


async def test_a_file_keeps_the_place_from_one_stream_to_the_next(
    network: Network, key: str, tmp_path: Path
) -> None:
    contract = network.contract(PROBE)
    start = await network.height()
    names = [f"{key}-{number}" for number in range(4)]
    for name in names:
        await contract.submit("event", name, "{}")
    seen = []
    for _ in range(2):
        async with (
            FileCheckpointer(tmp_path / "checkpoint") as keeper,
            network.chaincode_events(PROBE, start, keeper) as stream,
            asyncio.timeout(30),
        ):
            for _ in range(2):
                event = await anext(stream)
                seen.append(event.name)
                await keeper.save(event.position)
    assert seen == names


async def test_without_a_start_a_stream_has_what_is_committed_from_then_on(
    network: Network, key: str
) -> None:
    contract = network.contract(PROBE)
    await contract.submit("event", f"{key}-before", "{}")
    async with asyncio.timeout(30), network.chaincode_events(PROBE) as events:
        first = asyncio.ensure_future(anext(events))
        # The stream learns the height before anything else; what is written after it is its first.
        await asyncio.sleep(0.5)
        await contract.submit("event", f"{key}-after", "{}")
        assert (await first).name == f"{key}-after"


async def test_an_empty_block_to_come_is_waited_for_until_the_deadline(network: Network) -> None:
    stream = network.block_events(await network.height() + 5, seconds=0.5)
    async with asyncio.timeout(20):
        with pytest.raises(EventsError) as raised:
            await anext(stream)
    assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_streams_come_from_the_next_peer_where_one_is_away(
    profile: Profile, network: Network, key: str
) -> None:
    submitted = await network.contract(PROBE).submit_async("event", key, "{}")
    number = (await submitted.status()).block_number
    away = dataclasses.replace(profile, peers=(Peer("127.0.0.1:1", insecure=True), *profile.peers))
    for kind in ("chaincode", "block"):
        async with connect(away) as gateway:
            other = gateway.network(profile.channel)
            async with asyncio.timeout(30):
                if kind == "chaincode":
                    async with other.chaincode_events(PROBE, number) as events:
                        assert (await anext(events)).transaction_id == submitted.transaction_id
                else:
                    async with other.block_events(number) as blocks:
                        assert (await anext(blocks)).header.number == number


async def test_a_channel_that_is_not_there_is_refused_or_waited_for(profile: Profile) -> None:
    async with connect(profile) as gateway:
        nowhere = gateway.network("nowhere")
        async with asyncio.timeout(30):
            with pytest.raises(EventsError) as raised:
                await anext(nowhere.block_events_request(Position(0)).events(10))
            assert raised.value.code == grpc.StatusCode.NOT_FOUND
            with pytest.raises(EventsRefused) as refused:
                await anext(nowhere.chaincode_events(PROBE, 0))
            assert refused.value.code == grpc.StatusCode.PERMISSION_DENIED
