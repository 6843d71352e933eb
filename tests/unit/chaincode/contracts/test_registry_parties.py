"""Parties and licences: what a regulator enters, suspends and revokes, and what that stops."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    MAKER,
    MSPS,
    PHARMACY,
    REGULATOR,
    STRANGER,
    WHOLESALER,
    World,
    address,
    licence,
    party,
)

N_1 = {"authority": "FDA", "number": "N-1"}


async def refusal(world: World, who: str, function: str, argument: dict[str, Any]) -> tuple[Code, str | None]:
    """Code and field of the refusal; nothing is written."""
    before = dict(world.ledger.state)
    with pytest.raises(Refusal) as refused:
        await world.registry(who, function, argument)
    assert world.ledger.state == before
    return refused.value.code, refused.value.field


def because(gln: str, reason: str = "falsified records") -> dict[str, str]:
    return {"gln": gln, "reason": reason}


def written(**changed: Any) -> dict[str, Any]:
    """A dispenser's licence as the ledger has it."""
    return {**licence(), "roles": ["dispenser"], "status": "active", **changed}


async def licences(world: World, gln: str = PHARMACY) -> list[dict[str, Any]]:
    return (await world.registry(MAKER, "GetParty", {"gln": gln}))["licences"]


async def test_party(world: World) -> None:
    found = await world.registry(PHARMACY, "GetParty", {"gln": PHARMACY})
    assert found == party(PHARMACY) | {
        "doc": "party",
        "status": "active",
        "licences": [written()],
        "registered_at": found["registered_at"],
    }


async def test_a_member_has_as_many_parties_as_it_needs(world: World) -> None:
    logistics = {"gln": STRANGER, "role": "3pl", "licences": [licence() | {"roles": ["3pl", "wholesaler"]}]}
    await world.registry(REGULATOR, "RegisterParty", party(WHOLESALER) | logistics)
    assert world.event() == ("PartyRegistered", {"gln": STRANGER, "role": "3pl"})
    assert (await licences(world, STRANGER))[0]["roles"] == ["3pl", "wholesaler"]


async def test_a_party_of_no_member(world: World) -> None:
    argument = party(MAKER) | {"gln": STRANGER, "msp_id": MSPS[STRANGER]}
    assert await refusal(world, REGULATOR, "RegisterParty", argument) == (Code.NOT_MEMBER, "msp_id")


async def test_a_gln_belongs_to_one_member(world: World) -> None:
    argument = party(MAKER) | {"gln": PHARMACY}
    assert await refusal(world, REGULATOR, "RegisterParty", argument) == (Code.PARTY_EXISTS, "gln")


async def test_nobody_but_a_regulator_is_registered_as_one(world: World) -> None:
    argument = party(MAKER) | {"gln": STRANGER, "role": "regulator"}
    assert await refusal(world, REGULATOR, "RegisterParty", argument) == (Code.ROLE_REQUIRED, "role")


async def test_a_new_name(world: World) -> None:
    await world.registry(REGULATOR, "UpdateParty", {"gln": PHARMACY, "name": "Square Pharmacy"})
    assert world.event() == ("PartyUpdated", {"gln": PHARMACY})
    found = await world.registry(MAKER, "GetParty", {"gln": PHARMACY})
    assert (found["name"], found["msp_id"]) == ("Square Pharmacy", MSPS[PHARMACY])


async def test_a_new_address(world: World) -> None:
    moved = {"street_address": "5 Rue Neuve", "city": "Lyon", "postal_code": "69001", "country": "FR"}
    await world.registry(REGULATOR, "UpdateParty", {"gln": PHARMACY, "address": moved})
    found = await world.registry(MAKER, "GetParty", {"gln": PHARMACY})
    assert (found["name"], found["address"]) == ("Pharmacy", moved)


async def test_nothing_to_change(world: World) -> None:
    answer = await refusal(world, REGULATOR, "UpdateParty", {"gln": PHARMACY})
    assert answer == (Code.INVALID_ARGUMENT, "name")


@pytest.mark.parametrize("part", ["street_address", "city", "postal_code", "country"])
async def test_an_address_in_part(world: World, part: str) -> None:
    partial = address(PHARMACY)
    del partial[part]
    expected = (Code.INVALID_ARGUMENT, f"address.{part}")
    update = {"gln": PHARMACY, "address": partial}
    assert await refusal(world, REGULATOR, "UpdateParty", update) == expected
    assert await refusal(world, REGULATOR, "RegisterParty", party(MAKER) | {"address": partial}) == expected


async def test_no_address(world: World) -> None:
    argument = party(MAKER) | {"gln": STRANGER}
    del argument["address"]
    expected = (Code.INVALID_ARGUMENT, "address")
    assert await refusal(world, REGULATOR, "RegisterParty", argument) == expected


async def test_a_suspended_party_is_out_until_reinstated(world: World) -> None:
    refs = await world.units(2)
    await world.registry(REGULATOR, "SuspendParty", because(PHARMACY))
    assert world.event() == ("PartySuspended", {"gln": PHARMACY})
    with pytest.raises(Refusal, match="falsified records") as refused:
        await world.offer(MAKER, PHARMACY, refs[0])
    assert (refused.value.code, refused.value.field) == (Code.PARTY_SUSPENDED, "to")
    assert refused.value.rule == "parties.authorised"
    await world.registry(REGULATOR, "ReinstateParty", because(PHARMACY, "records are in order"))
    assert world.event() == ("PartyReinstated", {"gln": PHARMACY})
    await world.ship(MAKER, PHARMACY, refs[1])


async def test_a_party_is_suspended_once_and_reinstated_once(world: World) -> None:
    status = (Code.PARTY_STATUS, "gln")
    assert await refusal(world, REGULATOR, "ReinstateParty", because(PHARMACY)) == status
    await world.registry(REGULATOR, "SuspendParty", because(PHARMACY))
    assert await refusal(world, REGULATOR, "SuspendParty", because(PHARMACY)) == status


async def test_a_regulator_is_not_suspended_by_another(world: World) -> None:
    expected = (Code.ROLE_REQUIRED, "gln")
    assert await refusal(world, REGULATOR, "SuspendParty", because(REGULATOR)) == expected
    assert await refusal(world, REGULATOR, "RevokeLicence", because(REGULATOR) | N_1) == expected


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        ("UpdateParty", {"gln": PHARMACY, "name": "Mine"}),
        ("SuspendParty", because(PHARMACY)),
        ("ReinstateParty", because(PHARMACY)),
        ("SuspendLicence", because(PHARMACY) | N_1),
        ("ReinstateLicence", because(PHARMACY) | N_1),
        ("RevokeLicence", because(PHARMACY) | N_1),
    ],
)
async def test_by_no_regulator(world: World, function: str, argument: dict[str, str]) -> None:
    assert (await refusal(world, PHARMACY, function, argument))[0] is Code.ROLE_REQUIRED
    unknown = argument | {"gln": STRANGER}
    assert await refusal(world, REGULATOR, function, unknown) == (Code.PARTY_UNKNOWN, "gln")


async def test_licence_added_then_renewed(world: World) -> None:
    second = licence(number="N-2")
    changed = await world.registry(REGULATOR, "AddLicence", {"gln": PHARMACY, "licence": second})
    assert changed["licences"] == [written(), written(number="N-2")]
    expected = {"gln": PHARMACY, "authority": "FDA", "number": "N-2"}
    assert world.event() == ("LicenceAdded", expected)
    renewed = licence(valid_to="2030-12-31")
    await world.registry(REGULATOR, "AddLicence", {"gln": PHARMACY, "licence": renewed})
    assert await licences(world) == [written(number="N-2"), written(valid_to="2030-12-31")]


async def test_a_licence_for_another_role_is_none_for_this_one(world: World) -> None:
    other = licence() | {"roles": ["wholesaler"]}
    await world.registry(REGULATOR, "AddLicence", {"gln": PHARMACY, "licence": other})
    with pytest.raises(Refusal) as refused:
        await world.offer(MAKER, PHARMACY, *await world.units(1))
    assert (refused.value.code, refused.value.field) == (Code.LICENCE_MISSING, "to")


async def test_a_suspended_licence_is_none_until_reinstated(world: World) -> None:
    refs = await world.at_pharmacy()
    await world.registry(REGULATOR, "SuspendLicence", because(PHARMACY) | N_1)
    assert world.event() == ("LicenceSuspended", {"gln": PHARMACY, **N_1})
    assert await licences(world) == [written(status="suspended", reason="falsified records")]
    with pytest.raises(Refusal) as refused:
        await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs})
    assert refused.value.code is Code.LICENCE_SUSPENDED
    renewal = {"gln": PHARMACY, "licence": licence(valid_to="2030-12-31")}
    assert await refusal(world, REGULATOR, "AddLicence", renewal) == (Code.LICENCE_SUSPENDED, "licence")
    await world.registry(REGULATOR, "ReinstateLicence", because(PHARMACY, "appeal") | N_1)
    assert world.event() == ("LicenceReinstated", {"gln": PHARMACY, **N_1})
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs})


async def test_a_revoked_licence_is_none_for_ever(world: World) -> None:
    await world.registry(REGULATOR, "SuspendLicence", because(PHARMACY) | N_1)
    await world.registry(REGULATOR, "RevokeLicence", because(PHARMACY) | N_1)
    assert world.event() == ("LicenceRevoked", {"gln": PHARMACY, **N_1})
    again = because(PHARMACY) | N_1
    for function in ("SuspendLicence", "ReinstateLicence", "RevokeLicence"):
        assert await refusal(world, REGULATOR, function, again) == (Code.LICENCE_STATUS, "number")
    with pytest.raises(Refusal) as refused:
        await world.offer(MAKER, PHARMACY, *await world.units(1))
    assert (refused.value.code, refused.value.field) == (Code.LICENCE_REVOKED, "to")


async def test_a_licence_that_a_party_has_not(world: World) -> None:
    argument = because(PHARMACY) | {"authority": "FDA", "number": "N-9"}
    assert await refusal(world, REGULATOR, "RevokeLicence", argument) == (Code.LICENCE_UNKNOWN, "number")


async def test_too_many_licences(world: World) -> None:
    document = world.ledger.document("registry", keys.party_key(PHARMACY))
    many = [written(number=f"X-{number}") for number in range(50)]
    world.ledger.put("registry", keys.party_key(PHARMACY), document | {"licences": many})
    argument = {"gln": PHARMACY, "licence": licence(number="Y")}
    assert await refusal(world, REGULATOR, "AddLicence", argument) == (Code.BATCH_TOO_LARGE, "licence")
    await world.registry(REGULATOR, "AddLicence", {"gln": PHARMACY, "licence": licence(number="X-7")})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "doctor"}, "role"),
        ({"name": " Pharma"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": ""}, "name"),
        ({"address": "12 Mill Lane"}, "address"),
        ({"address": address(MAKER) | {"street_address": "x" * 201}}, "address.street_address"),
        ({"address": address(MAKER) | {"city": " Bern"}}, "address.city"),
        ({"address": address(MAKER) | {"state": ""}}, "address.state"),
        ({"address": address(MAKER) | {"state": "x" * 65}}, "address.state"),
        ({"address": address(MAKER) | {"postal_code": "1" * 21}}, "address.postal_code"),
        ({"address": address(MAKER) | {"postal_code": 2719}}, "address.postal_code"),
        ({"address": address(MAKER) | {"country": "us"}}, "address.country"),
        ({"address": address(MAKER) | {"country": "USA"}}, "address.country"),
        ({"address": address(MAKER) | {"phone": "1"}}, "address.phone"),
        ({"msp_id": 7}, "msp_id"),
        ({"licences": []}, "licences"),
        ({"licences": [licence(valid_from="2026-02-30")]}, "licences[0].valid_from"),
        ({"licences": [licence(valid_from="26-02-01")]}, "licences[0].valid_from"),
        ({"licences": [licence(valid_from="2028-01-01")]}, "licences[0].valid_to"),
        ({"licences": [licence() | {"note": "x"}]}, "licences[0].note"),
        ({"licences": [licence(), licence(valid_to="2029-12-31")]}, "licences[1].number"),
        ({"licences": [licence() | {"roles": []}]}, "licences[0].roles"),
        ({"licences": [licence() | {"roles": ["doctor"]}]}, "licences[0].roles[0]"),
        ({"licences": [licence() | {"status": "active"}]}, "licences[0].status"),
        ({"licences": ["FDA"]}, "licences[0]"),
        ({"licences": {"0": licence()}}, "licences"),
    ],
)
async def test_malformed_party(world: World, change: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(REGULATOR, "RegisterParty", party(MAKER) | change)
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, field)
