"""Private data collections of three members, on the ledgers that this machine has.

The answers are real Fabric's; devnet gives the same.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.fabric import CommitError, EndorseError, FabricError, Transaction
from tests.integration.chaincode.conftest import Probe
from tests.integration.chaincode.private_events import Written, private_sets
from tests.support import ledgers
from tests.support.ledgers import Ledger
from tests.support.system import kinds

TOPOLOGY = Path(__file__).with_name("private.yaml")
MANUFACTURER, WHOLESALER, REGULATOR = "ManufacturerMSP", "WholesalerMSP", "RegulatorMSP"
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


@dataclass(frozen=True)
class Members:
    """A probe of each member: manufacturer and wholesaler are in every collection, the regulator in none."""

    manufacturer: Probe
    wholesaler: Probe
    regulator: Probe

    async def put(self, collection: str, key: str, value: str = "12", *endorsers: str) -> int:
        """Write a private value and wait until every member's peer has its block; the block's number."""
        return await self.write("put_private", collection, key, value=value, endorsers=endorsers)

    async def write(
        self, function: str, *arguments: str, value: str = "12", endorsers: tuple[str, ...] = ()
    ) -> int:
        transaction = await self.manufacturer.write(
            function, *arguments, transient={"value": value.encode()}, endorsers=endorsers
        )
        number = (await self.manufacturer.network.block_by_transaction(transaction)).header.number
        await self.reached(number)
        return number

    async def idle(self) -> int:
        """A block of nothing private."""
        transaction = await self.manufacturer.write("put", "idle", "1")
        number = (await self.manufacturer.network.block_by_transaction(transaction)).header.number
        await self.reached(number)
        return number

    async def reached(self, number: int) -> None:
        """Wait until every member's peer has a block."""
        async with asyncio.timeout(SECONDS):
            for probe in (self.manufacturer, self.wholesaler, self.regulator):
                await anext(aiter(probe.network.block_events(start_block=number)))

    async def delivered(self, asker: Probe, at: Probe, number: int) -> Written:
        """What a peer gives of a block that holds one transaction."""
        return (await private_sets(asker.profile, at.profile, number)).get(0, {})


@pytest.fixture(scope="module", params=kinds())
def private_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    with ledgers.started(request.param, TOPOLOGY, tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture
async def members(private_ledger: Ledger) -> AsyncIterator[Members]:
    async with AsyncExitStack() as stack:
        probes = [Probe(private_ledger, stack, o.name) for o in private_ledger.topology.organizations]
        for probe in probes:
            stack.push_async_callback(probe.close)
        yield Members(*probes)


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


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


async def test_a_value_lives_for_two_blocks(members: Members) -> None:
    first = await members.put("short", "brief", "12")
    await members.put("members", "lasting", "12")
    live = {"value": "12", "many": ["12", None], "hash": digest("12")}
    gone = {"value": None, "many": [None, None], "hash": None}
    assert await members.idle() == first + 2
    for probe in (members.manufacturer, members.wholesaler):
        assert await probe.read("get_private", "short", "brief") == live
        assert await members.delivered(probe, probe, first) == {"short": {"brief": "12"}}
    assert await members.idle() == first + 3
    for probe in (members.manufacturer, members.wholesaler):
        assert await probe.read("get_private", "short", "brief") == gone
        assert await probe.read("range_private", "short", "", "") == []
        assert await members.delivered(probe, probe, first) == {}
    assert await members.regulator.read("private_hash", "short", "brief") is None
    assert await members.wholesaler.read("get_private", "members", "lasting") == live


async def test_what_is_read_at_the_last_moment(members: Members) -> None:
    """A block is validated before its own expiries: what was read holds in that block, and in none after."""
    first = await members.put("short", "late", "12")
    await members.put("short", "too late", "12")
    await members.idle()
    late = await update(members, "short", "late", "13")
    too_late = await update(members, "short", "too late", "13")
    status = await (await late.submit()).status()
    assert (status.name, status.block_number) == ("VALID", first + 3)
    await members.reached(status.block_number)
    assert (await members.wholesaler.read("get_private", "short", "late"))["value"] == "13"
    assert await members.idle() == first + 4
    status = await (await too_late.submit()).status()
    assert status.name == "MVCC_READ_CONFLICT"
    await members.reached(status.block_number)
    assert (await members.wholesaler.read("get_private", "short", "too late"))["hash"] is None


async def test_deletions_expire_too(members: Members) -> None:
    await members.put("short", "removed", "12")
    number = await members.write("delete_private", "short", "removed")
    assert await members.delivered(members.wholesaler, members.wholesaler, number) == {
        "short": {"removed": None}
    }
    for _ in range(3):
        await members.idle()
    assert await members.delivered(members.wholesaler, members.wholesaler, number) == {}


async def update(members: Members, collection: str, key: str, value: str) -> Transaction:
    """An endorsed transaction that has read a private value and writes another."""
    proposal = members.manufacturer.contract.proposal(
        "update_private", collection.encode(), key.encode(), transient={"value": value.encode()}
    )
    return await proposal.endorse()


async def test_of_two_that_have_read_one_value_the_first_writes(members: Members) -> None:
    await members.put("members", "counter", "0")
    both = [await update(members, "members", "counter", value) for value in ("1", "2")]
    commits = [await transaction.submit() for transaction in both]
    names = [(await commit.status()).name for commit in commits]
    assert sorted(names) == ["MVCC_READ_CONFLICT", "VALID"]
    winner = str(names.index("VALID") + 1)
    loser = await commits[names.index("MVCC_READ_CONFLICT")].status()
    await members.reached(loser.block_number)
    assert (await members.wholesaler.read("get_private", "members", "counter"))["value"] == winner
    # What was refused stands in its block all the same.
    sets = await private_sets(members.wholesaler.profile, members.wholesaler.profile, loser.block_number)
    assert {"members": {"counter": {"1": "2", "2": "1"}[winner]}} in sets.values()


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


async def test_a_value_that_is_written_again_lives_on(members: Members) -> None:
    first = await members.put("short", "again", "12")
    await members.idle()
    assert await members.put("short", "again", "13") == first + 2
    await members.idle()
    assert await members.delivered(members.wholesaler, members.wholesaler, first) == {}
    assert (await members.wholesaler.read("get_private", "short", "again"))["value"] == "13"
    assert await members.idle() == first + 4
    assert (await members.wholesaler.read("get_private", "short", "again"))["value"] == "13"
    await members.idle()
    assert (await members.wholesaler.read("get_private", "short", "again"))["hash"] is None


async def test_purge_leaves_nothing(members: Members) -> None:
    first = await members.put("members", "purged", "12")
    second = await members.put("members", "purged", "13")
    other = await members.put("members", "kept", "14")
    last = await members.write("purge_private", "members", "purged")
    for probe in (members.manufacturer, members.wholesaler):
        assert await probe.read("get_private", "members", "purged") == {
            "value": None,
            "many": [None, None],
            "hash": None,
        }
        for number in (first, second, last):
            assert await members.delivered(probe, probe, number) == {"members": {}}
        assert await members.delivered(probe, probe, other) == {"members": {"kept": "14"}}
    assert await members.regulator.read("private_hash", "members", "purged") is None
    unknown = await members.write("purge_private", "members", "never there")
    assert await members.delivered(members.wholesaler, members.wholesaler, unknown) == {"members": {}}
    again = await members.put("members", "purged", "15")
    assert (await members.wholesaler.read("get_private", "members", "purged"))["value"] == "15"
    assert await members.delivered(members.wholesaler, members.wholesaler, again) == {
        "members": {"purged": "15"}
    }


async def test_deletion_keeps_what_was(members: Members) -> None:
    first = await members.put("members", "deleted", "12")
    last = await members.write("delete_private", "members", "deleted")
    assert (await members.wholesaler.read("get_private", "members", "deleted"))["hash"] is None
    assert await members.delivered(members.wholesaler, members.wholesaler, first) == {
        "members": {"deleted": "12"}
    }
    assert await members.delivered(members.wholesaler, members.wholesaler, last) == {
        "members": {"deleted": None}
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
