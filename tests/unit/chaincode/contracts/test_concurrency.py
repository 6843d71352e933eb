"""Transactions endorsed on the same state: where one must undo the other, it writes what the other read.

Fabric invalidates a transaction of whose reads, keys (MVCC) and ranges of keys (phantoms), an earlier one of
the same or a later block changed any. So what has to hold here is that ``first`` writes a key that ``second``
read or looked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from chaincode.model import keys
from tests.unit.chaincode.contracts.ledger import Transaction, creator
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
    gtin,
    licence,
    product,
    readings_claim,
    sale,
)

Call = tuple[str, str, str, dict[str, Any]]
"""Who, chaincode, function, argument."""
Pair = Callable[[World], Awaitable[tuple[Call, Call]]]

PAIRS: list[Pair] = []


def conflicts(pair: Pair) -> Pair:
    PAIRS.append(pair)
    return pair


async def endorse(world: World, call: Call) -> Transaction:
    """The transaction on the state as it is; not committed."""
    who, chaincode, function, argument = call
    tx_id = hashlib.sha256(repr(call).encode()).hexdigest()
    transaction = Transaction(tx_id, world.ledger.now, creator(MSPS[who]), called=chaincode)
    response, _ = await world.ledger.run(transaction, chaincode, [function.encode(), orjson.dumps(argument)])
    assert response.status == 200, response.message
    return transaction


def dispense(ref: str) -> Call:
    return PHARMACY, "custody", "Dispense", {"gln": PHARMACY, "units": [ref]}


def hold(who: str, ref: str) -> Call:
    return who, "custody", "Quarantine", {"ref": ref, "gln": who, "reason": "suspect"}


def hold_lot(who: str) -> Call:
    suspect = {"id": "I", "gln": who, "gtin": PRODUCT, "lot": LOT, "packs": 1, "reasons": ["stolen"]}
    return who, "custody", "OpenInvestigation", suspect | {"description": "no seal"}


def offer(ref: str, transfer: str) -> Call:
    return MAKER, "custody", "OfferTransfer", sale(transfer, MAKER, WHOLESALER, ref)


def relicense(gln: str) -> Call:
    ended = licence(valid_to="2026-02-28")
    return REGULATOR, "registry", "AddLicence", {"gln": gln, "licence": ended}


def commission(serial: str) -> Call:
    return MAKER, "custody", "Commission", {"gtin": PRODUCT, "lot": LOT, "serials": [serial]}


def accept(transfer: str) -> Call:
    return PHARMACY, "custody", "AcceptTransfer", {"id": transfer}


def vote(name: str, who: str) -> Call:
    return who, "registry", "Vote", {"id": name, "gln": who, "approve": True}


async def propose(world: World, changes: dict[str, Any], name: str) -> None:
    argument = {"id": name, "gln": MAKER, "changes": changes, "reason": "as agreed"}
    await world.registry(MAKER, "Propose", argument)


async def enactment(world: World, changes: dict[str, Any], name: str = "ONE") -> Call:
    """Of a proposal that three members of four have approved."""
    await propose(world, changes, name)
    for who in (MAKER, WHOLESALER, REGULATOR):
        _, chaincode, function, argument = vote(name, who)
        await world.ledger.call(MSPS[who], chaincode, function, argument)
    return MAKER, "registry", "Enact", {"id": name}


def start_recall(name: str, gtin: str = PRODUCT) -> Call:
    argument = {"id": name, "gln": REGULATOR, "gtin": gtin, "kind": "recall", "class": "I"}
    urgent = {"depth": "consumer", "effectiveness": "A", "reason": "sterility"}
    return REGULATOR, "custody", "StartRecall", argument | urgent


def unpack(sscc: str) -> Call:
    return MAKER, "custody", "Unpack", {"sscc": sscc, "gln": MAKER}


@conflicts
async def accept_twice(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return accept(transfer), accept(transfer)


@conflicts
async def cancel_then_accept(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return (MAKER, "custody", "CancelTransfer", {"id": transfer}), accept(transfer)


@conflicts
async def accept_then_reject(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    reject: Call = PHARMACY, "custody", "RejectTransfer", {"id": transfer, "reason": "no"}
    return accept(transfer), reject


@conflicts
async def hold_in_transit_then_accept(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    transfer = await world.offer(MAKER, PHARMACY, f"00{case}")
    return hold(MAKER, f"00{case}"), accept(transfer)


@conflicts
async def both_sides_settle_an_exception(world: World) -> tuple[Call, Call]:
    there, gone = await world.units(2)
    transfer = await world.offer(MAKER, PHARMACY, there, gone)
    short = {"id": transfer, "received": [there], "exceptions": [{"kind": "shortage", "ref": gone}]}
    await world.custody(PHARMACY, "AcceptTransfer", short)
    word = {"id": transfer, "exception": 0, "resolution": "found"}
    first, second = ((who, "custody", "ResolveException", word | {"gln": who}) for who in (MAKER, PHARMACY))
    return first, second


@conflicts
async def a_sellers_licence_ends_then_accept(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return relicense(MAKER), accept(transfer)


@conflicts
async def a_buyers_licence_ends_then_accept(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return relicense(PHARMACY), accept(transfer)


@conflicts
async def the_buyer_is_suspended_then_accept(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    suspend = {"gln": PHARMACY, "reason": "inspection"}
    return (REGULATOR, "registry", "SuspendParty", suspend), accept(transfer)


@conflicts
async def the_settings_change_then_dispense(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return await enactment(world, {"parameters": {"proposal_days": 31}}), dispense(ref)


@conflicts
async def two_proposals_are_enacted(world: World) -> tuple[Call, Call]:
    first = await enactment(world, {"regulators": {MSPS[MAKER]: True}}, "ONE")
    return first, await enactment(world, {"members": {"NewMSP": True}}, "TWO")


@conflicts
async def vote_twice(world: World) -> tuple[Call, Call]:
    await propose(world, {"members": {"NewMSP": True}}, "ONE")
    return vote("ONE", MAKER), vote("ONE", MAKER)


@conflicts
async def the_last_vote_then_enact(world: World) -> tuple[Call, Call]:
    enact = await enactment(world, {"members": {"NewMSP": True}})
    return vote("ONE", PHARMACY), enact


@conflicts
async def withdraw_then_enact(world: World) -> tuple[Call, Call]:
    enact = await enactment(world, {"members": {"NewMSP": True}})
    return (MAKER, "registry", "Withdraw", {"id": "ONE"}), enact


@conflicts
async def dispense_twice(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return dispense(ref), dispense(ref)


@conflicts
async def hold_then_dispense(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return hold(PHARMACY, ref), dispense(ref)


@conflicts
async def a_lots_second_hold_then_dispense(world: World) -> tuple[Call, Call]:
    held, ref = await world.at_pharmacy(2)
    await world.quarantine(PHARMACY, held)
    return hold(PHARMACY, ref), dispense(ref)


@conflicts
async def a_lots_first_holds_on_two_packs(world: World) -> tuple[Call, Call]:
    one, other = await world.at_pharmacy(2)
    return hold(PHARMACY, one), hold(PHARMACY, other)


@conflicts
async def the_dispensers_licence_ends_then_dispense(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return relicense(PHARMACY), dispense(ref)


@conflicts
async def commission_a_serial_twice(world: World) -> tuple[Call, Call]:
    return commission("SAME"), commission("SAME")


@conflicts
async def the_manufacturers_licence_ends_then_commission(world: World) -> tuple[Call, Call]:
    return relicense(MAKER), commission("LATE")


@conflicts
async def offer_twice(world: World) -> tuple[Call, Call]:
    [ref] = await world.units(1)
    return offer(ref, "ONE"), offer(ref, "TWO")


@conflicts
async def hold_a_lot_then_dispense(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return hold_lot(PHARMACY), dispense(ref)


@conflicts
async def hold_a_lot_of_which_a_pack_was_held_then_dispense(world: World) -> tuple[Call, Call]:
    held, ref = await world.at_pharmacy(2)
    await world.quarantine(PHARMACY, held)
    return hold_lot(PHARMACY), dispense(ref)


@conflicts
async def hold_a_lot_then_a_pack_of_it(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return hold_lot(PHARMACY), hold(PHARMACY, ref)


@conflicts
async def hold_a_case_then_pack_it(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    pack = {"sscc": world.sscc(), "gln": MAKER, "children": [f"00{case}"]}
    return hold(REGULATOR, f"00{case}"), (MAKER, "custody", "Pack", pack)


@conflicts
async def pack_a_case_then_hold_it(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    pack = {"sscc": world.sscc(), "gln": MAKER, "children": [f"00{case}"]}
    return (MAKER, "custody", "Pack", pack), hold(REGULATOR, f"00{case}")


@conflicts
async def hold_a_case_then_unpack_it(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    return hold(REGULATOR, f"00{case}"), unpack(case)


@conflicts
async def hold_two_cases_of_one_pallet(world: World) -> tuple[Call, Call]:
    one, two = [(await world.case(1))[0] for _ in range(2)]
    await world.pack(f"00{one}", f"00{two}")
    return hold(MAKER, f"00{one}"), hold(REGULATOR, f"00{two}")


@conflicts
async def hold_a_case_then_offer_its_pallet(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    return hold(MAKER, f"00{case}"), offer(f"00{pallet}", "T")


@conflicts
async def an_excursion_of_a_case_then_offer_its_pallet(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    device = await world.device(case)
    pallet = await world.pack(f"00{case}")
    at = world.ledger.now
    argument = readings_claim(case, device, [9000], 0, at, at)
    return (MAKER, "custody", "AnchorReadings", argument), offer(f"00{pallet}", "T")


@conflicts
async def pack_then_offer(world: World) -> tuple[Call, Call]:
    [ref] = await world.units(1)
    pack: Call = MAKER, "custody", "Pack", {"sscc": world.sscc(), "gln": MAKER, "children": [ref]}
    return pack, offer(ref, "T")


@conflicts
async def pack_into_the_same_container(world: World) -> tuple[Call, Call]:
    one, two = await world.units(2)
    sscc = world.sscc()
    first, second = ({"sscc": sscc, "gln": MAKER, "children": [ref]} for ref in (one, two))
    return (MAKER, "custody", "Pack", first), (MAKER, "custody", "Pack", second)


@conflicts
async def unpack_then_offer(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    return unpack(case), offer(f"00{case}", "T")


@conflicts
async def offer_then_unpack(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    return offer(f"00{case}", "T"), unpack(case)


@conflicts
async def ship_then_hold_inside(world: World) -> tuple[Call, Call]:
    """Whoever no longer has a pallet puts no case of it on hold."""
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    transfer = await world.offer(MAKER, PHARMACY, f"00{pallet}")
    return accept(transfer), hold(MAKER, f"00{case}")


@conflicts
async def take_out_of_a_case_twice(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(2)
    return unpack(case), unpack(case)


@conflicts
async def pack_twice(world: World) -> tuple[Call, Call]:
    [ref] = await world.units(1)
    first, second = ({"sscc": world.sscc(), "gln": MAKER, "children": [ref]} for _ in range(2))
    return (MAKER, "custody", "Pack", first), (MAKER, "custody", "Pack", second)


@conflicts
async def decommission_then_offer(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    argument = {"refs": [f"00{case}"], "gln": MAKER, "reason": "stolen"}
    return (MAKER, "custody", "Decommission", argument), offer(f"00{case}", "T")


@conflicts
async def decommission_a_pallet_then_hold_its_case(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    argument = {"refs": [f"00{pallet}"], "gln": MAKER, "reason": "stolen"}
    return (MAKER, "custody", "Decommission", argument), hold(MAKER, f"00{case}")


@conflicts
async def reserialise_then_pack(world: World) -> tuple[Call, Call]:
    [ref] = await world.units(1)
    pack: Call = MAKER, "custody", "Pack", {"sscc": world.sscc(), "gln": MAKER, "children": [ref]}
    return (MAKER, "custody", "Reserialise", {"gln": MAKER, "unit": ref, "serial": "NEW"}), pack


@conflicts
async def commission_what_a_reserialisation_takes(world: World) -> tuple[Call, Call]:
    [ref] = await world.units(1)
    return commission("NEW"), (MAKER, "custody", "Reserialise", {"gln": MAKER, "unit": ref, "serial": "NEW"})


@conflicts
async def the_first_recall_of_a_product_then_commission(world: World) -> tuple[Call, Call]:
    return start_recall("R-1"), commission("LATE")


@conflicts
async def the_first_recall_of_a_product_then_offer(world: World) -> tuple[Call, Call]:
    case, _ = await world.case(1)
    return start_recall("R-1"), offer(f"00{case}", "T")


@conflicts
async def the_first_recall_of_a_product_then_accept(world: World) -> tuple[Call, Call]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return start_recall("R-1"), accept(transfer)


@conflicts
async def the_first_recall_of_a_product_then_dispense(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    return start_recall("R-1"), dispense(ref)


@conflicts
async def a_recall_of_what_a_pack_was_repackaged_from_then_dispense(world: World) -> tuple[Call, Call]:
    await world.registry(MAKER, "RegisterProduct", product(2))
    key = keys.lot_key(PRODUCT, LOT)
    made = world.ledger.document("custody", key) | {"origins": [{"gtin": gtin(2), "lot": "OLD"}]}
    world.ledger.put("custody", key, made)
    [ref] = await world.at_pharmacy()
    return start_recall("R-1", gtin(2)), dispense(ref)


@conflicts
async def a_later_recall_of_a_product_then_dispense(world: World) -> tuple[Call, Call]:
    [ref] = await world.at_pharmacy()
    await recalled_before(world)
    return start_recall("R-2"), dispense(ref)


@conflicts
async def a_later_recall_of_a_product_then_commission(world: World) -> tuple[Call, Call]:
    await recalled_before(world)
    return start_recall("R-2"), commission("LATE")


@conflicts
async def two_first_recalls_of_a_product(world: World) -> tuple[Call, Call]:
    return start_recall("R-1"), start_recall("R-2")


async def recalled_before(world: World) -> None:
    who, chaincode, function, argument = start_recall("R-1")
    await world.ledger.call(MSPS[who], chaincode, function, argument)
    await world.custody(who, "EndRecall", {"id": "R-1", "gln": who, "reason": "wrong product"})


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.__name__)
async def test_the_second_is_invalid(world: World, pair: Pair) -> None:
    first, second = await pair(world)
    winner, loser = await endorse(world, first), await endorse(world, second)
    assert loser.undone_by(winner)
