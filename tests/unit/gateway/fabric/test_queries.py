"""What the peer says of its ledger."""

from __future__ import annotations

import grpc
import pytest

from gateway.fabric import EvaluateError, Network
from tests.unit.gateway.fabric.envelopes import block
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway, called


async def test_height_and_blocks(fake: FakeGateway, network: Network) -> None:
    fake.append(block(0))
    fake.append(block(1))
    assert await network.height() == 2
    assert (await network.block(0)).header.number == 0
    assert (await network.block_by_transaction("abc")).header.number == 1
    asked = [called(request.proposed_transaction.proposal_bytes) for _, request in fake.requests]
    assert asked == [
        ("qscc", [b"GetChainInfo", b"medicines"]),
        ("qscc", [b"GetBlockByNumber", b"medicines", b"0"]),
        ("qscc", [b"GetBlockByTxID", b"medicines", b"abc"]),
    ]


async def test_a_block_that_is_not_there(fake: FakeGateway, network: Network) -> None:
    fake.answer("Evaluate", Failure(grpc.StatusCode.UNKNOWN, "chaincode response 500, no such block"))
    with pytest.raises(EvaluateError):
        await network.block(99)
