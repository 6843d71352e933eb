"""Part of an offer received: what moves, what waits, and how each exception is settled."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model import keys
from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.test_transfers import guarded_by, keeper, refused, transfer
from tests.unit.chaincode.contracts.world import LOT, MAKER, PHARMACY, PRODUCT, WHOLESALER, World, sale


async def short(world: World, kind: str = "shortage") -> tuple[str, str, str]:
    """Two packs offered, the second not received; the transfer's id and the packs."""
    there, gone = await world.units(2)
    name = await world.offer(MAKER, WHOLESALER, there, gone)
    exceptions = [{"kind": kind, "ref": gone, "note": "not on the truck"}]
    argument = {"id": name, "received": [there], "exceptions": exceptions}
    await world.custody(WHOLESALER, "AcceptTransfer", argument)
    return name, there, gone


async def settle(world: World, name: str, *resolutions: str, exception: int = 0) -> dict[str, Any]:
    """Both sides say how, the receiver first."""
    for who, resolution in zip((WHOLESALER, MAKER), resolutions * 2, strict=False):
        argument = {"id": name, "gln": who, "exception": exception, "resolution": resolution}
        found = await world.custody(who, "ResolveException", argument)
    return found


async def test_what_came_is_the_buyers_and_what_did_not_stays_missing_at_the_seller(world: World) -> None:
    name, there, gone = await short(world)
    assert world.unit(there)["owner"] == WHOLESALER
    unit = world.unit(gone)
    assert (unit["owner"], unit["custodian"], unit["missing"], unit["offer"]) == (MAKER, MAKER, name, name)
    assert world.guard(gone) == guarded_by(MAKER)
    document = transfer(world, name)
    assert document["status"] == "accepted_with_exceptions"
    assert document["received"] == [there]
    [exception] = document["exceptions"]
    assert (exception["status"], exception["note"]) == ("open", "not on the truck")
    found = await refused(world.custody(MAKER, "OfferTransfer", sale("T", MAKER, PHARMACY, gone)))
    assert found.code is Code.GOODS_MISSING


async def test_everything_offered_is_accounted_for(world: World) -> None:
    there, gone = await world.units(2)
    name = await world.offer(MAKER, WHOLESALER, there, gone)
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "received": [there]}))
    assert (found.code, found.rule) == (Code.RECEIPT_MISMATCH, "receipts.reconciled")
    assert world.unit(there)["owner"] == MAKER


@pytest.mark.allows("receipts.between", "goods.present")
async def test_an_exception_is_settled_once_both_say_the_same(world: World) -> None:
    name, _, gone = await short(world)
    argument = {"id": name, "gln": WHOLESALER, "exception": 0, "resolution": "found"}
    proposed = await world.custody(WHOLESALER, "ResolveException", argument)
    assert proposed["exceptions"][0]["proposal"] == {"by": WHOLESALER, "resolution": "found"}
    assert world.event()[0] == "ExceptionResolutionProposed"
    assert world.unit(gone)["offer"] == name
    settled = await world.custody(MAKER, "ResolveException", argument | {"gln": MAKER})
    assert settled["status"] == "accepted"
    assert settled["exceptions"][0]["resolution"] == "found"
    assert world.event() == ("ExceptionResolved", {"id": name, "exception": 0, "resolution": "found"})
    assert not {"offer", "missing"} & world.unit(gone).keys()
    found = await refused(world.custody(MAKER, "ResolveException", argument | {"gln": MAKER}))
    assert found.code is Code.EXCEPTION_CLOSED
    await world.ship(MAKER, PHARMACY, gone)


async def test_what_was_delivered_late_is_the_buyers(world: World) -> None:
    name, _, gone = await short(world)
    await settle(world, name, "delivered")
    unit = world.unit(gone)
    assert (unit["owner"], unit["custodian"]) == (WHOLESALER, WHOLESALER)
    assert not {"offer", "missing"} & unit.keys()
    assert world.guard(gone) == guarded_by(WHOLESALER)


@pytest.mark.refuses("goods.present")
async def test_what_is_lost_stays_missing_and_is_not_sold(world: World) -> None:
    name, _, gone = await short(world)
    assert (await settle(world, name, "lost"))["status"] == "accepted"
    unit = world.unit(gone)
    assert unit["missing"] == name
    assert "offer" not in unit
    found = await refused(world.custody(MAKER, "OfferTransfer", sale("T", MAKER, PHARMACY, gone)))
    assert found.code is Code.GOODS_MISSING
    argument = {"sscc": world.sscc(), "gln": MAKER, "children": [gone]}
    found = await refused(world.custody(MAKER, "Pack", argument))
    assert (found.code, found.rule) == (Code.GOODS_MISSING, "goods.present")


async def test_a_trace_tells_what_became_of_each(world: World) -> None:
    name, there, gone = await short(world)
    steps = [step["step"] for step in (await world.trace(there))["steps"]]
    assert steps == ["commission", "offer", "accept"]
    await settle(world, name, "found")
    again = await world.offer(MAKER, WHOLESALER, gone)
    world.ledger.now += 31 * 86_400_000
    await world.custody(MAKER, "ExpireOffer", {"id": again})
    told = (await world.trace(gone))["steps"]
    steps = ["commission", "offer", "missing", "settle", "offer", "expire"]
    assert [step["step"] for step in told] == steps
    assert {step["detail"] for step in told[1:4]} == {name}


@pytest.mark.refuses("receipts.between")
async def test_a_third_party_has_no_say(world: World) -> None:
    name, _, _ = await short(world)
    argument = {"id": name, "gln": PHARMACY, "exception": 0, "resolution": "lost"}
    found = await refused(world.custody(PHARMACY, "ResolveException", argument))
    assert (found.code, found.rule) == (Code.NOT_AUTHORISED, "receipts.between")
    found = await refused(
        world.custody(WHOLESALER, "ResolveException", argument | {"gln": WHOLESALER, "exception": 1})
    )
    assert found.code is Code.EXCEPTION_UNKNOWN
    returned = argument | {"gln": WHOLESALER, "resolution": "returned"}
    found = await refused(world.custody(WHOLESALER, "ResolveException", returned))
    assert found.code is Code.RESOLUTION_UNFIT


async def test_damaged_goods_are_in_quarantine_with_whoever_has_them(world: World) -> None:
    """One pack refused at the door, and one case inside the pallet that was taken in."""
    [at_the_door] = await world.units(1)
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    name = await world.offer(MAKER, WHOLESALER, at_the_door, f"00{pallet}")
    exceptions = [{"kind": "damaged", "ref": at_the_door}, {"kind": "damaged", "ref": f"00{case}"}]
    argument = {"id": name, "received": [f"00{pallet}"], "exceptions": exceptions}
    await world.custody(WHOLESALER, "AcceptTransfer", argument)
    assert world.unit(at_the_door)["owner"] == MAKER
    assert world.container(pallet)["owner"] == WHOLESALER
    for ref, gln in ((at_the_door, MAKER), (f"00{case}", WHOLESALER)):
        hold = world.ledger.document("custody", keys.hold_key(ref))
        assert (hold["status"], hold["placed_by"]) == ("quarantine", gln)
    found = await refused(
        world.custody(WHOLESALER, "OfferTransfer", sale("T", WHOLESALER, PHARMACY, f"00{pallet}"))
    )
    assert found.code is Code.HELD
    await settle(world, name, "returned", exception=0)
    await settle(world, name, "destroyed", exception=1)
    assert "offer" not in world.unit(at_the_door)
    assert transfer(world, name)["status"] == "accepted"


async def test_what_a_keeper_receives_damaged_its_owner_guards_too(world: World) -> None:
    depot = await keeper(world)
    [ref] = await world.units(1)
    moved = {"id": "IN", "kind": "custody_only", "what": [ref], "from": MAKER, "to": depot}
    await world.custody(MAKER, "OfferTransfer", moved)
    argument = {"id": "IN", "exceptions": [{"kind": "damaged", "ref": ref}]}
    await world.custody(PHARMACY, "AcceptTransfer", argument)
    hold = world.ledger.document("custody", keys.hold_key(ref))
    assert hold["placed_by"] == depot
    assert world.ledger.policies["custody", keys.hold_key(ref)] == guarded_by(MAKER, PHARMACY)


async def test_counts_tell_of_what_no_ref_names(world: World) -> None:
    case, _ = await world.case(3)
    name = await world.offer(MAKER, WHOLESALER, f"00{case}")
    exceptions = [
        {"kind": "shortage", "gtin": PRODUCT, "lot": LOT, "count": 1},
        {"kind": "overage", "gtin": PRODUCT, "lot": "L-9", "count": 1},
    ]
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "exceptions": exceptions})
    assert world.container(case)["owner"] == WHOLESALER
    assert (await settle(world, name, "lost", exception=0))["status"] == "accepted_with_exceptions"
    assert (await settle(world, name, "returned", exception=1))["status"] == "accepted"


async def test_an_exception_names_one_thing(world: World) -> None:
    [ref] = await world.units(1)
    name = await world.offer(MAKER, WHOLESALER, ref)
    twice = [{"kind": "damaged", "ref": ref}, {"kind": "shortage", "ref": ref}]
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "exceptions": twice}))
    assert found.code is Code.INVALID_ARGUMENT
    short = {"kind": "shortage", "ref": ref}
    for wrong in (short | {"kind": "lost"}, {"kind": "shortage"}, short | {"x": 1}):
        argument = {"id": name, "exceptions": [wrong]}
        found = await refused(world.custody(WHOLESALER, "AcceptTransfer", argument))
        assert found.code is Code.INVALID_ARGUMENT
    assert world.unit(ref)["owner"] == MAKER
