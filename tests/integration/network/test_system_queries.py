"""What a peer says of itself, its channels and its chaincode, and to whom: the same on either ledger."""

from __future__ import annotations

import re
from typing import Any

import grpc
import pytest
from fabric_protos.common import common_pb2, configtx_pb2, ledger_pb2
from fabric_protos.peer import policy_pb2, query_pb2, transaction_pb2
from fabric_protos.peer.lifecycle import lifecycle_pb2

from gateway.fabric import EndorseError, EvaluateError, Network, Transaction
from gateway.fabric.blocks import header_hash
from network import packages
from network.addresses import Loopback
from network.identities import Identities
from network.policy import read
from network.policy_language import parse
from tests.integration.network.asking import ask
from tests.integration.network.callers import (
    LIFECYCLE,
    LOCALLY,
    NO_ADMIN,
    UNAUTHORIZED,
    Callers,
    installed,
    named,
    next_definition,
)
from tests.integration.network.members import FIRST, SECOND, profile, words
from tests.support.ledgers import Ledger

MSPS = {"ManufacturerMSP", "DistributorMSP", "RegulatorMSP"}
first, second = FIRST.encode(), SECOND.encode()
ATTEMPTS = 20


@pytest.mark.parametrize("channel", [FIRST, SECOND])
async def test_blocks(callers: Callers, channel: str) -> None:
    """Of either channel, whichever the proposal names."""
    chaincode = "probe" if channel == FIRST else "terms"
    gateway = await callers.gateway("client")
    contract = gateway.network(channel).contract(chaincode)
    transaction = await contract.proposal("put", b"asked for", b"v").endorse()
    status = await (await transaction.submit()).status()

    async def qscc(function: bytes, *arguments: bytes) -> bytes:
        return await callers.evaluate("client", FIRST, "qscc", function, channel.encode(), *arguments)

    info = ledger_pb2.BlockchainInfo.FromString(await qscc(b"GetChainInfo"))
    assert info.height == status.block_number + 1
    data = await qscc(b"GetBlockByNumber", b"%d" % status.block_number)
    block = common_pb2.Block.FromString(data)
    assert info.currentBlockHash == header_hash(block.header)
    assert info.previousBlockHash == block.header.previous_hash
    identity = status.transaction_id.encode()
    assert await qscc(b"GetBlockByHash", info.currentBlockHash) == data
    assert await qscc(b"GetBlockByTxID", identity) == data
    assert await qscc(b"GetBlockByNumber", b"%d" % ((1 << 64) - 1)) == data
    processed = transaction_pb2.ProcessedTransaction.FromString(await qscc(b"GetTransactionByID", identity))
    assert processed.validationCode == transaction_pb2.VALID
    assert processed.transactionEnvelope.SerializeToString() == block.data.data[0]


async def test_channels_and_their_configuration(members: Ledger, callers: Callers) -> None:
    answer = await callers.evaluate("client", FIRST, "cscc", b"GetChannels")
    channels = query_pb2.ChannelQueryResponse.FromString(answer).channels
    assert sorted(one.channel_id for one in channels) == [FIRST, SECOND]
    for channel in members.topology.channels:
        name = channel.name.encode()
        config = configtx_pb2.Config.FromString(
            await callers.evaluate("client", FIRST, "cscc", b"GetChannelConfig", name)
        )
        groups = config.channel_group.groups
        assert set(groups["Application"].groups) == {one.msp_id for one in channel.organizations}
        assert list(groups["Orderer"].groups) == ["RegulatorMSP"]
        block = common_pb2.Block.FromString(
            await callers.evaluate("client", FIRST, "cscc", b"GetConfigBlock", name)
        )
        assert block.header.number == 0
        payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(block.data.data[0]).payload)
        whole = configtx_pb2.ConfigEnvelope.FromString(payload.data).config
        assert whole.channel_group == config.channel_group
    status = query_pb2.JoinBySnapshotStatus.FromString(
        await callers.evaluate("admin", FIRST, "cscc", b"JoinBySnapshotStatus")
    )
    assert not status.in_progress


async def test_who_is_in_the_channel_may_ask_at_any_peer(callers: Callers) -> None:
    for who in ("client", "outsider", "peer"):
        info = await callers.evaluate(who, FIRST, "qscc", b"GetChainInfo", first)
        assert ledger_pb2.BlockchainInfo.FromString(info).height > 0


def default(parameter: bytes) -> bool:
    """Whether a definition asks for what the channel asks for."""
    application = policy_pb2.ApplicationPolicy.FromString(parameter)
    return bool(application.channel_config_policy_reference == "/Channel/Application/Endorsement")


async def test_definitions(callers: Callers) -> None:
    answer = await callers.evaluate("client", FIRST, LIFECYCLE, b"QueryChaincodeDefinition", named("probe"))
    defined = lifecycle_pb2.QueryChaincodeDefinitionResult.FromString(answer)
    assert (defined.sequence, defined.version) == (1, "1")
    assert (defined.endorsement_plugin, defined.validation_plugin) == ("escc", "vscc")
    assert default(defined.validation_parameter)
    assert defined.HasField("collections")
    assert not defined.collections.config
    assert dict(defined.approvals) == dict.fromkeys(
        ("ManufacturerMSP", "DistributorMSP", "RegulatorMSP"), True
    )
    answer = await callers.evaluate("client", SECOND, LIFECYCLE, b"QueryChaincodeDefinitions", b"")
    [terms] = lifecycle_pb2.QueryChaincodeDefinitionsResult.FromString(answer).chaincode_definitions
    assert (terms.name, terms.sequence, terms.version) == ("terms", 1, "1.1")
    policy = policy_pb2.ApplicationPolicy.FromString(terms.validation_parameter).signature_policy
    assert read(policy.SerializeToString()) == parse("OR('ManufacturerMSP.peer', 'RegulatorMSP.peer')")
    [prices] = (one.static_collection_config for one in terms.collections.config)
    assert (prices.name, prices.block_to_live, prices.maximum_peer_count) == ("prices", 3, 1)
    assert (prices.required_peer_count, prices.member_only_read, prices.member_only_write) == (
        0,
        False,
        False,
    )
    members = read(prices.member_orgs_policy.signature_policy.SerializeToString())
    assert members == parse("OR('ManufacturerMSP.member', 'RegulatorMSP.member')")
    assert not prices.HasField("endorsement_policy")


async def test_readiness(callers: Callers) -> None:
    """Nobody has approved what comes next."""
    for name, sequence in (("probe", 2), ("new", 1)):
        answer = await callers.evaluate(
            "client", FIRST, LIFECYCLE, b"CheckCommitReadiness", next_definition(name, sequence)
        )
        ready = lifecycle_pb2.CheckCommitReadinessResult.FromString(answer)
        assert dict(ready.approvals) == dict.fromkeys(MSPS, False)
        assert set(ready.mismatches) == MSPS
        assert all(list(ready.mismatches[msp].items) == ["ChaincodeParameters"] for msp in MSPS)


def references(entry: Any) -> dict[str, list[tuple[str, str]]]:
    return {
        channel: [(one.name, one.version) for one in entry.references[channel].chaincodes]
        for channel in entry.references
    }


async def test_what_is_installed_and_approved(members: Ledger, callers: Callers) -> None:
    identities = Identities(members.topology, members.home / "network")
    manufacturer, loopback = members.member("manufacturer"), Loopback(members.topology)
    expected = {
        one.name: packages.build(identities, loopback, manufacturer, one)
        for one in members.topology.chaincodes
    }

    async def asked(channel: str, function: bytes, argument: bytes) -> bytes:
        return await callers.evaluate("admin", channel, LIFECYCLE, function, argument)

    answer = await asked(FIRST, b"QueryInstalledChaincodes", b"")
    found = lifecycle_pb2.QueryInstalledChaincodesResult.FromString(answer).installed_chaincodes
    assert sorted((one.label, one.package_id) for one in found) == sorted(
        (package.label, package.package_id) for package in expected.values()
    )
    terms = expected["terms"].package_id
    one = lifecycle_pb2.QueryInstalledChaincodeResult.FromString(
        await asked(FIRST, b"QueryInstalledChaincode", installed(terms))
    )
    assert (one.label, one.package_id) == ("terms_1.1", terms)
    assert references(one) == {SECOND: [("terms", "1.1")]}
    whole = lifecycle_pb2.GetInstalledChaincodePackageResult.FromString(
        await asked(FIRST, b"GetInstalledChaincodePackage", installed(terms))
    )
    assert whole.chaincode_install_package == expected["terms"].content
    for sequence in (0, 1):
        approved = lifecycle_pb2.QueryApprovedChaincodeDefinitionResult.FromString(
            await asked(FIRST, b"QueryApprovedChaincodeDefinition", named("probe", sequence))
        )
        assert (approved.sequence, approved.version) == (1, "1")
        assert approved.source.local_package.package_id == expected["probe"].package_id
        assert default(approved.validation_parameter)
    [every] = lifecycle_pb2.QueryApprovedChaincodeDefinitionsResult.FromString(
        await asked(SECOND, b"QueryApprovedChaincodeDefinitions", b"")
    ).approved_chaincode_definitions
    assert (every.name, every.sequence, every.version) == ("terms", 1, "1.1")
    assert every.source.local_package.package_id == terms


async def test_without_a_channel(members: Ledger) -> None:
    """A peer is asked directly: of no channel, a proposal is not endorsed."""
    us, admin = profile(members, "manufacturer"), profile(members, "manufacturer", "admin")
    answer = await ask(us, "", "cscc", b"GetChannels")
    channels = query_pb2.ChannelQueryResponse.FromString(answer.response.payload).channels
    assert sorted(one.channel_id for one in channels) == [FIRST, SECOND]
    assert (answer.version, answer.endorsement.signature) == (0, b"")
    theirs = await ask(profile(members, "distributor"), "", "cscc", b"GetChannels")
    channels = query_pb2.ChannelQueryResponse.FromString(theirs.response.payload).channels
    assert [one.channel_id for one in channels] == [FIRST]
    info = await ask(us, "", "qscc", b"GetChainInfo", second)
    assert ledger_pb2.BlockchainInfo.FromString(info.response.payload).height > 0
    found = await ask(admin, "", LIFECYCLE, b"QueryInstalledChaincodes", b"")
    installed_there = lifecycle_pb2.QueryInstalledChaincodesResult.FromString(found.response.payload)
    assert len(installed_there.installed_chaincodes) == 2
    for sender, chaincode, arguments, told in (
        (us, LIFECYCLE, (b"QueryInstalledChaincodes", b""), UNAUTHORIZED + NO_ADMIN),
        (
            *(admin, LIFECYCLE, (b"QueryChaincodeDefinition", named("probe"))),
            f"{UNAUTHORIZED}Failed getting local MSP principal "
            f"{LOCALLY.format('/Channel/Application/Writers')}: "
            "[MSP Principal role [/Channel/Application/Writers] not recognized]",
        ),
        (
            *(us, "probe", (b"get", b"k")),
            "make sure the chaincode probe has been successfully defined on channel  and try again: "
            "could not get channel config for channel ''",
        ),
    ):
        refused = await ask(sender, "", chaincode, *arguments)
        assert (refused.response.status, refused.response.message) == (500, told)


async def test_within_a_channel_answers_are_endorsed(members: Ledger) -> None:
    us = profile(members, "manufacturer")
    for chaincode, arguments in (
        ("qscc", (b"GetChainInfo", first)),
        (LIFECYCLE, (b"QueryChaincodeDefinition", named("probe"))),
    ):
        answer = await ask(us, FIRST, chaincode, *arguments)
        assert (answer.response.status, answer.version) == (200, 1)
        assert answer.endorsement.signature
    missing = await ask(us, FIRST, LIFECYCLE, b"QueryChaincodeDefinition", named("nothing"))
    assert (missing.response.status, missing.version) == (404, 0)
    assert not missing.endorsement.signature
    elsewhere = await ask(profile(members, "distributor"), SECOND, "cscc", b"GetChannels")
    assert (elsewhere.response.status, elsewhere.response.message) == (500, "channel 'trade' not found")


async def test_a_revoked_certificate_without_a_channel(members: Ledger) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ask(profile(members, "manufacturer", "bridge"), "", "cscc", b"GetChannels")
    assert refused.value.details() == (
        "error validating proposal: access denied: channel [] creator org [ManufacturerMSP]"
    )


async def test_the_former_lifecycle_is_gone(members: Ledger, callers: Callers) -> None:
    with pytest.raises(EvaluateError) as refused:
        await callers.evaluate("client", FIRST, "lscc", b"getchaincodes")
    code, message, details = words(refused.value)
    assert (code, message) == (
        "ABORTED",
        "failed to evaluate transaction, see attached details for more info",
    )
    assert len(details) == 3
    for detail in details:
        assert re.match(
            "error in simulation: failed to execute transaction [0-9a-f]{64}: "
            "could not launch chaincode lscc.syscc: error building chaincode: error building image: "
            "failed to get chaincode package for external build: "
            "could not get legacy chaincode package 'lscc.syscc': "
            "open .*lscc.syscc: no such file or directory",
            detail,
        )


async def agreed(network: Network) -> Transaction:
    """An endorsed question to the lifecycle.

    Its answer holds a map of approvals, which each of Fabric's peers writes in an order of its own: by chance
    they do not agree.
    """
    for _ in range(ATTEMPTS - 1):
        asked = network.contract(LIFECYCLE).proposal("QueryChaincodeDefinition", named("probe"))
        try:
            return await asked.endorse()
        except EndorseError as error:
            if not error.mismatch:
                raise
    return await network.contract(LIFECYCLE).proposal("QueryChaincodeDefinition", named("probe")).endorse()


async def test_transactions_of_system_chaincodes(callers: Callers) -> None:
    """The lifecycle's can be endorsed, and committed; no plan is made for the others."""
    gateway = await callers.gateway("client")
    network = gateway.network(FIRST)
    transaction = await agreed(network)
    assert (await (await transaction.submit()).status()).successful
    with pytest.raises(EndorseError) as refused:
        await network.contract("qscc").proposal("GetChainInfo", first).endorse()
    assert words(refused.value) == (
        "FAILED_PRECONDITION",
        "no combination of peers can be derived which satisfy the endorsement policy: "
        "No metadata was found for chaincode qscc in channel medicines",
        [],
    )


async def test_chaincode_that_asks(callers: Callers) -> None:
    """Chaincode may ask the lifecycle, and is turned away elsewhere."""
    gateway = await callers.gateway("client")
    probe = gateway.network(FIRST).contract("probe")
    for chaincode, told in (
        ("qscc", "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks"),
        ("cscc", "Rejecting invoke of CSCC from another chaincode"),
    ):
        answer = await probe.evaluate("call", chaincode.encode(), b"", b"GetChainInfo", first)
        assert f"\"{told}, original invocation for 'probe'\"" in answer.decode()
    missing = await probe.evaluate("call", LIFECYCLE.encode(), b"", b"QueryChaincodeDefinition", named("no"))
    assert '"namespace no is not defined", "status": 404' in missing.decode()
    denied = await probe.evaluate("call", LIFECYCLE.encode(), b"", b"QueryInstalledChaincodes", b"")
    assert UNAUTHORIZED in denied.decode()
