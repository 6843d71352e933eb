"""Counting a recall's packs by what the ledger knows of each: exact, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from chaincode.rules.recall import DISPOSITIONS
from tests.unit.chaincode.contracts.world import LOT, MAKER, PHARMACY, PRODUCT, STRANGER, WHOLESALER, World


async def start(world: World, **other: Any) -> None:
    argument = {
        "id": "R-1",
        "gln": MAKER,
        "gtin": PRODUCT,
        "lot": LOT,
        "kind": "recall",
        "class": "II",
        "depth": "retail",
        "effectiveness": "A",
        "reason": "sub-potent",
    }
    await world.custody(MAKER, "StartRecall", argument | other)


async def count(world: World, page_size: int = 1000) -> Any:
    """The total, as a client adds it up."""
    argument: dict[str, Any] = {"id": "R-1", "page_size": page_size}
    for _ in range(1000):
        answer = await world.custody(STRANGER, "CountRecalled", argument)
        if "bookmark" not in answer:
            return answer
        argument |= {"bookmark": answer["bookmark"], "counts": answer["counts"]}
    raise AssertionError("no last page")


def total(accounted: int, permille: int, **counts: int) -> Any:
    found = dict.fromkeys(DISPOSITIONS, 0) | counts
    packs = sum(found.values())
    return {"counts": found, "packs": packs, "accounted": accounted, "permille": permille}


async def everywhere(world: World) -> None:
    """Eight packs of the lot: one dispensed, four at the pharmacy (two in a case on hold), one at the
    wholesaler in a case, two at their maker; and one of another lot."""
    await world.lot("OTHER", "2027-01-01")
    await world.units(1, "OTHER")
    dispensed, *_ = await world.at_pharmacy(3)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [dispensed]})
    held, _ = await world.case(2)
    await world.ship(MAKER, PHARMACY, f"00{held}")
    await world.quarantine(PHARMACY, f"00{held}")
    case, _ = await world.case(1)
    await world.ship(MAKER, WHOLESALER, f"00{case}")
    await world.units(2)


@pytest.mark.parametrize("page_size", [1, 3, 1000])
async def test_count(world: World, page_size: int) -> None:
    await everywhere(world)
    await start(world)
    expected = total(5, 625, dispensed=1, quarantined=2, returned=2, outstanding=3)
    assert await count(world, page_size) == expected


async def test_depths(world: World) -> None:
    await everywhere(world)
    await start(world, depth="consumer")
    expected = {"dispensed": 1, "quarantined": 2, "returned": 2, "outstanding": 3}
    assert await count(world) == total(4, 500, **expected)
    await world.custody(MAKER, "EndRecall", {"id": "R-1", "gln": MAKER, "reason": "deeper than meant"})
    await start(world, id="R-2", depth="wholesale")
    answer = await world.custody(STRANGER, "CountRecalled", {"id": "R-2"})
    assert answer == total(7, 875, dispensed=1, quarantined=2, returned=2, beyond_depth=2, outstanding=1)


async def test_a_range_of_serial_numbers(world: World) -> None:
    refs = await world.units(12)
    await start(world, serials={"first": refs[2][18:], "last": refs[10][18:]})
    assert await count(world, 5) == total(9, 1000, returned=9)


async def test_nothing_in_scope(world: World) -> None:
    await start(world)
    assert await count(world) == total(0, 1000)


async def test_a_forged_pack_is_counted_apart(world: World) -> None:
    refs = await world.units(3)
    await start(world)
    forged = world.unit(refs[0]) | {"period": 1, "parent": world.sscc()}
    world.ledger.put("custody", keys.period_key(refs[0], 1), forged)
    assert await count(world) == total(2, 666, returned=2, forged=1)


@pytest.mark.parametrize("attributes", [[], ["A"], ["A", "2"]])
async def test_what_is_no_pack_is_not_counted(world: World, attributes: list[str]) -> None:
    await world.units(2)
    await start(world)
    key = keys.composite(keys.UNITS, PRODUCT, *attributes)
    world.ledger.put("custody", key, {"doc": "none"})
    assert await count(world) == total(2, 1000, returned=2)


async def test_counts_of_an_earlier_answer(world: World) -> None:
    await start(world)
    for counts, field in (({}, "counts.dispensed"), (dict.fromkeys(DISPOSITIONS, -1), "counts.dispensed")):
        with pytest.raises(Refusal) as raised:
            await world.custody(STRANGER, "CountRecalled", {"id": "R-1", "counts": counts})
        assert (raised.value.code, raised.value.field) == (Code.INVALID_ARGUMENT, field)
