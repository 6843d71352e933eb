"""When the orderer cuts a block."""

from __future__ import annotations

import asyncio

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
