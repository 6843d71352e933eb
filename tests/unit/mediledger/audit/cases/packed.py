"""Goods packed by others than their owner, or not as the packing list says."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import keys
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, WHOLESALER, World
from tests.unit.mediledger.audit.forged import (
    EVERYBODY,
    NOT_MAKER,
    Forged,
    case_of,
    entering,
    inside,
    key_of,
    leaving,
    mine,
    shelved,
    tray_of,
)

CASES: list[Any] = []
breaks = entering(CASES)


async def packed(world: World, who: str = MAKER, **changes: Any) -> tuple[str, Forged]:
    """A pack that has left its tray, packed into a new case of somebody's; its key."""
    ref, sscc = await shelved(world), world.sscc()
    forged, key = case_of(sscc, who, [], ref), key_of(ref, 1)
    forged.writes[key] = inside(world.unit(ref), sscc) | changes
    forged.policies[key] = NOBODY
    return key, forged


@breaks()
async def a_pack_packed_as_it_should(world: World) -> Forged:
    return (await packed(world))[1]


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY, Broken.PACKED)
async def a_pack_packed_into_anothers_case(world: World) -> Forged:
    _, forged = await packed(world, WHOLESALER)
    forged.endorsers = NOT_MAKER
    return forged


@breaks(Broken.PACKED)
async def a_pack_given_away_in_anothers_case(world: World) -> Forged:
    """Its owner's peer was deceived: what is packed together has one owner, and so its container."""
    return (await packed(world, WHOLESALER))[1]


@breaks(Broken.CHANGED)
async def a_pack_packed_as_one_of_another_lot(world: World) -> Forged:
    return (await packed(world, lot="OTHER"))[1]


@breaks(Broken.CHANGED)
async def a_packed_pack_that_keeps_its_owner(world: World) -> Forged:
    return (await packed(world, owner=MAKER))[1]


@breaks(Broken.CHANGED)
async def a_dispensed_pack_packed(world: World) -> Forged:
    """A packed pack's document says no status: it would be one that can be sold."""
    [ref] = await world.at_pharmacy()
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [ref]})
    sscc, key = world.sscc(), key_of(ref, 1)
    forged = case_of(sscc, PHARMACY, [], ref)
    kept = {name: value for name, value in world.unit(ref).items() if name != "dispensed_at"}
    forged.writes[key], forged.policies[key] = inside(kept, sscc), NOBODY
    return forged


@breaks(Broken.GUARD)
async def a_packed_pack_that_can_be_written_again(world: World) -> Forged:
    key, forged = await packed(world)
    forged.policies[key] = mine(MSPS[MAKER])
    return forged


@breaks(Broken.PACKED)
async def packed_on_no_list(world: World) -> Forged:
    key, forged = await packed(world)
    return Forged({key: forged.writes[key]}, EVERYBODY, {key: NOBODY})


@breaks(Broken.PACKED)
async def packed_into_a_case_that_was_there_before(world: World) -> Forged:
    case, _ = await world.case(1)
    key, forged = await packed(world)
    document = forged.writes[key] | {"parent": case}
    return Forged({key: document}, EVERYBODY, {key: NOBODY})


@breaks(Broken.PACKED)
async def packed_on_the_list_alone(world: World) -> Forged:
    """A list that names somebody's goods, which the list does not pack."""
    [ref] = await world.units(1)
    _, tray = tray_of(world, ref)
    return case_of(world.sscc(), WHOLESALER, [[tray["gtin"], tray["serial"]]], await shelved(world))


@breaks(Broken.PACKED)
async def packed_twice_on_one_list(world: World) -> Forged:
    key, forged = await packed(world)
    listed = keys.packing_key(forged.writes[key]["parent"])
    [ref] = forged.writes[listed]["children"]
    forged.writes[listed] |= {"children": [ref, ref]}
    return forged


@breaks(Broken.PACKED, Broken.PERIOD)
async def packed_into_a_case_that_was_never_begun(world: World) -> Forged:
    key, forged = await packed(world)
    first = keys.container_key(forged.writes[key]["parent"])
    forged.writes[f"{first}4\x00"] = forged.writes.pop(first) | {"period": 4}
    del forged.policies[first]
    return forged


@breaks(Broken.PACKED)
async def a_case_without_a_list(world: World) -> Forged:
    forged = case_of(world.sscc(), WHOLESALER, [])
    [key] = [key for key, document in forged.writes.items() if document["doc"] == "container"]
    return Forged({key: forged.writes[key]}, EVERYBODY, {key: forged.policies[key]})


@breaks(Broken.OWNER)
async def a_case_that_is_begun_packed(world: World) -> Forged:
    """It has no owner who could have agreed."""
    inner, outer = world.sscc(), world.sscc()
    case, pallet = case_of(inner, MAKER, []), case_of(outer, MAKER, [], f"00{inner}")
    key = keys.container_key(inner)
    writes = case.writes | pallet.writes | {key: inside(case.writes[key], outer)}
    return Forged(writes, EVERYBODY, case.policies | pallet.policies | {key: NOBODY})


@breaks(Broken.SETTLED, Broken.PACKED)
async def a_list_written_again(world: World) -> Forged:
    case, _ = await world.case(1)
    key = keys.packing_key(case)
    return Forged({key: world.ledger.document("custody", key)}, EVERYBODY)


@breaks(Broken.GUARD)
async def a_packing_list_that_can_change(world: World) -> Forged:
    key, forged = await packed(world)
    forged.policies[keys.packing_key(forged.writes[key]["parent"])] = mine(MSPS[MAKER])
    return forged


@breaks()
async def a_pack_that_leaves_its_tray_into_a_case(world: World) -> Forged:
    return await out_of_the_tray(world)


async def out_of_the_tray(world: World, who: str = MAKER, **changes: Any) -> Forged:
    """A pack that is packed without the other one of its tray."""
    [ref, _] = await world.units(2)
    sscc = world.sscc()
    forged, key = case_of(sscc, who, [], ref), key_of(ref, 1)
    writes = leaving(world, ref)
    forged.writes |= writes | {key: inside(writes[key], sscc) | changes}
    forged.policies[key] = NOBODY
    return forged


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY, Broken.PACKED)
async def a_pack_packed_out_of_anothers_tray(world: World) -> Forged:
    forged = await out_of_the_tray(world, WHOLESALER)
    forged.endorsers = NOT_MAKER
    return forged


@breaks(Broken.CHANGED)
async def a_pack_of_a_tray_packed_with_more_than_it_was(world: World) -> Forged:
    return await out_of_the_tray(world, missing="T-1")


@breaks(Broken.LEFT)
async def a_sold_pack_packed_again_from_its_tray(world: World) -> Forged:
    """The seller rolls the tray back, in which others are still, and packs all of them."""
    refs = await world.units(2)
    await world.ship(MAKER, WHOLESALER, refs[0])
    (key, tray), sscc = tray_of(world, refs[0]), world.sscc()
    forged = case_of(sscc, MAKER, [[tray["gtin"], tray["serial"]]])
    forged.writes[key], forged.policies[key] = inside(tray, sscc) | {"left": []}, NOBODY
    return forged
