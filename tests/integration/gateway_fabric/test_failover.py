"""Several gateway peers: calls and streams go on at another when the preferred one is killed."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from gateway.fabric import Profile, Transaction, connect
from gateway.fabric.outcomes import submit_with_retry
from network import ledger
from tests.support.ledgers import Ledger

PROBE = "probe"


async def keep_nothing(transaction: Transaction) -> None:
    """A caller that need not store its envelope."""


async def test_calls_and_streams_go_on_at_the_next_peer(running: Ledger, profile: Profile, key: str) -> None:
    if running.kind == "devnet":
        pytest.skip("devnet's peers are one process")
    other = ledger.member_profile(running.home, running.topology.organizations[1])
    both = dataclasses.replace(profile, peers=(*profile.peers, *other.peers))
    async with connect(both) as gateway:
        network = gateway.network(profile.channel)
        contract = network.contract(PROBE)
        start = await network.height()
        async with (
            asyncio.timeout(90),
            network.chaincode_events(PROBE, start) as events,
            network.block_events(start) as blocks,
        ):
            await contract.submit("event", f"{key}-before", "{}")
            assert (await anext(events)).name == f"{key}-before"
            block = await anext(blocks)
            running.kill("peer-manufacturer")
            try:
                # The chaincode's policy asks for one member's endorsement, the other's peer has it.
                _, status = await submit_with_retry(
                    lambda: contract.proposal("event", f"{key}-after", "{}"), keep_nothing
                )
                assert status.successful
                assert (await anext(events)).name == f"{key}-after"
                while block.header.number < status.block_number:
                    block = await anext(blocks)
                assert json.loads(await contract.evaluate("get", "event")) == "{}"
            finally:
                await asyncio.to_thread(running.run, "peer-manufacturer")
