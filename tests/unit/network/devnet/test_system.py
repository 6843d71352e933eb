"""The queries that a peer answers itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fabric_protos.common import common_pb2, configtx_pb2, ledger_pb2
from fabric_protos.peer import policy_pb2, proposal_response_pb2, query_pb2, transaction_pb2
from fabric_protos.peer.lifecycle import lifecycle_pb2

from network.devnet import system
from network.devnet.committed import committed
from network.devnet.errors import DevnetError
from network.policy import read
from network.policy_language import parse
from network.topology import Collection, Topology
from tests.unit.network.devnet.consortium import Consortium

CHANNEL = b"medicines"


def asked(
    consortium: Consortium, name: str, arguments: Sequence[bytes], channel: str = "medicines"
) -> proposal_response_pb2.Response:
    """What the client's own peer answers it."""
    proposal = consortium.propose(*arguments, chaincode=name)
    chains = {consortium.chain.channel: consortium.chain}
    return system.answer(name, system.Query(consortium.own.peer, chains, proposal, channel, arguments))


async def test_the_chain(consortium: Consortium) -> None:
    done = await consortium.put("k", "v")
    chain = consortium.chain

    def qscc(*arguments: bytes) -> bytes:
        response = asked(consortium, "qscc", arguments)
        assert response.status == 200, response.message
        return response.payload

    info = ledger_pb2.BlockchainInfo.FromString(qscc(b"GetChainInfo", CHANNEL))
    assert (info.height, info.currentBlockHash) == (2, chain.last_hash)
    block = qscc(b"GetBlockByNumber", CHANNEL, b"1")
    assert qscc(b"GetBlockByNumber", CHANNEL, b"18446744073709551615") == block
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
        return asked(consortium, "cscc", arguments).payload

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
        ("qscc", (b"JoinChain", CHANNEL, b""), "Unmapped policy for qscc/JoinChain"),
        ("cscc", (b"GetConfigBlock",), "Incorrect number of arguments"),
        ("cscc", (b"\xff",), "Incorrect number of arguments, 1"),
        ("cscc", (b"\xff", CHANNEL), "not found"),
        ("cscc", (b"JoinChain", b"\xff"), "Failed to reconstruct the genesis block"),
        ("cscc", (b"JoinChain", b""), "block is empty"),
        ("cscc", (b"JoinChain", b"\x12\x03\x0a\x01\xff"), "failed to extract channel id"),
        ("_lifecycle", (), "must be invoked with arguments"),
        ("_lifecycle", (b"\xff", b""), "Unmapped policy for _lifecycle/"),
        ("_lifecycle", (b"QueryChaincodeDefinition", b"\xff"), "could not decode input arg"),
    ],
)
async def test_without_answer(
    consortium: Consortium, name: str, arguments: tuple[bytes, ...], words: str
) -> None:
    response = asked(consortium, name, arguments)
    assert response.status == 500
    assert words in response.message


async def test_a_channel_that_is_there_is_not_joined_again(consortium: Consortium) -> None:
    """Its first block is taken apart, before it is asked who wants that."""
    response = asked(consortium, "cscc", (b"JoinChain", consortium.chain.block(0)))
    assert response.message.startswith("access denied for [JoinChain][medicines]: [")


async def test_the_lifecycle_without_a_channel(consortium: Consortium) -> None:
    response = asked(consortium, "_lifecycle", (b"QueryChaincodeDefinitions", b""), channel="")
    assert "MSP Principal role [/Channel/Application/Writers] not recognized" in response.message


async def test_definitions_are_the_topologys(consortium: Consortium, topology: Topology) -> None:
    answer = asked(consortium, "_lifecycle", (b"QueryChaincodeDefinitions", b"")).payload
    found = lifecycle_pb2.QueryChaincodeDefinitionsResult.FromString(answer).chaincode_definitions
    assert [(one.name, one.version) for one in found] == [(c.name, c.version) for c in topology.chaincodes]


def test_a_collections_own_endorsers() -> None:
    collection = Collection(
        name="prices",
        policy="OR('PharmacyMSP.member')",
        endorsement_policy="AND('PharmacyMSP.peer', 'PharmacyMSP.peer')",
        member_only_read=True,
    )
    [made] = committed("1", "'PharmacyMSP.peer'", [collection]).collections.config
    config = made.static_collection_config
    assert (config.name, config.member_only_read, config.member_only_write) == ("prices", True, False)
    endorsers = config.endorsement_policy.signature_policy
    assert len(endorsers.identities) == 2
    assert read(endorsers.SerializeToString()) == parse("AND('PharmacyMSP.peer', 'PharmacyMSP.peer')")
    for policy, kind in (
        ("'PharmacyMSP.peer'", "signature_policy"),
        (None, "channel_config_policy_reference"),
    ):
        parameter = committed("1", policy, []).validation_parameter
        assert policy_pb2.ApplicationPolicy.FromString(parameter).WhichOneof("Type") == kind


async def test_the_former_lifecycle(consortium: Consortium) -> None:
    with pytest.raises(DevnetError, match="could not launch chaincode lscc"):
        asked(consortium, "lscc", (b"getchaincodes",))


async def test_another_chaincodes_question(consortium: Consortium) -> None:
    proposal = consortium.propose(b"Put", b"k", b"v")
    query = system.Query(
        consortium.own.peer, {"medicines": consortium.chain}, proposal, "medicines", [b"GetChannels"]
    )
    assert "original invocation for 'custody'" in system.answer_chaincode("cscc", query).message
    defined = lifecycle_pb2.QueryChaincodeDefinitionArgs(name="custody").SerializeToString()
    query = replace(query, arguments=[b"QueryChaincodeDefinition", defined])
    assert system.answer_chaincode("_lifecycle", query).status == 200
