"""When the orderer cuts a block."""

from __future__ import annotations

import asyncio

import pytest

from network.devnet import orderer as orderers
from network.devnet.orderer import Orderer
from network.topology import Batch
from tests.unit.network.devnet.consortium import Consortium


async def test_a_block_is_cut_when_it_is_full_or_late(consortium: Consortium) -> None:
    orderer = Orderer(consortium.chain, Batch(messages=3, seconds=0.2))
    envelopes = [
        await consortium.endorse(consortium.propose(b"Put", f"k{n}".encode(), b"v")) for n in range(7)
    ]
    ordering = asyncio.create_task(orderer.run())
    try:
        await asyncio.gather(*(orderer.submit(envelope) for envelope in envelopes))
    finally:
        ordering.cancel()
        await asyncio.gather(ordering, return_exceptions=True)
    sizes = [len(consortium.chain.summary(number)) for number in range(1, consortium.chain.height)]
    assert sizes == [3, 3, 1]


async def test_a_block_waits_for_transactions_that_are_on_their_way_and_for_nothing_else(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orderers, "DEFAULT_BATCH", Batch(messages=200, seconds=60))
    orderer = Orderer(consortium.chain)
    first, second = [
        await consortium.endorse(consortium.propose(b"Put", f"k{n}".encode(), b"v")) for n in range(2)
    ]
    ordering = asyncio.create_task(orderer.run())
    try:
        with orderer.expecting():
            submits = [asyncio.create_task(orderer.submit(first))]
            await asyncio.sleep(0.1)
            submits.append(asyncio.create_task(orderer.submit(second)))
            await asyncio.sleep(0.1)
            assert not any(submit.done() for submit in submits)
        await asyncio.wait_for(asyncio.gather(*submits), 20)
        assert len(consortium.chain.summary(1)) == 2
    finally:
        ordering.cancel()
        await asyncio.gather(ordering, return_exceptions=True)
