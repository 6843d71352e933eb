"""How goods leave the supply chain other than to a patient, and come back."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import LOT, MAKER, PHARMACY, PRODUCT, WHOLESALER, World, at

DAY_MS = 24 * 60 * 60 * 1000


async def decommission(world: World, *refs: str, who: str = MAKER, reason: str = "exported") -> Any:
    argument = {"refs": list(refs), "gln": who, "reason": reason}
    return await world.custody(who, "Decommission", argument)


async def reverse(world: World, *refs: str, who: str = MAKER) -> Any:
    return await world.custody(who, "ReverseDecommission", {"refs": list(refs), "gln": who})


async def refused(code: Code, field: str, call: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        await call
    assert (refusal.value.code, refusal.value.field) == (code, field)


async def test_a_unit_decommissioned_and_brought_back(world: World) -> None:
    [ref] = await world.units(1)
    before, now = world.unit(ref), world.ledger.now
    argument = {"refs": [ref], "gln": MAKER, "reason": "sample", "note": "retained"}
    answer = await world.custody(MAKER, "Decommission", argument)
    assert answer == {"gln": MAKER, "reason": "sample", "count": 1}
    assert world.event() == ("Decommissioned", answer)
    # It left its tray.
    del before["tray"]
    before["period"] = 1
    assert world.unit(ref) == before | {
        "status": "decommissioned",
        "decommissioning": {"reason": "sample", "note": "retained", "gln": MAKER, "at": now},
    }
    await refused(Code.DECOMMISSIONED, "what[0]", world.offer(MAKER, PHARMACY, ref))
    assert await reverse(world, ref) == {"gln": MAKER, "count": 1}
    assert world.event() == ("DecommissioningReversed", {"gln": MAKER, "count": 1})
    assert world.unit(ref) == before
    await world.ship(MAKER, PHARMACY, ref)
    steps = [(step["step"], step.get("detail")) for step in (await world.trace(ref))["steps"]]
    assert steps[:3] == [("commission", LOT), ("decommission", "sample"), ("reverse", "sample")]


async def test_a_container_is_decommissioned_with_all_in_it(world: World) -> None:
    case, [ref, _] = await world.case(2)
    pallet = await world.pack(f"00{case}")
    await decommission(world, f"00{pallet}", reason="destroyed")
    assert world.container(pallet)["status"] == "decommissioned"
    await refused(Code.DECOMMISSIONED, "sscc", world.unpack(MAKER, pallet))
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": pallet})
    assert found["container"]["children"] == [f"00{case}"]
    steps = [(step["step"], step["ref"]) for step in (await world.trace(ref))["steps"]]
    assert steps[-1] == ("decommission", f"00{pallet}")


async def test_a_container_comes_back_with_all_in_it(world: World) -> None:
    case, refs = await world.case(2)
    before = world.container(case)
    await decommission(world, f"00{case}")
    await reverse(world, f"00{case}")
    assert world.container(case) == before
    await world.unpack(MAKER, case)
    await world.ship(MAKER, PHARMACY, *refs)


async def test_not_what_is_packed(world: World) -> None:
    case, refs = await world.case(1)
    await refused(Code.UNIT_PACKED, "refs[0]", decommission(world, *refs))
    await decommission(world, f"00{case}")
    await refused(Code.UNIT_PACKED, "refs[0]", reverse(world, *refs))


async def test_not_twice_and_not_what_was_dispensed(world: World) -> None:
    [ref] = await world.at_pharmacy()
    await decommission(world, ref, who=PHARMACY)
    await refused(Code.DECOMMISSIONED, "refs[0]", decommission(world, ref, who=PHARMACY))
    [other] = await world.at_pharmacy()
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [other]})
    await refused(Code.UNIT_DISPENSED, "refs[0]", decommission(world, other, who=PHARMACY))
    await refused(Code.NOT_DECOMMISSIONED, "refs[0]", reverse(world, other, who=PHARMACY))


async def test_not_what_is_offered_or_anothers(world: World) -> None:
    [ref] = await world.units(1)
    await refused(Code.NOT_OWNER, "refs[0]", decommission(world, ref, who=WHOLESALER, reason="stolen"))
    await world.offer(MAKER, PHARMACY, ref)
    await refused(Code.OFFER_PENDING, "refs[0]", decommission(world, ref))


async def test_all_or_none(world: World) -> None:
    [mine] = await world.units(1)
    [theirs] = await world.at_pharmacy()
    await refused(Code.NOT_OWNER, "refs[1]", decommission(world, mine, theirs))
    assert world.unit(mine)["status"] == "commissioned"


async def test_reversed_within_ten_days(world: World) -> None:
    refs = await world.units(2)
    await decommission(world, refs[0])
    await decommission(world, refs[1])
    world.ledger.now += 10 * DAY_MS - 2000
    await reverse(world, refs[0])
    world.ledger.now += 2000
    await refused(Code.REVERSAL_LATE, "refs[0]", reverse(world, refs[1]))


async def test_reversed_at_the_same_place(world: World) -> None:
    [ref] = await world.units(1)
    await decommission(world, ref)
    await refused(Code.REVERSAL_ELSEWHERE, "refs[0]", reverse(world, ref, who=WHOLESALER))


@pytest.mark.parametrize("reason", ["stolen", "destroyed"])
async def test_gone_for_good(world: World, reason: str) -> None:
    [ref] = await world.units(1)
    await decommission(world, ref, reason=reason)
    await refused(Code.REVERSAL_FORBIDDEN, "refs[0]", reverse(world, ref))


async def test_not_reversed_after_expiry(world: World) -> None:
    await world.lot("SHORT", "2026-04-30")
    unit = await world.units(1, "SHORT")
    case = await world.pack(*await world.units(1, "SHORT"))
    world.ledger.now = at("2026-04-29")
    await decommission(world, *unit, f"00{case}")
    world.ledger.now = at("2026-05-01")
    await refused(Code.LOT_EXPIRED, "refs[0]", reverse(world, *unit))
    await refused(Code.LOT_EXPIRED, "refs[0]", reverse(world, f"00{case}"))


async def test_not_reversed_in_a_recall(world: World) -> None:
    [ref] = await world.units(1)
    await decommission(world, ref)
    recall = {
        "id": "R",
        "gln": MAKER,
        "gtin": PRODUCT,
        "lot": LOT,
        "kind": "recall",
        "class": "I",
        "depth": "consumer",
        "effectiveness": "A",
        "reason": "subpotent",
    }
    await world.custody(MAKER, "StartRecall", recall)
    await refused(Code.RECALLED, "refs[0]", reverse(world, ref))
