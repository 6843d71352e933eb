"""Packing lists in parts: what is read of them, and what a part that is not its owner's is worth."""

from __future__ import annotations

import pytest

from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from chaincode.model.packing import PART
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, World

COUNT = 2 * PART + 5


def lists_read(world: World) -> list[str]:
    """The packing lists' keys that the last transaction read."""
    return [key for _, key in world.ledger.transactions[-1].reads if keys.split(key)[0] == "packing"]


async def test_a_list_of_many_has_a_sealed_part_for_every_hundred(world: World) -> None:
    case, refs = await world.case(COUNT)
    transaction = world.ledger.transactions[-1]
    parts = [world.ledger.document("custody", keys.packing_key(case, str(n))) for n in range(3)]
    assert [len(part["children"]) for part in parts] == [PART, PART, 5]
    assert [ref for part in parts for ref in part["children"]] == refs
    assert world.container(case)["parts"] == len(parts)
    for number in range(3):
        assert all(world.unit(ref)["part"] == str(number) for ref in parts[number]["children"])
        seal = (f"_implicit_org_{MSPS[MAKER]}", "custody", keys.seal_key(case, str(number)))
        assert seal in transaction.fixed
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert found["container"]["children"] == refs


async def test_who_asks_about_one_pack_reads_its_part(world: World) -> None:
    case, refs = await world.case(COUNT)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    await world.unpack(PHARMACY, case)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [refs[PART]]})
    assert lists_read(world) == [keys.packing_key(case, "1")]


async def test_unpacking_across_parts(world: World) -> None:
    case, refs = await world.case(COUNT)
    some = [refs[0], refs[PART], refs[-1]]
    assert (await world.unpack(MAKER, case, *some))["left"] == COUNT - 3
    left = [ref for ref in refs if ref not in some]
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert found["container"]["children"] == left
    assert await world.unpack(MAKER, case) == {"sscc": case, "count": COUNT - 3, "left": 0}
    assert world.container(case)["status"] == "unpacked"


async def test_goods_of_different_parts_go_different_ways(world: World) -> None:
    """One that was in another container before has a number of its own on the list."""
    first, [old] = await world.case(1)
    await world.unpack(MAKER, first)
    new = await world.units(PART)
    second = await world.pack(*new, old)
    assert (world.unit(old)["part"], world.unit(old)["period"]) == ("1", 3)
    assert (world.unit(new[0])["part"], world.unit(new[0])["period"]) == ("0", 1)
    await world.ship(MAKER, PHARMACY, f"00{second}")
    await world.unpack(PHARMACY, second, old, new[0])
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [old, new[0]]})


async def test_a_part_that_is_not_as_it_was_sealed(world: World) -> None:
    """Its goods are nobody's to move; those of another part are."""
    case, refs = await world.case(PART + 1)
    key = keys.packing_key(case, "1")
    forged = world.ledger.document("custody", key) | {"children": [refs[0]]}
    await world.unpack(MAKER, case, refs[0], refs[-1])
    # No set of endorsers can do it.
    del world.ledger.policies["custody", key]
    world.ledger.put("custody", key, forged)
    with pytest.raises(Refusal) as refused:
        await world.ship(MAKER, PHARMACY, refs[-1])
    assert refused.value.code is Code.RECORD_FORGED
    await world.ship(MAKER, PHARMACY, refs[0])
    with pytest.raises(Refusal) as refused:
        await world.unpack(MAKER, case)
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "sscc")


@pytest.mark.parametrize("parts", [0, -1, 11, 2])
async def test_a_container_that_lies_about_its_parts(world: World, parts: int) -> None:
    """By its own members' word: what it holds is not taken out of it."""
    case, _ = await world.case(3)
    world.ledger.put("custody", keys.container_key(case), world.container(case) | {"parts": parts})
    with pytest.raises(Refusal) as refused:
        await world.unpack(MAKER, case)
    assert refused.value.code is Code.RECORD_FORGED
