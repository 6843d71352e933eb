"""Queries of system chaincodes that have no answer, or not for everybody: the same words on either ledger."""

from __future__ import annotations

import pytest

from gateway.fabric import EvaluateError
from tests.integration.network.callers import (
    IN_CHANNEL,
    LIFECYCLE,
    LOCALLY,
    NO_ADMIN,
    NOT_OURS,
    UNAUTHORIZED,
    Callers,
    installed,
    named,
    next_definition,
)
from tests.integration.network.members import FIRST, SECOND, words

NO_MESSAGE = "proto: cannot parse invalid wire-format data"

Case = tuple[str, str, str, tuple[bytes, ...], str]
first, second = FIRST.encode(), SECOND.encode()
number = "Failed to parse block number with error strconv.ParseUint: parsing "
QSCC: list[Case] = [
    ("client", FIRST, "qscc", (), "Incorrect number of arguments, 0"),
    ("client", FIRST, "qscc", (b"GetChainInfo",), "Incorrect number of arguments, 1"),
    ("client", FIRST, "qscc", (b"GetChainInfo", b""), "Invalid chain ID, "),
    ("client", FIRST, "qscc", (b"GetChainInfo", b"nowhere"), "Invalid chain ID, nowhere"),
    ("client", FIRST, "qscc", (b"GetBlockByNumber", first), "missing 3rd argument for GetBlockByNumber"),
    ("client", FIRST, "qscc", (b"GetBlockByNumber", first, b"x"), f'{number}"x": invalid syntax'),
    ("client", FIRST, "qscc", (b"GetBlockByNumber", first, b""), f'{number}"": invalid syntax'),
    ("client", FIRST, "qscc", (b"GetBlockByNumber", first, b"-1"), f'{number}"-1": invalid syntax'),
    ("client", FIRST, "qscc", (b"GetBlockByNumber", first, b"+1"), f'{number}"+1": invalid syntax'),
    (
        *("client", FIRST, "qscc", (b"GetBlockByNumber", first, b"18446744073709551616")),
        f'{number}"18446744073709551616": value out of range',
    ),
    (
        *("client", FIRST, "qscc", (b"GetBlockByNumber", first, b"00999")),
        "Failed to get block number 999, error no such block number [999] in index",
    ),
    (
        *("client", FIRST, "qscc", (b"GetBlockByHash", first, b"abc")),
        "Failed to get block hash abc, error no such block hash [616263] in index",
    ),
    (
        *("client", FIRST, "qscc", (b"GetBlockByTxID", first, b"abc")),
        "Failed to get block for txID abc, error no such transaction ID [abc] in index",
    ),
    (
        *("client", FIRST, "qscc", (b"GetTransactionByID", first, b"")),
        "Failed to get transaction with id , error no such transaction ID [] in index",
    ),
    (
        *("client", FIRST, "qscc", (b"Nothing", first, b"")),
        "access denied for [Nothing][medicines]: [Unmapped policy for qscc/Nothing]",
    ),
    (
        *("outsider", FIRST, "qscc", (b"GetChainInfo", second)),
        f"access denied for [GetChainInfo][trade]: [{IN_CHANNEL.format('Readers', SECOND)}]",
    ),
]
CSCC: list[Case] = [
    ("client", FIRST, "cscc", (), "Incorrect number of arguments, 0"),
    ("client", FIRST, "cscc", (b"Nothing",), "Incorrect number of arguments, 1"),
    ("client", FIRST, "cscc", (b"Nothing", b""), "Requested function Nothing not found."),
    (
        *("outsider", FIRST, "cscc", (b"GetChannels",)),
        f"access denied for [GetChannels]: {NOT_OURS.format('Members')}",
    ),
    ("client", FIRST, "cscc", (b"GetConfigBlock",), "Incorrect number of arguments, 1"),
    (
        *("client", FIRST, "cscc", (b"GetConfigBlock", b"nowhere")),
        "access denied for [GetConfigBlock][nowhere]: Failed to get policy manager for channel [nowhere]",
    ),
    (
        *("client", FIRST, "cscc", (b"GetConfigBlock", b"")),
        "access denied for [GetConfigBlock][]: Failed getting local MSP principal "
        f"{LOCALLY.format('/Channel/Application/Readers')}: "
        "[MSP Principal role [/Channel/Application/Readers] not recognized]",
    ),
    (
        *("outsider", FIRST, "cscc", (b"GetConfigBlock", b"")),
        f"access denied for [GetConfigBlock][]: {NOT_OURS.format('/Channel/Application/Readers')}",
    ),
    (
        *("outsider", FIRST, "cscc", (b"GetConfigBlock", second)),
        f"access denied for [GetConfigBlock][trade]: {IN_CHANNEL.format('Readers', SECOND)}",
    ),
    ("client", FIRST, "cscc", (b"GetChannelConfig", b""), "empty channel name provided"),
    (
        *("outsider", FIRST, "cscc", (b"GetChannelConfig", second)),
        f"access denied for [GetChannelConfig][trade]: {IN_CHANNEL.format('Readers', SECOND)}",
    ),
    (
        *("client", FIRST, "cscc", (b"JoinBySnapshotStatus",)),
        f"access denied for [JoinBySnapshotStatus]: {NO_ADMIN}",
    ),
    (
        *("client", FIRST, "cscc", (b"JoinChain", b"x")),
        f"Failed to reconstruct the genesis block, error unmarshalling Block: {NO_MESSAGE}",
    ),
    (
        *("client", FIRST, "cscc", (b"JoinChain", b"")),
        '"JoinChain" request failed to extract channel id from the block due to '
        "[failed to retrieve channel id - block is empty]",
    ),
    (
        *("client", FIRST, "cscc", (b"JoinChainBySnapshot", b"")),
        "Cannot join the channel, no snapshot directory provided",
    ),
    (
        *("client", FIRST, "cscc", (b"JoinChainBySnapshot", b"/x")),
        f"access denied for [JoinChainBySnapshot]: [{NO_ADMIN}]",
    ),
    (
        *("admin", FIRST, "cscc", (b"JoinChainBySnapshot", b"/no such folder")),
        "cannot create ledger from snapshot /no such folder: error opening dir [/no such folder]: "
        "open /no such folder: no such file or directory",
    ),
]
failed = "failed to invoke backing implementation of "
INSTALLED_QUERIES = (b"QueryInstalledChaincodes", b"QueryInstalledChaincode", b"GetInstalledChaincodePackage")
ADMINS_ONLY = (
    *INSTALLED_QUERIES,
    b"QueryApprovedChaincodeDefinition",
    b"QueryApprovedChaincodeDefinitions",
    b"InstallChaincode",
    b"ApproveChaincodeDefinitionForMyOrg",
)
LIFECYCLES: list[Case] = [
    ("client", FIRST, LIFECYCLE, (), "lifecycle scc must be invoked with arguments"),
    *(
        (
            *("client", FIRST, LIFECYCLE, (b"QueryChaincodeDefinition", b"", b"")[:count]),
            f"lifecycle scc operations require exactly two arguments but received {count}",
        )
        for count in (1, 3)
    ),
    (
        *("client", FIRST, LIFECYCLE, (b"QueryChaincodeDefinition", b"\xff")),
        f"{failed}'QueryChaincodeDefinition': could not decode input arg for "
        f"*lifecycle.Invocation.QueryChaincodeDefinition: {NO_MESSAGE}",
    ),
    (
        *("client", FIRST, LIFECYCLE, (b"Nothing", b"")),
        f"{UNAUTHORIZED}Unmapped policy for _lifecycle/Nothing",
    ),
    (
        *("peer", FIRST, LIFECYCLE, (b"QueryChaincodeDefinitions", b"")),
        UNAUTHORIZED + IN_CHANNEL.format("Writers", FIRST),
    ),
    *(("client", FIRST, LIFECYCLE, (name, b""), UNAUTHORIZED + NO_ADMIN) for name in ADMINS_ONLY),
    *(
        ("outsider", FIRST, LIFECYCLE, (name, b""), UNAUTHORIZED + NOT_OURS.format("Admins"))
        for name in ADMINS_ONLY
    ),
    (
        *("admin", FIRST, LIFECYCLE, (b"QueryInstalledChaincode", installed("x:1"))),
        f"{failed}'QueryInstalledChaincode': could not find chaincode with package id 'x:1'",
    ),
    (
        *("admin", FIRST, LIFECYCLE, (b"GetInstalledChaincodePackage", installed("x:1"))),
        f"{failed}'GetInstalledChaincodePackage': could not load cc install package: "
        "chaincode install package 'x:1' not found",
    ),
    *(
        (
            *("admin", FIRST, LIFECYCLE, (b"QueryApprovedChaincodeDefinition", named(name, sequence))),
            f"{failed}'QueryApprovedChaincodeDefinition': could not fetch approved chaincode definition "
            f"(name: '{name}', sequence: '{sequence}') on channel 'medicines'",
        )
        for name, sequence in (("probe", 2), ("nothing", 0), ("terms", 1))
    ),
    *(
        (
            *("client", FIRST, LIFECYCLE, (b"CheckCommitReadiness", next_definition(name, sequence))),
            f"{failed}'CheckCommitReadiness': requested sequence is {sequence}, "
            f"but new definition must be sequence {wanted}",
        )
        for name, sequence, wanted in (("probe", 1, 2), ("probe", 3, 2), ("new", 0, 1))
    ),
]


def spaced(message: str) -> str:
    """Go's protobuf puts one space or another behind ``proto:``, as it was built."""
    return message.replace("\u00a0", " ")


@pytest.mark.parametrize(("who", "channel", "chaincode", "arguments", "told"), [*QSCC, *CSCC, *LIFECYCLES])
async def test_no_answer(
    callers: Callers, who: str, channel: str, chaincode: str, arguments: tuple[bytes, ...], told: str
) -> None:
    with pytest.raises(EvaluateError) as refused:
        await callers.evaluate(who, channel, chaincode, *arguments)
    told = f"chaincode response 500, {told}"
    code, message, details = words(refused.value)
    assert (code, spaced(message)) == ("UNKNOWN", f"evaluate call to endorser returned error: {told}")
    assert [spaced(detail) for detail in details] == [told]


@pytest.mark.parametrize(("name", "channel"), [("nothing", FIRST), ("", FIRST), ("probe", SECOND)])
async def test_what_is_not_defined(callers: Callers, name: str, channel: str) -> None:
    with pytest.raises(EvaluateError) as refused:
        await callers.evaluate("client", channel, LIFECYCLE, b"QueryChaincodeDefinition", named(name))
    assert words(refused.value) == (
        "UNKNOWN",
        f"evaluate call to endorser returned error: chaincode response 404, namespace {name} is not defined",
        [f"chaincode response 404, namespace {name} is not defined"],
    )
