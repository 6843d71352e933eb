"""Packing lists in parts: what is read of them, and what a part that is not its owner's is worth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from chaincode.model import canonical, keys
from chaincode.model.errors import Code, Refusal
from chaincode.model.packing import MAX_PARTS, PART, seal_of
from chaincode.model.periods import written
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, World

COUNT = 2 * PART + 5


def lists_read(world: World) -> list[str]:
    """The packing lists' keys that the last transaction read."""
    return [key for _, key in world.ledger.transactions[-1].reads if keys.split(key)[0] == "packing"]


async def test_a_list_of_many_has_a_part_for_every_hundred_and_one_seal(world: World) -> None:
    case, refs = await world.case(COUNT)
    transaction = world.ledger.transactions[-1]
    values = [world.ledger.state["custody", keys.packing_key(case, str(n))] for n in range(3)]
    parts = [canonical.loads(value) for value in values]
    assert [len(part["children"]) for part in parts] == [PART, PART, 5]
    assert [ref for part in parts for ref in part["children"]] == refs
    assert world.container(case)["parts"] == [hashlib.sha256(value).hexdigest() for value in values]
    for number in range(3):
        assert all(world.unit(ref)["part"] == str(number) for ref in parts[number]["children"])
    seal = (f"_implicit_org_{MSPS[MAKER]}", "custody", keys.seal_key(case))
    assert set(transaction.private) == transaction.fixed == {seal}
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


HASH = hashlib.sha256(b"another").hexdigest()
LIES: list[Callable[[list[str]], Any]] = [
    lambda parts: [],
    lambda parts: [HASH],
    lambda parts: parts[:1],
    lambda parts: [*reversed(parts)],
    lambda parts: [*parts, HASH],
    lambda parts: [*parts, *[HASH] * MAX_PARTS],
    lambda parts: [*parts, 1],
    lambda parts: [*parts, 0.5],
    lambda parts: [*parts, None],
    lambda parts: [*parts, {}],
    lambda parts: [part.upper() for part in parts],
    lambda parts: dict(zip("01", parts, strict=True)),
    lambda parts: "".join(parts),
    lambda parts: len(parts),
    lambda parts: -1,
    lambda parts: None,
]


@pytest.mark.parametrize("lie", LIES)
async def test_a_container_that_lies_about_its_parts(world: World, lie: Callable[[list[str]], Any]) -> None:
    """By its own members' word: what it holds is nobody's to move, and what was in it neither."""
    case, refs = await world.case(PART + 1)
    await world.unpack(MAKER, case, refs[0])
    container = world.container(case)
    # As JSON of other makers than the chaincode's own, which writes no fraction.
    forged = json.dumps(container | {"parts": lie(container["parts"])}).encode()
    world.ledger.state["custody", keys.container_key(case)] = forged
    for call, field in (
        (world.unpack(MAKER, case), "sscc"),
        (world.ship(MAKER, PHARMACY, refs[0]), "what[0]"),
        (world.custody(PHARMACY, "GetContainer", {"sscc": case}), "sscc"),
    ):
        with pytest.raises(Refusal) as refused:
            await call
        assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, field)


async def test_a_part_beyond_the_list(world: World) -> None:
    """Anybody may write one: what it names is not in the case, and the case is as it was."""
    case, refs = await world.case(2)
    [loose] = await world.units(1)
    part = {"part": "1", "children": [loose], "periods": [1]}
    packing = world.ledger.document("custody", keys.packing_key(case, "0")) | part
    inside = world.unit(refs[0]) | {"serial": loose[18:], "part": "1"}
    world.ledger.put("custody", keys.packing_key(case, "1"), packing)
    world.ledger.put("custody", keys.period_key(loose, 1), written(inside))
    with pytest.raises(Refusal) as refused:
        await world.ship(MAKER, PHARMACY, loose)
    assert refused.value.code is Code.RECORD_FORGED
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert found["container"]["children"] == refs
    await world.ship(MAKER, PHARMACY, f"00{case}")


async def test_a_buyers_own_seal_is_no_sellers(world: World) -> None:
    """Whoever bought a case can seal a longer list of it: what the seller packed is then on none."""
    case, _ = await world.case(2)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    other = world.ledger.document("custody", keys.packing_key(case, "0")) | {
        "msp_id": MSPS[PHARMACY],
        "part": "1",
    }
    world.ledger.put("custody", keys.packing_key(case, "1"), other)
    parts = [*world.container(case)["parts"], hashlib.sha256(canonical.dumps(other)).hexdigest()]
    world.ledger.put("custody", keys.container_key(case), world.container(case) | {"parts": parts})
    place = (f"_implicit_org_{MSPS[PHARMACY]}", "custody", keys.seal_key(case))
    world.ledger.private[place] = seal_of(parts)
    with pytest.raises(Refusal) as refused:
        await world.unpack(PHARMACY, case)
    assert refused.value.code is Code.RECORD_FORGED


async def test_who_asks_about_packs_of_many_parts_reads_one_seal(world: World) -> None:
    case, refs = await world.case(COUNT)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    some = [refs[0], refs[PART], refs[-1]]
    await world.unpack(PHARMACY, case)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": some[:1]})
    one = world.ledger.transactions[-1].messages.count("custody")
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": some[1:]})
    assert world.ledger.transactions[-1].messages.count("custody") == one
