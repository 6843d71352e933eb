"""Blocks."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from fabric_protos.peer import transaction_pb2
from pytest_bdd import given, parsers, scenarios, then, when

from gateway.fabric.blocks import parse_block
from tests.scenario.features.applications import Applications, soon

scenarios("block_events.feature")


@when("the regulator reads the chain from block 0 up to the newest")
def read_chain(applications: Applications) -> None:
    network = applications.network("regulator")

    async def reading() -> list[Any]:
        height = await network.height()
        async with network.block_events(start_block=0) as blocks:
            return [await anext(blocks) for _ in range(height)]

    applications.answer = [parse_block(block) for block in applications.run(reading())]
    assert len(applications.answer) > 1


@then("the blocks are numbered without a gap")
def no_gap(applications: Applications) -> None:
    assert [block.number for block in applications.answer] == list(range(len(applications.answer)))


@then("each block names the one before it")
def chained(applications: Applications) -> None:
    blocks = applications.answer
    assert [block.previous_hash for block in blocks[1:]] == [block.header_hash for block in blocks[:-1]]


@then("the first block is a configuration")
def configuration(applications: Applications) -> None:
    [transaction] = applications.answer[0].transactions
    assert (transaction.type, transaction.valid) == ("CONFIG", True)


@given("the regulator waits for the next block", target_fixture="waiting")
def wait_for_next(applications: Applications) -> asyncio.Task[Any]:
    network = applications.network("regulator")

    async def waiting() -> Any:
        async with network.block_events(start_block=await network.height()) as blocks:
            return await anext(blocks)

    return applications.run(soon(waiting()))


@then("the regulator has the block with that change")
def has_block(applications: Applications, waiting: asyncio.Task[Any]) -> None:
    async def awaited() -> Any:
        return await waiting

    block = applications.run(awaited())
    assert hashlib.sha256(b"".join(block.data.data)).digest() == block.header.data_hash
    ids = [transaction.tx_id for transaction in parse_block(block).transactions]
    assert ids == [applications.changes[-1].status.transaction_id]


@pytest.fixture
def brief(applications: Applications) -> Any:
    """The last change's block in brief."""
    network = applications.network("manufacturer")

    async def reading() -> Any:
        start = applications.changes[-1].status.block_number
        async with network.filtered_block_events(start_block=start) as blocks:
            return await anext(blocks)

    return applications.run(reading())


@then(parsers.re(r'the block in brief has that change as (?P<code>\w+)(?: announcing "(?P<event>\w+)")?'))
def in_brief(applications: Applications, brief: Any, code: str, event: str | None) -> None:
    status = applications.changes[-1].status
    assert (brief.number, brief.channel_id) == (status.block_number, applications.ledger.topology.channel)
    [transaction] = brief.filtered_transactions
    assert transaction.txid == status.transaction_id
    assert transaction_pb2.TxValidationCode.Name(transaction.tx_validation_code) == code
    names = [
        action.chaincode_event.event_name for action in transaction.transaction_actions.chaincode_actions
    ]
    assert names == ([event] if event else names)


@then(parsers.parse('neither "{content}" nor any other content is in the block in brief'))
def no_content(brief: Any, content: str) -> None:
    assert content.encode() not in brief.SerializeToString()
    [transaction] = brief.filtered_transactions
    [action] = transaction.transaction_actions.chaincode_actions
    assert action.chaincode_event.payload == b""


@then(parsers.re(r'the block with private data has (?:"(?P<value>.*)"|no value) for the (?P<member>\w+)'))
def with_private_data(applications: Applications, value: str | None, member: str) -> None:
    number = applications.changes[-1].status.block_number
    found = applications.run(applications.private_values(member, number))
    assert found == ([value] if value else [])


@then("the regulator finds its block by the change and by its number")
def find_block(applications: Applications) -> None:
    applications.catch_up("regulator")
    network = applications.network("regulator")
    status = applications.changes[-1].status
    by_change = applications.run(network.block_by_transaction(status.transaction_id))
    by_number = applications.run(network.block(status.block_number))
    assert by_change == by_number
    assert by_change.header.number == status.block_number


@when(parsers.parse("the regulator asks for block {number:d}"))
def ask_for_block(applications: Applications, number: int) -> None:
    applications.attempt(applications.network("regulator").block(number))
