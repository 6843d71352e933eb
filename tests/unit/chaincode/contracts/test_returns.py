"""Goods on their way back: what may be sold again, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.test_transfers import guarded_by, refused, transfer
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    PHARMACY,
    PRODUCT,
    WHOLESALER,
    World,
    at,
    sale,
)


async def bought(world: World, count: int = 2) -> tuple[str, list[str]]:
    """Packs that the pharmacy bought from the wholesaler; the transfer's id, and their refs."""
    refs = await world.units(count)
    await world.ship(MAKER, WHOLESALER, *refs)
    return await world.ship(WHOLESALER, PHARMACY, *refs), refs


def back(kind: str, original: str | None, *refs: str, to: str = WHOLESALER) -> dict[str, Any]:
    argument = {"id": "BACK", "kind": kind, "what": list(refs), "from": PHARMACY, "to": to}
    return argument | ({"original": original} if original else {})


async def verify(world: World, ref: str, who: str = WHOLESALER) -> None:
    """The manufacturer's answer comes from the ledger, or by hand."""
    argument = {
        "id": f"V-{ref[18:]}",
        "gln": who,
        "gtin": PRODUCT,
        "serial": ref[18:],
        "lot": LOT,
        "expiry": "2027-06-30",
        "context": "saleable_return",
    }
    asked = await world.custody(who, "RequestVerification", argument)
    if asked["status"] == "requested":
        answer = {"id": argument["id"], "gln": MAKER, "verified": True}
        await world.custody(MAKER, "AnswerVerification", answer)


async def recall(world: World) -> None:
    argument = {
        "id": "R",
        "kind": "recall",
        "gln": MAKER,
        "gtin": PRODUCT,
        "lot": LOT,
        "class": "II",
        "depth": "retail",
        "effectiveness": "A",
        "reason": "sub-potent",
    }
    await world.custody(MAKER, "StartRecall", argument)


async def test_a_verified_pack_goes_back_to_who_sold_it_and_is_sold_again(world: World) -> None:
    original, [ref, _] = await bought(world)
    made = await world.custody(PHARMACY, "ReturnGoods", back("saleable_return", original, ref))
    assert (made["original"], made["status"]) == (original, "offered")
    assert made["information"]["lines"][0]["number_of_containers"] == 1
    assert "statement" not in made
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": "BACK"}))
    assert (found.code, found.rule) == (Code.NOT_VERIFIED, "verification.returnable")
    await verify(world, ref)
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": "BACK"})
    assert world.unit(ref)["owner"] == WHOLESALER
    assert world.guard(ref) == guarded_by(WHOLESALER)
    await world.ship(WHOLESALER, PHARMACY, ref)


async def test_a_return_needs_the_transaction_by_which_it_was_bought(world: World) -> None:
    original, refs = await bought(world)
    others = await world.at_pharmacy(1)
    call = back("saleable_return", original, *refs, *others)
    found = await refused(world.custody(PHARMACY, "ReturnGoods", call))
    assert (found.code, found.rule) == (Code.RETURN_UNRELATED, "returns.associated")
    call = back("saleable_return", original, refs[0], to=MAKER)
    found = await refused(world.custody(PHARMACY, "ReturnGoods", call))
    assert (found.code, found.rule) == (Code.RETURN_UNRELATED, "returns.to_the_seller")
    found = await refused(world.custody(PHARMACY, "ReturnGoods", back("saleable_return", "T-0", refs[0])))
    assert found.code is Code.TRANSFER_UNKNOWN
    found = await refused(world.custody(PHARMACY, "ReturnGoods", back("saleable_return", None, refs[0])))
    assert (found.code, found.field) == (Code.INVALID_ARGUMENT, "original")


async def test_a_case_is_opened_before_it_is_returned_for_sale(world: World) -> None:
    refs = await world.units(2)
    case = await world.pack(*refs)
    original = await world.ship(MAKER, PHARMACY, f"00{case}")
    call = back("saleable_return", original, f"00{case}", to=MAKER)
    found = await refused(world.custody(PHARMACY, "ReturnGoods", call))
    assert (found.code, found.rule) == (Code.RETURN_UNRELATED, "returns.loose_packs")
    await world.unpack(PHARMACY, case)
    call = back("saleable_return", original, *refs, to=MAKER)
    assert (await world.custody(PHARMACY, "ReturnGoods", call))["status"] == "offered"


async def test_what_is_past_its_date_goes_back_but_not_for_sale(world: World) -> None:
    original, [ref, other] = await bought(world)
    world.ledger.now = at("2027-07-01")
    found = await refused(world.custody(PHARMACY, "ReturnGoods", back("saleable_return", original, ref)))
    assert found.code is Code.LOT_EXPIRED
    await world.custody(PHARMACY, "ReturnGoods", back("nonsaleable_return", original, ref))
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": "BACK"})
    assert world.unit(ref)["owner"] == WHOLESALER
    call = back("nonsaleable_return", None, other) | {"id": "OTHER"}
    found = await refused(world.custody(PHARMACY, "ReturnGoods", call))
    assert (found.code, found.rule) == (Code.RETURN_UNRELATED, "returns.to_the_source")
    await world.custody(PHARMACY, "ReturnGoods", call | {"to": MAKER})
    assert transfer(world, "OTHER")["to"] == MAKER


async def test_recalled_goods_go_back_and_nowhere_else(world: World) -> None:
    original, [ref, _] = await bought(world)
    stock, fresh = await world.units(2)
    name = await world.offer(MAKER, WHOLESALER, stock)
    await recall(world)
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name}))
    assert (found.code, found.field) == (Code.RECALLED, "id")
    found = await refused(world.custody(PHARMACY, "ReturnGoods", back("saleable_return", original, ref)))
    assert found.code is Code.RECALLED
    found = await refused(world.custody(MAKER, "OfferTransfer", sale("X", MAKER, PHARMACY, fresh)))
    assert (found.code, found.field) == (Code.RECALLED, "what[0]")
    await world.custody(PHARMACY, "ReturnGoods", back("recall_return", original, ref))
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": "BACK"})
    assert world.unit(ref)["owner"] == WHOLESALER


@pytest.mark.parametrize("kind", ["saleable_return", "nonsaleable_return", "recall_return"])
async def test_nothing_on_hold_goes_back_either(world: World, kind: str) -> None:
    original, [ref, _] = await bought(world)
    await world.quarantine(PHARMACY, ref)
    found = await refused(world.custody(PHARMACY, "ReturnGoods", back(kind, original, ref)))
    assert found.code is Code.HELD
