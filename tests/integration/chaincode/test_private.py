"""Who reads, writes and endorses private data, on the ledgers that this machine has.

The answers are real Fabric's; devnet gives the same.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.fabric import CommitError, EndorseError, FabricError
from tests.integration.chaincode.members import Probe
from tests.integration.chaincode.private_members import MANUFACTURER, REGULATOR, WHOLESALER, Members, digest

REFUSED = (
    "tx creator does not have {} access permission on privatedata in "
    "chaincodeName:probe collectionName: members"
)
UNAVAILABLE = (
    "private data matching public hash version is not available. "
    "Public hash version = {{BlockNum: {}, TxNum: 0}}, Private data version = <nil>"
)
VALUE = {"value": b"12"}
SECONDS = 30.0


async def test_members_read_values_everybody_a_hash(members: Members) -> None:
    number = await members.put("members", "price", "12")
    expected = {"value": "12", "many": ["12", None], "hash": digest("12")}
    for probe in (members.manufacturer, members.wholesaler):
        assert await probe.read("get_private", "members", "price") == expected
        assert await probe.read("range_private", "members", "", "") == [["price", "12"]]
        assert await members.delivered(probe, probe, number) == {"members": {"price": "12"}}
    assert await members.regulator.read("private_hash", "members", "price") == digest("12")
    assert await members.delivered(members.regulator, members.regulator, number) == {}
    # A member's peer neither reads for the client of another nor delivers to it.
    for at in (REGULATOR, MANUFACTURER):
        for function in ("try_private", "try_privates"):
            refused = await members.regulator.read(function, "members", "price", "x", at=at)
            assert refused["peer"].endswith(REFUSED.format("read")), refused
    assert await members.delivered(members.regulator, members.manufacturer, number) == {}
    # Nor can the peer of another, which has no value, read for a member's client.
    elsewhere = await members.manufacturer.read("try_private", "members", "price", at=REGULATOR)
    assert elsewhere["peer"].endswith(UNAVAILABLE.format(number))
    several = await members.manufacturer.read("try_privates", "members", "price", "x", at=REGULATOR)
    assert several == {"values": [None, None]}


async def test_a_collection_that_is_not_for_its_members_only(members: Members) -> None:
    number = await members.put("solo", "open", "12", WHOLESALER)
    assert await members.regulator.read("try_private", "solo", "open", at=MANUFACTURER) == {"value": "12"}
    assert await members.delivered(members.regulator, members.manufacturer, number) == {
        "solo": {"open": "12"}
    }
    own = await members.regulator.read("try_private", "solo", "open")
    assert own["peer"].endswith(UNAVAILABLE.format(number))


async def test_who_is_no_member_does_not_write(members: Members) -> None:
    for at in (REGULATOR, MANUFACTURER):
        refused = await members.regulator.read("try_put_private", "members", "theirs", at=at)
        assert refused["peer"].endswith(REFUSED.format("write")), refused
    with pytest.raises(EndorseError):
        await members.regulator.write(
            "put_private", "members", "theirs", transient=VALUE, endorsers=[MANUFACTURER, WHOLESALER]
        )
    with pytest.raises(EndorseError):
        await members.regulator.write("purge_private", "members", "price", endorsers=[MANUFACTURER])
    assert await members.manufacturer.read("private_hash", "members", "theirs") is None


async def test_a_call_of_another_chaincode_is_its_clients(members: Members) -> None:
    await members.put("members", "called", "12")
    arguments = ("probe", "", "try_private", "members", "called")

    async def call(probe: Probe, *words: str) -> Any:
        proposal = probe.network.contract("probe2").proposal(
            "call", *(word.encode() for word in words), endorsing_organizations=[MANUFACTURER]
        )
        return await proposal.evaluate()

    assert await call(members.manufacturer, *arguments) == b'{"answer": {"value": "12"}}'
    assert REFUSED.format("read").encode() in await call(members.regulator, *arguments)
    # The chaincode that calls has no such collection of its own.
    own = (
        await members.manufacturer.network.contract("probe2")
        .proposal("try_private", b"members", b"called", endorsing_organizations=[MANUFACTURER])
        .evaluate()
    )
    assert b"collection medicines/probe2/members could not be found" in own


async def test_several_collections_in_one_transaction(members: Members) -> None:
    number = await members.write(
        "put_privates", "shared", "members", "solo", endorsers=(MANUFACTURER, WHOLESALER)
    )
    assert await members.delivered(members.wholesaler, members.wholesaler, number) == {
        "members": {"shared": "12"},
        "solo": {"shared": "12"},
    }
    assert await members.delivered(members.regulator, members.wholesaler, number) == {
        "solo": {"shared": "12"}
    }
    assert await members.delivered(members.regulator, members.regulator, number) == {}


async def test_a_chaincode_that_is_called_writes(members: Members) -> None:
    proposal = members.manufacturer.network.contract("probe2").proposal(
        "call", b"probe", b"", b"put_private", b"members", b"from afar", transient=VALUE
    )
    commit = await (await proposal.endorse()).submit()
    number = (await commit.status()).block_number
    await members.reached(number)
    assert (await members.wholesaler.read("get_private", "members", "from afar"))["value"] == "12"
    assert await members.delivered(members.wholesaler, members.wholesaler, number) == {
        "members": {"from afar": "12"}
    }


async def refused_block(members: Members, *arguments: str, endorsers: tuple[str, ...]) -> int:
    """Have a transaction refused for its endorsements; the number of its block."""
    with pytest.raises(CommitError, match="ENDORSEMENT_POLICY_FAILURE") as refused:
        await members.write(*arguments, endorsers=endorsers)
    await members.reached(refused.value.block_number)
    return refused.value.block_number


async def test_a_collections_own_policy_comes_before_the_chaincodes(members: Members) -> None:
    number = await refused_block(members, "put_private", "signed", "k", endorsers=(MANUFACTURER, WHOLESALER))
    assert await members.regulator.read("private_hash", "signed", "k") is None
    # Members keep the private set of what was refused too.
    assert await members.delivered(members.wholesaler, members.wholesaler, number) == {"signed": {"k": "12"}}
    await members.put("signed", "k", "12", MANUFACTURER, REGULATOR)
    assert await members.regulator.read("private_hash", "signed", "k") == digest("12")
    # One signature is enough for solo, where the chaincode asks for a majority.
    await members.put("solo", "k", "12", WHOLESALER)
    await refused_block(members, "put_private", "solo", "k", endorsers=(MANUFACTURER, REGULATOR))
    await refused_block(members, "put_private_and_public", "solo", "both", endorsers=(WHOLESALER,))
    await members.write("put_private_and_public", "solo", "both", endorsers=(WHOLESALER, REGULATOR))
    await refused_block(members, "put_private", "members", "few", endorsers=(MANUFACTURER,))


async def test_a_keys_own_policy_comes_before_its_collections(members: Members) -> None:
    await members.put("solo", "guarded", "12", WHOLESALER)
    await members.write("set_private_policy", "solo", "guarded", MANUFACTURER, endorsers=(WHOLESALER,))
    assert await members.wholesaler.read("get_private_policy", "solo", "guarded") == [MANUFACTURER]
    assert (await members.wholesaler.read("get_private", "solo", "guarded"))["value"] == "12"
    await refused_block(members, "put_private", "solo", "guarded", endorsers=(WHOLESALER,))
    await members.put("solo", "guarded", "13", MANUFACTURER)
    assert (await members.wholesaler.read("get_private", "solo", "guarded"))["value"] == "13"


async def test_transient_data_goes_to_members_only(members: Members) -> None:
    with pytest.raises(EndorseError) as refused:
        await members.put("signed", "transient")
    assert refused.value.code.name == "FAILED_PRECONDITION"
    assert str(refused.value).endswith(
        "requires endorsement from organisation(s) that are not in the distribution policy of the private "
        "data collection(s): [signed]; retry specifying trusted endorsing organizations to protect transient "
        "data"
    )


async def test_an_endorser_that_is_no_member_and_sends_to_none(members: Members) -> None:
    """Members ask each other for what they lack, and nobody else."""
    await members.put("quiet", "asked for", "12", MANUFACTURER)
    assert (await members.wholesaler.read("get_private", "quiet", "asked for"))["value"] == "12"
    number = await members.put("quiet", "lost", "12", REGULATOR)
    for probe in (members.manufacturer, members.wholesaler):
        lost = await probe.read("try_private", "quiet", "lost")
        assert lost["peer"].endswith(UNAVAILABLE.format(number))
        assert await members.delivered(probe, probe, number) == {}
    assert await members.regulator.read("private_hash", "quiet", "lost") == digest("12")


async def test_as_many_peers_as_a_collection_asks_for(members: Members) -> None:
    with pytest.raises(EndorseError) as refused:
        await members.put("spread", "k")
    assert refused.value.details[0].message == (
        "error in simulation: failed to distribute private collection, "
        f"txID {refused.value.transaction_id}, channel medicines: "
        "could not build private data dissemination plan for chaincode probe and collection spread: "
        "required to disseminate to at least 2 peers, but know of only 1 eligible peers"
    )


async def test_private_data_outlives_a_peer_between_endorsement_and_block(members: Members) -> None:
    proposal = members.manufacturer.contract.proposal("put_private", b"members", b"survivor", transient=VALUE)
    transaction = await proposal.endorse()
    started = members.manufacturer.ledger
    peers = ["devnet"] if started.kind == "devnet" else ["peer-manufacturer", "peer-wholesaler"]
    for name in peers:
        started.kill(name)
    for name in peers:
        started.run(name)
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                commit = await transaction.submit()
                break
            except FabricError:
                await asyncio.sleep(0.2)
        assert (await commit.status()).successful
        for probe in (members.manufacturer, members.wholesaler):
            while True:
                try:
                    assert (await probe.read("get_private", "members", "survivor"))["value"] == "12"
                    break
                except FabricError:
                    await asyncio.sleep(0.2)
