"""Changes of ownership and custody on the ledger: what an offer needs, and what an acceptance makes of it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
    address,
    licence,
    party,
    sale,
)

KEEPER = "9521234000068"
DAY = 86_400_000


async def keeper(world: World) -> str:
    """A third-party logistics provider, of the pharmacy's organisation."""
    await world.registry(
        REGULATOR,
        "RegisterParty",
        party(MAKER)
        | {
            "gln": KEEPER,
            "name": "Depot",
            "msp_id": MSPS[PHARMACY],
            "role": "3pl",
            "licences": [licence() | {"roles": ["3pl"]}],
        },
    )
    return KEEPER


def guarded_by(*glns: str) -> bytes:
    return owners_policy([MSPS[gln] for gln in glns], CONSORTIUM["members"])


async def refused(call: Awaitable[Any]) -> Refusal:
    with pytest.raises(Refusal) as raised:
        await call
    return raised.value


def transfer(world: World, name: str) -> dict[str, Any]:
    return world.ledger.document("custody", keys.transfer_key(name))


async def test_information_states_the_address_at_the_time_of_the_offer(world: World) -> None:
    first = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    moved = address(WHOLESALER) | {"street_address": "2 New Street"}
    await world.registry(REGULATOR, "UpdateParty", {"gln": WHOLESALER, "address": moved})
    second = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    assert transfer(world, first)["information"]["to"]["address"] == address(WHOLESALER)
    assert transfer(world, second)["information"]["to"]["address"] == moved


async def test_an_offer_makes_the_transaction_information(world: World) -> None:
    case, _ = await world.case(3)
    [loose] = await world.units(1)
    await world.lot("L-2", "2027-01-31")
    other = await world.units(2, "L-2")
    argument = sale("T", MAKER, WHOLESALER, f"00{case}", loose, *other)
    made = await world.custody(MAKER, "OfferTransfer", argument)
    [line] = made["information"]["lines"]
    assert line["number_of_containers"] == 6
    assert line["lots"] == [{"lot": "L-2", "count": 2}, {"lot": LOT, "count": 4}]
    assert (line["name"], line["ndc"]) == ("Insulin glargine", "99999-0100-10")
    assert made["information"]["from"] == {"gln": MAKER, "name": "Maker", "address": address(MAKER)}
    buyer = {"gln": WHOLESALER, "name": "Wholesaler", "address": address(WHOLESALER)}
    assert made["information"]["to"] == buyer
    assert made["information"]["transaction_date"] == "2026-03-01"
    assert made["due_at"] - made["offered_at"] == 30 * DAY
    assert world.event() == ("TransferOffered", {"id": "T", "from": MAKER, "to": WHOLESALER})
    assert await world.custody(REGULATOR, "GetTransfer", {"id": "T"}) == made | {"overdue": False}


async def test_what_is_bought_is_guarded_by_its_buyer(world: World) -> None:
    [ref] = await world.units(1)
    assert world.guard(ref) == guarded_by(MAKER)
    name = await world.offer(MAKER, WHOLESALER, ref)
    assert world.guard(ref) == guarded_by(MAKER)
    assert world.ledger.policies["custody", keys.transfer_key(name)] == guarded_by(MAKER, WHOLESALER)
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": name})
    unit = world.unit(ref)
    assert (unit["owner"], unit["custodian"], unit["owner_msp"]) == (WHOLESALER, WHOLESALER, MSPS[WHOLESALER])
    assert "offer" not in unit
    assert world.guard(ref) == guarded_by(WHOLESALER)


async def test_a_statement_with_six_affirmations_is_refused(world: World) -> None:
    argument = sale("T", MAKER, WHOLESALER, *await world.units(1))
    argument["statement"]["no_suspect_shipped"] = False
    found = await refused(world.custody(MAKER, "OfferTransfer", argument))
    assert (found.code, found.field) == (Code.STATEMENT_INCOMPLETE, "statement.no_suspect_shipped")
    assert (found.rule, found.rules) == ("statements.affirmed", 1)


async def test_a_later_shipment_is_in_the_information(world: World) -> None:
    argument = sale("T", MAKER, WHOLESALER, *await world.units(1))
    found = await refused(world.custody(MAKER, "OfferTransfer", argument | {"shipment_date": "2026-03-02"}))
    assert found.code is Code.SHIPMENT_DATE
    made = await world.custody(MAKER, "OfferTransfer", argument | {"shipment_date": "2026-03-05"})
    assert made["information"]["shipment_date"] == "2026-03-05"


async def test_nobody_sells_what_it_keeps_for_another(world: World) -> None:
    """Movement without ownership, and the reverse: kept by a 3PL, sold meanwhile, sent home."""
    depot = await keeper(world)
    [ref] = await world.units(1)
    moved = {"id": "IN", "kind": "custody_only", "what": [ref], "from": MAKER, "to": depot}
    await world.custody(MAKER, "OfferTransfer", moved)
    await world.custody(PHARMACY, "AcceptTransfer", {"id": "IN"})
    unit = world.unit(ref)
    assert (unit["owner"], unit["custodian"]) == (MAKER, depot)
    assert world.guard(ref) == guarded_by(MAKER, PHARMACY)
    assert "information" not in transfer(world, "IN")
    found = await refused(world.custody(PHARMACY, "OfferTransfer", sale("X", depot, PHARMACY, ref)))
    assert found.code is Code.ROLE_REQUIRED
    elsewhere = moved | {"id": "X", "from": depot, "to": PHARMACY}
    found = await refused(world.custody(PHARMACY, "OfferTransfer", elsewhere))
    assert (found.code, found.rule) == (Code.NOT_OWNER, "offers.sent_home")
    found = await refused(world.custody(MAKER, "OfferTransfer", sale("X", MAKER, WHOLESALER, ref)))
    assert found.code is Code.NOT_CUSTODIAN
    sold = sale("SOLD", MAKER, WHOLESALER, ref) | {"kind": "ownership_only"}
    await world.custody(MAKER, "OfferTransfer", sold)
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": "SOLD"})
    unit = world.unit(ref)
    assert (unit["owner"], unit["custodian"]) == (WHOLESALER, depot)
    assert world.guard(ref) == guarded_by(WHOLESALER, PHARMACY)
    home = moved | {"id": "HOME", "from": depot, "to": WHOLESALER}
    await world.custody(PHARMACY, "OfferTransfer", home)
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": "HOME"})
    assert world.unit(ref)["custodian"] == WHOLESALER
    assert world.guard(ref) == guarded_by(WHOLESALER)
    accepted = [step for step in (await world.trace(ref))["steps"] if step["step"] == "accept"]
    having = [(step.get("owner"), step["custodian"]) for step in accepted]
    assert having == [(MAKER, depot), (WHOLESALER, depot), (None, WHOLESALER)]


async def test_a_logistics_provider_never_owns(world: World) -> None:
    depot = await keeper(world)
    argument = sale("T", MAKER, depot, *await world.units(1))
    for kind in ("sale", "ownership_only"):
        found = await refused(world.custody(MAKER, "OfferTransfer", argument | {"kind": kind}))
        assert (found.code, found.rule) == (Code.MAY_NOT_OWN, "parties.may_own")


async def test_a_drop_shipment_is_the_buyers_and_goes_to_a_third(world: World) -> None:
    [ref] = await world.units(1)
    argument = sale("T", MAKER, WHOLESALER, ref) | {"kind": "drop_shipment", "ship_to": PHARMACY}
    await world.custody(MAKER, "OfferTransfer", argument)
    guards = guarded_by(MAKER, WHOLESALER, PHARMACY)
    assert world.ledger.policies["custody", keys.transfer_key("T")] == guards
    found = await refused(world.custody(PHARMACY, "AcceptTransfer", {"id": "T"}))
    assert found.code is Code.NOT_CONFIRMED
    found = await refused(world.custody(PHARMACY, "ConfirmTransfer", {"id": "T"}))
    assert found.code is Code.WRONG_RECEIVER
    await world.custody(WHOLESALER, "ConfirmTransfer", {"id": "T"})
    assert world.event()[0] == "TransferConfirmed"
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": "T"}))
    assert found.code is Code.WRONG_RECEIVER
    await world.custody(PHARMACY, "AcceptTransfer", {"id": "T"})
    unit = world.unit(ref)
    assert (unit["owner"], unit["custodian"]) == (WHOLESALER, PHARMACY)
    assert world.guard(ref) == guarded_by(WHOLESALER, PHARMACY)


async def test_three_different_parties_take_part(world: World) -> None:
    [ref] = await world.units(1)
    argument = sale("T", MAKER, WHOLESALER, ref) | {"kind": "drop_shipment"}
    for third in (MAKER, WHOLESALER):
        found = await refused(world.custody(MAKER, "OfferTransfer", argument | {"ship_to": third}))
        assert found.code is Code.INVALID_ARGUMENT
    found = await refused(world.custody(MAKER, "OfferTransfer", sale("T", MAKER, MAKER, ref)))
    assert (found.code, found.field) == (Code.INVALID_ARGUMENT, "to")


async def test_an_acceptance_costs_the_same_for_any_size(world: World) -> None:
    """A pallet of cases moves with one document, whatever is inside."""
    cases = [f"00{(await world.case(20))[0]}" for _ in range(5)]
    pallet = await world.pack(*cases)
    name = await world.offer(MAKER, WHOLESALER, f"00{pallet}")
    offered = world.ledger.transactions[-1]
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": name})
    accepted = world.ledger.transactions[-1]
    for transaction in (offered, accepted):
        assert len(transaction.writes) == 2
        assert len(transaction.reads) < 20
    assert transfer(world, name)["contents"] == [{"gtin": PRODUCT, "lot": LOT, "count": 100}]
    unpacked = await world.unpack(WHOLESALER, pallet)
    assert unpacked["count"] == 5


async def test_an_offer_past_its_time_is_not_accepted_and_expires(world: World) -> None:
    [ref] = await world.units(1)
    name = await world.offer(MAKER, WHOLESALER, ref)
    found = await refused(world.custody(MAKER, "ExpireOffer", {"id": name}))
    assert found.code is Code.OFFER_RUNNING
    world.ledger.now += 31 * DAY
    assert (await world.custody(PHARMACY, "GetTransfer", {"id": name}))["overdue"]
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name}))
    assert (found.code, found.rule) == (Code.OFFER_EXPIRED, "offers.in_time")
    found = await refused(world.custody(PHARMACY, "ExpireOffer", {"id": name}))
    assert found.code is Code.WRONG_RECEIVER
    assert (await world.custody(MAKER, "ExpireOffer", {"id": name}))["status"] == "expired"
    assert world.event()[0] == "TransferExpired"
    assert "offer" not in world.unit(ref)
    await world.ship(MAKER, WHOLESALER, ref)


@pytest.mark.parametrize(("who", "function"), [(MAKER, "CancelTransfer"), (WHOLESALER, "RejectTransfer")])
async def test_whoever_touches_it_then_finds_it_expired(world: World, who: str, function: str) -> None:
    name = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    world.ledger.now += 31 * DAY
    ended = await world.custody(who, function, {"id": name, "reason": "too late"})
    assert ended["status"] == "expired"


@pytest.mark.refuses("offers.offered_to")
@pytest.mark.allows("offers.offered_to")
async def test_only_the_buyer_or_the_third_party_rejects(world: World) -> None:
    [ref] = await world.units(1)
    argument = sale("T", MAKER, WHOLESALER, ref) | {"kind": "drop_shipment", "ship_to": PHARMACY}
    await world.custody(MAKER, "OfferTransfer", argument)
    rejection = {"id": "T", "reason": "not ordered"}
    found = await refused(world.custody(MAKER, "RejectTransfer", rejection))
    assert found.code is Code.WRONG_RECEIVER
    assert (await world.custody(PHARMACY, "RejectTransfer", rejection))["status"] == "rejected"
    assert world.unit(ref)["owner"] == MAKER


async def test_a_licence_that_ran_out_in_transit_stops_the_change(world: World) -> None:
    name = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    ended = {"gln": MAKER, "licence": licence(valid_to="2026-02-28")}
    await world.registry(REGULATOR, "AddLicence", ended)
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name}))
    assert (found.code, found.field) == (Code.LICENCE_EXPIRED, "from")


@pytest.mark.refuses("offers.bound")
@pytest.mark.allows("offers.bound")
async def test_a_transfer_that_the_owner_never_offered_moves_nothing(world: World) -> None:
    """A fresh key takes a majority only: a transfer counts where the goods say that they are in it."""
    [ref] = await world.units(1)
    name = await world.offer(MAKER, WHOLESALER, ref)
    forged = transfer(world, name) | {"id": "FORGED", "to": PHARMACY}
    world.ledger.put("custody", keys.transfer_key("FORGED"), forged)
    found = await refused(world.custody(PHARMACY, "AcceptTransfer", {"id": "FORGED"}))
    assert (found.code, found.rule) == (Code.RECORD_FORGED, "offers.bound")
    found = await refused(world.custody(MAKER, "CancelTransfer", {"id": "FORGED"}))
    assert found.code is Code.RECORD_FORGED


async def test_lots_past_their_date_are_not_sold(world: World) -> None:
    await world.lot("OLD", "2026-03-15")
    refs = await world.units(1, "OLD")
    case = await world.pack(*refs)
    name = await world.offer(MAKER, WHOLESALER, f"00{case}")
    world.ledger.now += 20 * DAY
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name}))
    assert found.code is Code.LOT_EXPIRED
    await world.custody(MAKER, "CancelTransfer", {"id": name})
    argument = sale("T", MAKER, WHOLESALER, f"00{case}")
    found = await refused(world.custody(MAKER, "OfferTransfer", argument))
    assert found.code is Code.LOT_EXPIRED
