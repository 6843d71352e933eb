"""Trays and packing lists: what is read and written of them, and what a forged one is worth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.model import keys, trays
from chaincode.model.errors import Code, Refusal
from chaincode.model.periods import packed, written
from tests.unit.chaincode.contracts.world import CONSORTIUM, MAKER, MSPS, PHARMACY, PRODUCT, World

COUNT = 2 * trays.SIZE + 5


def read(world: World, kind: str) -> list[str]:
    """The keys of a kind that the last transaction read."""
    return sorted(key for _, key in world.ledger.transactions[-1].reads if keys.split(key)[0] == kind)


def tray_of(ref: str) -> str:
    """The key of the tray whose first pack it is."""
    return keys.tray_key(PRODUCT, ref[18:])


async def test_whole_trays_are_packed_without_a_look_at_each_pack(world: World) -> None:
    refs = await world.units(COUNT)
    case = await world.pack(*refs)
    first = [refs[0], refs[trays.SIZE], refs[2 * trays.SIZE]]
    assert read(world, "unit") == sorted(keys.period_key(ref, 0) for ref in first)
    assert read(world, "tray") == sorted(map(tray_of, first))
    written_now = {key for _, key in world.ledger.transactions[-1].writes}
    assert written_now == {keys.container_key(case), keys.packing_key(case), *map(tray_of, first)}
    assert all(world.unit(ref)["parent"] == case for ref in refs)
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert found["container"]["children"] == refs


async def test_in_any_order(world: World) -> None:
    refs = await world.units(COUNT)
    case = await world.pack(*refs[::-1])
    assert {world.unit(ref)["parent"] for ref in refs} == {case}
    assert len(read(world, "tray")) == 3
    assert ("custody", keys.period_key(refs[1], 1)) not in world.ledger.state


async def test_of_part_of_a_tray_each_pack_leaves_it(world: World) -> None:
    refs = await world.units(5)
    case = await world.pack(*refs[:2])
    transaction = world.ledger.transactions[-1]
    for ref in refs[:2]:
        assert world.unit(ref)["parent"] == case
        assert transaction.policies["custody", keys.period_key(ref, 1)] == NOBODY
    assert world.tray(refs[0])["left"] == [ref[18:] for ref in refs[:2]]
    assert ("custody", tray_of(refs[0])) not in transaction.policies, "it stays its owner's"
    second = await world.pack(*refs[2:])
    assert world.ledger.policies["custody", tray_of(refs[0])] == NOBODY
    assert [world.unit(ref)["parent"] for ref in refs] == [case] * 2 + [second] * 3
    await world.ship(MAKER, PHARMACY, f"00{case}")
    await world.unpack(PHARMACY, case)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs[:2]})
    assert (await world.trace(refs[4]))["owner"] == MAKER


async def test_who_is_changed_by_itself_leaves_its_tray(world: World) -> None:
    """And the others are packed as if it had never been in it."""
    refs = await world.units(5)
    await world.custody(MAKER, "Decommission", {"gln": MAKER, "refs": refs[3:], "reason": "sample"})
    transaction = world.ledger.transactions[-1]
    makers = owners_policy([MSPS[MAKER]], CONSORTIUM["members"])
    for ref in refs[3:]:
        assert transaction.policies["custody", keys.period_key(ref, 1)] == makers
        assert (world.unit(ref)["status"], world.unit(ref)["period"]) == ("decommissioned", 1)
    assert world.tray(refs[0])["left"] == [ref[18:] for ref in refs[3:]]
    case = await world.pack(*refs[:3])
    assert ("custody", keys.period_key(refs[0], 1)) not in world.ledger.state
    assert world.unit(refs[0])["parent"] == case
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert found["container"]["children"] == refs[:3]
    assert (await world.trace(refs[4]))["unit"]["status"] == "decommissioned"


async def test_who_asks_about_one_pack_reads_its_tray(world: World) -> None:
    case, refs = await world.case(COUNT)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    await world.unpack(PHARMACY, case)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [refs[trays.SIZE + 1]]})
    assert read(world, "tray") == [tray_of(refs[trays.SIZE])]
    assert read(world, "packing") == []
    some = [refs[0], refs[-1]]
    one = world.ledger.transactions[-1].messages.count("custody")
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": some})
    assert world.ledger.transactions[-1].messages.count("custody") == one


async def test_unpacking_across_trays(world: World) -> None:
    case, refs = await world.case(COUNT)
    some = [refs[0], refs[trays.SIZE], refs[-1]]
    assert (await world.unpack(MAKER, case, *some))["left"] == COUNT - 3
    left = [ref for ref in refs if ref not in some]
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert found["container"]["children"] == left
    assert await world.unpack(MAKER, case) == {"sscc": case, "count": COUNT - 3, "left": 0}
    assert world.container(case)["status"] == "unpacked"


async def test_trays_and_single_goods_in_one_container(world: World) -> None:
    first, [old] = await world.case(1)
    await world.unpack(MAKER, first)
    new, bundle = await world.units(3), await world.pack(*await world.units(2))
    second = await world.pack(old, *new, f"00{bundle}")
    assert (world.unit(old)["parent"], world.unit(old)["period"]) == (second, 1)
    assert (world.unit(new[0])["parent"], world.unit(new[0])["period"]) == (second, 0)
    listed = world.ledger.document("custody", keys.packing_key(second))
    assert (listed["trays"], listed["children"]) == ([[PRODUCT, new[0][18:]]], [old, f"00{bundle}"])
    await world.ship(MAKER, PHARMACY, f"00{second}")
    await world.unpack(PHARMACY, second, old, new[0], f"00{bundle}")
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [old, new[0]]})
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": second})
    assert found["container"]["children"] == new[1:]


async def refused_everywhere(world: World, ref: str, but: str = "") -> None:
    """Nothing is done any more with a pack whose record is forged; ``but`` the one thing that is."""
    parsed = {"gtin": ref[2:16], "serial": ref[18:]}
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "ship": lambda: world.ship(MAKER, PHARMACY, ref),
        "decommission": lambda: world.custody(
            MAKER, "Decommission", {"gln": MAKER, "refs": [ref], "reason": "sample"}
        ),
        "get": lambda: world.custody(PHARMACY, "GetUnit", parsed),
        "trace": lambda: world.trace(ref),
        "pack": lambda: world.pack(ref),
    }
    for call in (make() for name, make in calls.items() if name != but):
        with pytest.raises(Refusal) as refused:
            await call
        assert refused.value.code is Code.RECORD_FORGED


async def test_a_period_that_the_tray_does_not_know(world: World) -> None:
    """Any majority can write a key that is not there: what it says is nobody's word."""
    [ref, other] = await world.units(2)
    own = trays.out_of(world.unit(ref)) | {"owner": PHARMACY, "owner_msp": MSPS[PHARMACY]}
    world.ledger.put("custody", keys.period_key(ref, 1), written(own))
    for call in (world.ship(PHARMACY, MAKER, ref), world.ship(MAKER, PHARMACY, ref), world.trace(ref)):
        with pytest.raises(Refusal) as refused:
            await call
        assert refused.value.code is Code.RECORD_FORGED
    await world.ship(MAKER, PHARMACY, other)


async def test_a_seller_who_takes_back_that_a_pack_left(world: World) -> None:
    """The tray is the seller's to write; the buyer's period is there all the same."""
    refs = await world.units(2)
    await world.ship(MAKER, PHARMACY, refs[0])
    world.ledger.put("custody", tray_of(refs[0]), world.tray(refs[0]) | {"left": []})
    with pytest.raises(Refusal) as refused:
        await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs[:1]})
    assert refused.value.code is Code.RECORD_FORGED
    case = await world.pack(*refs)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    with pytest.raises(Refusal) as refused:
        await world.unpack(PHARMACY, case, refs[0])
    assert refused.value.code is Code.RECORD_FORGED
    await world.unpack(PHARMACY, case, refs[1])


async def test_a_tray_that_names_anothers_packs(world: World) -> None:
    """A pack is in the tray that its own first document names."""
    [mine, *_] = await world.units(2)
    [theirs] = await world.at_pharmacy(1)
    tray = world.tray(mine)
    world.ledger.put("custody", tray_of(mine), tray | {"serials": [*tray["serials"], theirs[18:]]})
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [theirs]})
    assert (await world.trace(theirs))["unit"]["status"] == "dispensed"


@pytest.mark.parametrize("said", [{}, [], 7, "period", {"period": 1}, {"period": 1, "doc": "container"}])
async def test_a_period_that_is_none(world: World, said: Any) -> None:
    [ref] = await world.units(1)
    world.ledger.put("custody", keys.period_key(ref, 1), said)
    await refused_everywhere(world, ref, "pack")


async def test_a_tray_of_anothers_does_not_tell_of_a_pack(world: World) -> None:
    """What is packed without the rest of its tray is asked for its own word."""
    [ref] = await world.at_pharmacy()
    [mine] = await world.units(1)
    tray = world.tray(mine)
    forged = tray | {"serials": [*tray["serials"], ref[18:], "S0"]}
    world.ledger.put("custody", tray_of(mine), forged)
    for refs in ([mine, ref], [ref]):
        with pytest.raises(Refusal):
            await world.pack(*refs)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [ref]})


async def test_a_tray_rolled_back_does_not_give_a_sold_pack_back(world: World) -> None:
    refs = await world.units(2)
    await world.ship(MAKER, PHARMACY, refs[0])
    world.ledger.put("custody", tray_of(refs[0]), world.tray(refs[0]) | {"left": []})
    with pytest.raises(Refusal) as refused:
        await world.pack(refs[0])
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "children[0]")


FORGED: list[Callable[[Any], Any]] = [
    lambda tray: {"serials": tray["serials"][1:]},
    lambda tray: {"lot": "another"},
    lambda tray: {"commissioned_at": 1},
    lambda tray: {"origin": "R-1"},
    lambda tray: {"left": 5},
    lambda tray: {"left": None},
    lambda tray: {"serials": None},
    lambda tray: {"parent": "095212340000000018"},
    lambda tray: {"parent": 7},
    lambda tray: {"left": tray["serials"]},
    lambda tray: {"gtin": "0"},
    lambda tray: {"serial": tray["serials"][1]},
]


@pytest.mark.parametrize("forge", FORGED)
async def test_a_tray_that_is_not_as_it_was(world: World, forge: Callable[[Any], Any]) -> None:
    [ref, _] = await world.units(2)
    tray = world.tray(ref)
    world.ledger.put("custody", tray_of(ref), tray | forge(tray))
    await refused_everywhere(world, ref)


async def test_a_pack_without_its_tray(world: World) -> None:
    [ref] = await world.units(1)
    del world.ledger.state["custody", tray_of(ref)]
    await refused_everywhere(world, ref)


@pytest.mark.parametrize("child", ["tray", "pack", "case"])
async def test_a_list_that_names_what_is_not_inside(world: World, child: str) -> None:
    """By whoever has the container: what it names is as it was, and nobody gets the list as true."""
    case, _ = await world.case(2)
    refs = await world.units(2)
    await world.ship(MAKER, PHARMACY, refs[1])
    other, _ = await world.case(1)
    key = keys.packing_key(case)
    listed = world.ledger.document("custody", key)
    more: dict[str, Any] = {
        "tray": {"trays": [*listed["trays"], [PRODUCT, refs[0][18:]]]},
        "pack": {"children": [refs[1]]},
        "case": {"children": [f"00{other}"]},
    }
    del world.ledger.policies["custody", key]
    world.ledger.put("custody", key, listed | more[child])
    for call in (
        world.unpack(MAKER, case),
        world.custody(PHARMACY, "GetContainer", {"sscc": case}),
        world.custody(PHARMACY, "TraceContainer", {"sscc": case}),
    ):
        with pytest.raises(Refusal) as refused:
            await call
        assert refused.value.code is Code.RECORD_FORGED
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [refs[1]]})
    await world.ship(MAKER, PHARMACY, f"00{other}")


async def test_a_forged_case_does_not_lock_the_others_of_its_pallet(world: World) -> None:
    """Any majority can write the period that would follow: of that case alone."""
    (forged, _), (other, _) = await world.case(1), await world.case(1)
    pallet = await world.pack(f"00{forged}", f"00{other}")
    after = world.container(forged) | {"period": 1, "owner": PHARMACY, "owner_msp": MSPS[PHARMACY]}
    world.ledger.put("custody", keys.period_key(f"00{forged}", 1), after)
    assert await world.unpack(MAKER, pallet, f"00{other}") == {"sscc": pallet, "count": 1, "left": 1}
    with pytest.raises(Refusal) as refused:
        await world.unpack(MAKER, pallet)
    assert refused.value.code is Code.RECORD_FORGED


async def test_a_container_of_a_majoritys_with_somebodys_case(world: World) -> None:
    case, _ = await world.case(1)
    sscc = world.sscc()
    forged = world.container(case) | {"sscc": sscc, "owner": PHARMACY, "custodian": PHARMACY}
    world.ledger.put("custody", keys.container_key(sscc), forged)
    listed = {"doc": "packing", "sscc": sscc, "trays": [], "children": [f"00{case}"]}
    world.ledger.put("custody", keys.packing_key(sscc), listed)
    with pytest.raises(Refusal) as refused:
        await world.custody(PHARMACY, "GetContainer", {"sscc": sscc})
    assert refused.value.code is Code.RECORD_FORGED
    inner = packed(world.container(case), sscc) | {"period": 1}
    world.ledger.put("custody", keys.period_key(f"00{case}", 1), inner)
    assert (await world.custody(PHARMACY, "GetContainer", {"sscc": case}))["ancestors"] == []


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"trays": [], "children": "S1"},
        {"trays": None, "children": []},
        {"trays": [["S1"]], "children": []},
        {"trays": [7], "children": []},
        {"trays": [["1", 2]], "children": []},
        {"trays": [], "children": [None]},
    ],
)
async def test_a_container_without_its_list(world: World, said: Any) -> None:
    case, refs = await world.case(1)
    key = "custody", keys.packing_key(case)
    del world.ledger.state[key], world.ledger.policies[key]
    if said is not None:
        world.ledger.put(*key, said)
    with pytest.raises(Refusal) as refused:
        await world.unpack(MAKER, case)
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "sscc")
    assert (await world.trace(refs[0]))["owner"] == MAKER
