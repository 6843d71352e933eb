"""Custody's directory of the registry: it follows the registry, and nobody else can write in it."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.directory import EVERY_BUCKET, EVERY_KEY, SETTINGS_KEY, bucket_key
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    MAKER,
    MSPS,
    PHARMACY,
    REGULATOR,
    STRANGER,
    WHOLESALER,
    World,
    licence,
)


def directory(world: World) -> dict[str, Any]:
    """The parties in it by GLN."""
    buckets = (world.ledger.document("custody", keys.directory_key(name)) for name in EVERY_BUCKET)
    return {gln: party for bucket in buckets for gln, party in bucket["parties"].items()}


async def in_the_registry(world: World) -> dict[str, Any]:
    page = await world.registry(MAKER, "ListParties", {"page_size": 200})
    return {party["gln"]: party for party in page["items"]}


def policies(world: World) -> set[bytes]:
    return {world.ledger.policies["custody", key] for key in EVERY_KEY}


async def test_it_follows_the_registry(world: World) -> None:
    reason = {"gln": PHARMACY, "reason": "inspection"}
    await world.registry(REGULATOR, "SuspendParty", reason)
    assert directory(world)[PHARMACY]["status"] == "suspended"
    await world.registry(REGULATOR, "ReinstateParty", reason)
    await world.registry(REGULATOR, "AddLicence", {"gln": WHOLESALER, "licence": licence(number="N-2")})
    await world.registry(REGULATOR, "UpdateParty", {"gln": MAKER, "name": "Renamed"})
    await world.decide({"parameters": {"offer_days": 9}, "roles": {WHOLESALER: "3pl"}})
    assert directory(world) == await in_the_registry(world)
    settings = world.ledger.document("registry", keys.parameter_key("consortium"))
    assert world.ledger.document("custody", SETTINGS_KEY)["settings"] == settings
    assert settings["version"] == 2


async def test_every_part_of_it_takes_the_regulators_and_a_majority(world: World) -> None:
    assert policies(world) == {owners_policy([MSPS[REGULATOR]], CONSORTIUM["members"])}


async def test_it_comes_under_new_regulators_and_members(world: World) -> None:
    new = MSPS[STRANGER]
    await world.decide({"members": {new: True}, "regulators": {new: True}})
    members = [*CONSORTIUM["members"], new]
    assert policies(world) == {owners_policy([new, MSPS[REGULATOR]], members)}
    await world.registry(REGULATOR, "UpdateParty", {"gln": MAKER, "name": "Renamed"})
    assert directory(world)[MAKER]["name"] == "Renamed"


async def test_a_parameter_leaves_its_policies_alone(world: World) -> None:
    await world.decide({"parameters": {"offer_days": 9}})
    changed = world.ledger.transactions[-1]
    assert ("custody", SETTINGS_KEY) in changed.writes
    assert not changed.policies


@pytest.mark.parametrize("who", [MAKER, REGULATOR])
async def test_no_client_writes_in_it(world: World, who: str) -> None:
    party = directory(world)[PHARMACY] | {"name": "Another"}
    with pytest.raises(Refusal) as refused:
        await world.custody(who, "Enter", {"parties": [party]})
    assert refused.value.code is Code.NOT_AUTHORISED
    assert directory(world) == await in_the_registry(world)


async def test_a_dry_run_of_the_registry_leaves_it_alone(world: World) -> None:
    told = {"function": "SuspendParty", "arguments": {"gln": PHARMACY, "reason": "inspection"}}
    assert (await world.registry(REGULATOR, "compliance:Check", told))["allowed"]
    assert world.ledger.transactions[-1].writes == {}


async def test_no_consortium_is_founded_on_a_directory_that_others_opened() -> None:
    world = World()
    known = {"doc": "directory", "bucket": "settings", "settings": {"version": 1, "value": CONSORTIUM}}
    world.ledger.put("custody", SETTINGS_KEY, known)
    with pytest.raises(Refusal) as refused:
        await world.registry(REGULATOR, "Bootstrap", CONSORTIUM)
    assert refused.value.code is Code.RECORD_FORGED


async def test_what_others_wrote_there_before_the_consortium_counts_for_nothing() -> None:
    world = World()
    forged = {"doc": "directory", "bucket": "x", "parties": {MAKER: {"gln": MAKER, "msp_id": MSPS[MAKER]}}}
    world.ledger.put("custody", bucket_key(MAKER), forged)
    await world.registry(REGULATOR, "Bootstrap", CONSORTIUM)
    assert directory(world) == {}


async def test_before_the_consortium_is_set_up_custody_says_so() -> None:
    with pytest.raises(Refusal) as refused:
        await World().lot("EARLY", "2027-06-30")
    assert refused.value.code is Code.PARAMETER_UNKNOWN


def test_a_partys_bucket_is_one_of_them() -> None:
    assert {bucket_key(gln) for gln in (MAKER, WHOLESALER, PHARMACY)} <= set(EVERY_KEY)
