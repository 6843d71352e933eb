"""The client against a real ledger: what each step answers, how it fails, and what survives a kill -9."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
from contextlib import aclosing

import grpc
import pytest

from gateway.fabric import (
    CommitStatusError,
    EndorseError,
    EvaluateError,
    InMemoryCheckpointer,
    Network,
    Peer,
    Position,
    Profile,
    Transaction,
    chaincode_refusal,
    connect,
)
from gateway.fabric.blocks import parse_block
from gateway.fabric.outcomes import settle, submit_with_retry
from tests.support.ledgers import Ledger

PROBE = "probe"


async def keep_nothing(transaction: Transaction) -> None:
    """A caller that need not store its envelope."""


async def test_evaluate_and_submit(network: Network, key: str) -> None:
    contract = network.contract(PROBE)
    assert json.loads(await contract.evaluate("get", key.encode())) is None
    assert await contract.submit("put", key.encode(), b"value") == b"null"
    assert json.loads(await contract.evaluate("get", key.encode())) == "value"


async def test_transient_data_reaches_the_chaincode(network: Network) -> None:
    answer = json.loads(await network.contract(PROBE).evaluate("who", transient={"price": b"9"}))
    assert answer["transient"] == {"price": "9"}
    assert answer["msp"] == "ManufacturerMSP"


async def test_a_refused_evaluation_tells_the_chaincodes_words(network: Network) -> None:
    with pytest.raises(EvaluateError) as raised:
        await network.contract(PROBE).evaluate("no such function")
    assert raised.value.code == grpc.StatusCode.UNKNOWN
    assert chaincode_refusal(raised.value) == (404, "no function no such function")


async def test_a_refused_endorsement_tells_the_peer_and_its_words(network: Network) -> None:
    with pytest.raises(EndorseError) as raised:
        await network.contract(PROBE).submit("no such function")
    error = raised.value
    assert error.code == grpc.StatusCode.ABORTED
    assert chaincode_refusal(error) == (404, "no function no such function")
    assert [detail.msp_id for detail in error.details] == ["ManufacturerMSP"]
    assert error.details[0].address


async def test_an_unknown_chaincode_is_an_error(network: Network) -> None:
    with pytest.raises(EndorseError):
        await network.contract("nosuchchaincode").submit("put", b"a", b"b")


async def test_an_unknown_transaction_ends_at_its_deadline(network: Network) -> None:
    with pytest.raises(CommitStatusError) as raised:
        await network.commit("0" * 64).status(0.5)
    assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_an_envelope_that_is_sent_twice_counts_once(network: Network, key: str) -> None:
    transaction = await network.contract(PROBE).proposal("put", key.encode(), b"once").endorse()
    first = await settle(transaction)
    again = network.transaction_from(transaction.bytes)
    commit = await again.submit()
    assert first.successful
    assert await commit.status() == first
    # Something behind it, so that the second arrival is in a block too.
    await network.contract(PROBE).submit("put", key.encode(), b"twice")
    seen = []
    for number in range(first.block_number, await network.height()):
        view = parse_block(await network.block(number))
        seen += [t.validation_code for t in view.transactions if t.tx_id == transaction.transaction_id]
    assert seen[0] == 0
    assert set(seen[1:]) == {9}


async def test_conflicts_are_tried_anew_until_all_are_written(network: Network, key: str) -> None:
    contract = network.contract(PROBE)
    await contract.submit("put", key.encode(), b"0")
    done = await asyncio.gather(
        *(
            submit_with_retry(
                lambda number=number: contract.proposal(  # type: ignore[misc]
                    "read_own_write", key.encode(), str(number).encode()
                ),
                keep_nothing,
            )
            for number in range(3)
        )
    )
    assert all(status.successful for _, status in done)
    assert len({status.transaction_id for _, status in done}) == 3


async def test_blocks_chain_and_tell_what_was_written(network: Network, key: str) -> None:
    transaction = await network.contract(PROBE).proposal("put", key.encode(), b"value").endorse()
    status = await settle(transaction)
    previous = b""
    async with aclosing(network.block_events(0)) as stream:
        async for block in stream:
            view = parse_block(block)
            assert view.data_hash == hashlib.sha256(b"".join(block.data.data)).digest()
            if view.number:
                assert view.previous_hash == previous
            previous = view.header_hash
            if view.number == status.block_number:
                break
    written = next(one for one in view.transactions if one.tx_id == transaction.transaction_id)
    assert written.valid
    assert (written.chaincode, written.function, written.creator_msp) == (PROBE, "put", "ManufacturerMSP")
    assert (key, b"value") in [(write.key, write.value) for write in written.writes]
    by_id = await network.block_by_transaction(transaction.transaction_id)
    assert by_id.header.number == status.block_number
    with pytest.raises(EvaluateError):
        await network.block(10_000_000)
    with pytest.raises(EvaluateError):
        await network.block_by_transaction("0" * 64)


async def test_chaincode_events_go_on_within_a_block(network: Network) -> None:
    contract = network.contract(PROBE)
    start = await network.height()
    names = [f"Event{number}" for number in range(4)]
    statuses = [
        (await submit_with_retry(lambda n=name: contract.proposal("event", n.encode(), b"{}"), keep_nothing))[
            1
        ]  # type: ignore[misc]
        for name in names
    ]
    checkpoint = InMemoryCheckpointer(Position(start))
    seen = []
    async with asyncio.timeout(30):
        for _ in names:
            async with aclosing(network.chaincode_events(PROBE, checkpoint=checkpoint)) as stream:
                event = await anext(stream)
            seen.append((event.block_number, event.transaction_id, event.name, event.payload))
            await checkpoint.save(event.position)
    assert seen == [
        (status.block_number, status.transaction_id, name, b"{}")
        for status, name in zip(statuses, names, strict=True)
    ]


async def test_a_peer_that_is_away_is_passed_over(profile: Profile, key: str) -> None:
    away = dataclasses.replace(profile, peers=(Peer("127.0.0.1:22999", insecure=True), *profile.peers))
    async with connect(away) as gateway:
        contract = gateway.network(profile.channel).contract(PROBE)
        assert await contract.submit("put", key.encode(), b"value") == b"null"


def victim(running: Ledger) -> str:
    """The process whose loss the client feels most."""
    return "devnet" if running.kind == "devnet" else "peer-manufacturer"


async def test_streams_and_submissions_survive_a_killed_peer(
    running: Ledger, network: Network, key: str
) -> None:
    contract = network.contract(PROBE)
    transaction = await contract.proposal("put", key.encode(), b"value").endorse()
    start = await network.height()
    async with aclosing(network.block_events(start)) as stream:
        waiting = asyncio.ensure_future(anext(stream))
        running.kill(victim(running))
        settling = asyncio.create_task(settle(transaction, attempts=60))
        await asyncio.to_thread(running.run, victim(running))
        async with asyncio.timeout(60):
            status = await settling
            assert status.successful
            block = await waiting
            while block.header.number < status.block_number:
                block = await anext(stream)
        assert block.header.number == status.block_number
    ids = [one.tx_id for one in parse_block(block).transactions if one.valid]
    assert ids.count(transaction.transaction_id) == 1


async def test_a_submission_is_settled_when_the_orderer_comes_back(
    running: Ledger, network: Network, key: str
) -> None:
    if running.kind == "devnet":
        pytest.skip("devnet's orderer is part of its one process")
    transaction = await network.contract(PROBE).proposal("put", key.encode(), b"value").endorse()
    running.kill("orderer")
    settling = asyncio.create_task(settle(transaction, attempts=60))
    await asyncio.sleep(1)
    await asyncio.to_thread(running.run, "orderer")
    status = await asyncio.wait_for(settling, 90)
    assert status.successful
    assert json.loads(await network.contract(PROBE).evaluate("get", key.encode())) == "value"
