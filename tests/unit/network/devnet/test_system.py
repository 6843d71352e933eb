"""The queries that a peer answers itself."""

from __future__ import annotations

import pytest
from fabric_protos.common import common_pb2, configtx_pb2, ledger_pb2
from fabric_protos.peer import query_pb2, transaction_pb2

from network.devnet import system
from tests.unit.network.devnet.consortium import Consortium

CHANNEL = b"medicines"


async def test_the_chain(consortium: Consortium) -> None:
    done = await consortium.put("k", "v")
    chain = consortium.chain

    def qscc(*arguments: bytes) -> bytes:
        response = system.query(chain, "qscc", arguments)
        assert response.status == 200, response.message
        return response.payload

    info = ledger_pb2.BlockchainInfo.FromString(qscc(b"GetChainInfo", CHANNEL))
    assert (info.height, info.currentBlockHash) == (2, chain.last_hash)
    block = qscc(b"GetBlockByNumber", CHANNEL, b"1")
    assert common_pb2.Block.FromString(block).header.previous_hash == info.previousBlockHash
    assert qscc(b"GetBlockByHash", CHANNEL, info.currentBlockHash) == block
    assert qscc(b"GetBlockByTxID", CHANNEL, done.encode()) == block
    processed = transaction_pb2.ProcessedTransaction.FromString(
        qscc(b"GetTransactionByID", CHANNEL, done.encode())
    )
    assert processed.validationCode == 0
    assert (
        processed.transactionEnvelope.SerializeToString() == common_pb2.Block.FromString(block).data.data[0]
    )


async def test_the_configuration(consortium: Consortium) -> None:
    def cscc(*arguments: bytes) -> bytes:
        return system.query(consortium.chain, "cscc", arguments).payload

    channels = query_pb2.ChannelQueryResponse.FromString(cscc(b"GetChannels"))
    assert [one.channel_id for one in channels.channels] == ["medicines"]
    assert cscc(b"GetConfigBlock", CHANNEL) == consortium.chain.block(0)
    config = configtx_pb2.Config.FromString(cscc(b"GetChannelConfig", CHANNEL))
    assert len(config.channel_group.groups["Application"].groups) == 4


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("qscc", (), "Incorrect number of arguments"),
        ("qscc", (b"GetChainInfo",), "Incorrect number of arguments"),
        ("qscc", (b"GetChainInfo", b"elsewhere"), "Invalid chain ID"),
        ("qscc", (b"GetBlockByNumber", CHANNEL), "missing 3rd argument"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, b"x"), "Failed to parse block number"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, b"-1"), "Failed to parse block number"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, "²".encode()), "Failed to parse block number"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, b"9" * 19), "no such block number"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, b"9" * 20), "value out of range"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, b"9" * 5000), "Failed to parse block number"),
        ("qscc", (b"GetBlockByNumber", CHANNEL, b"7"), "no such block number"),
        ("qscc", (b"GetBlockByHash", CHANNEL, b"x"), "no such block hash"),
        ("qscc", (b"GetBlockByTxID", CHANNEL, b"x"), "no such transaction ID"),
        ("qscc", (b"GetTransactionByID", CHANNEL, b""), "no such transaction ID"),
        ("qscc", (b"JoinChain", CHANNEL, b""), "Requested function JoinChain not found"),
        ("cscc", (b"GetConfigBlock",), "Incorrect number of arguments"),
        ("cscc", (b"\xff",), "Incorrect number of arguments, 1"),
        ("cscc", (b"\xff", CHANNEL), "not found"),
    ],
)
async def test_without_answer(
    consortium: Consortium, name: str, arguments: tuple[bytes, ...], words: str
) -> None:
    response = system.query(consortium.chain, name, arguments)
    assert response.status == 500
    assert words in response.message
