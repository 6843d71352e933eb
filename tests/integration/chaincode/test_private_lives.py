"""How long private data lives, on the ledgers that this machine has: until it expires or is purged."""

from __future__ import annotations

import random

from fabric_protos.common import common_pb2

from gateway.fabric import Transaction
from tests.integration.chaincode.members import Probe
from tests.integration.chaincode.private_events import private_sets
from tests.integration.chaincode.private_members import MANUFACTURER, WHOLESALER, Members, digest
from tests.support.private_model import Kind, PrivateModel, Write

LIVES = {"short": 2, "members": 0}
KEYS = ("run-a", "run-b", "run-c")
BLOCKS = 24
LOOK_EACH = 6


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


async def test_random_writes(members: Members) -> None:
    """Each ledger does what a short model of Fabric's rules says."""
    chance = random.Random(20)
    model = PrivateModel(LIVES)
    last = await members.idle()
    first = last + 1
    for one in range(1, BLOCKS + 1):
        for number, block in sorted((await committed(members, transactions(chance))).items()):
            model.block(number, [writes for _, writes in sorted(block.items())])
            assert number == last + 1
            last = number
        if one % LOOK_EACH == 0:
            await members.reached(last)
            for probe in (members.manufacturer, members.wholesaler):
                await compare(probe, model, first, last)


def transactions(chance: random.Random) -> list[list[Write]]:
    """One or two for a block; beside one that notes no other, which it might make invalid."""
    kinds = [Kind.PUT] * 5 + [Kind.DELETE, Kind.PURGE, Kind.PURGE, Kind.NOTE]
    places = [(collection, key) for collection in LIVES for key in KEYS]
    made = [
        [
            Write(chance.choice(kinds), *place, str(chance.randrange(100)))
            for place in chance.sample(places, chance.randint(1, 3))
        ]
        for _ in range(chance.choice((1, 1, 2)))
    ]
    noting = [one for one in made if any(write.kind is Kind.NOTE for write in one)]
    return noting[:1] or made


async def committed(members: Members, made: list[list[Write]]) -> dict[int, dict[int, list[Write]]]:
    """Endorse all, then submit all; where each has come to be, by block and place in it."""
    contract = members.manufacturer.contract
    endorsed = [
        await contract.proposal(
            "private_writes",
            *(f"{one.kind} {one.collection} {one.key} {one.value}".encode() for one in writes),
            endorsing_organizations=[MANUFACTURER, WHOLESALER],
        ).endorse()
        for writes in made
    ]
    commits = [await transaction.submit() for transaction in endorsed]
    found: dict[int, dict[int, list[Write]]] = {}
    for writes, commit in zip(made, commits, strict=True):
        status = await commit.status()
        assert status.successful, status
        block = await members.manufacturer.network.block(status.block_number)
        place = [transaction_id(data) for data in block.data.data].index(status.transaction_id)
        found.setdefault(status.block_number, {})[place] = writes
    return found


def transaction_id(envelope: bytes) -> str:
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(envelope).payload)
    return common_pb2.ChannelHeader.FromString(payload.header.channel_header).tx_id


async def compare(probe: Probe, model: PrivateModel, first: int, last: int) -> None:
    """A member's values, hashes and delivered sets are the model's."""
    for collection in LIVES:
        for key in KEYS:
            value = model.value(collection, key)
            found = await probe.read("get_private", collection, key)
            assert (found["value"], found["hash"]) == (value, value and digest(value)), (collection, key)
    for number in range(first, last + 1):
        assert await private_sets(probe.profile, probe.profile, number) == model.sets(number), number
