"""Goods that moved while they were on hold."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import keys
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.safety import investigate
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, REGULATOR, WHOLESALER, World
from tests.unit.mediledger.audit.forged import (
    EVERYBODY,
    NOT_MAKER,
    NOT_REGULATOR,
    Forged,
    case_of,
    entering,
    inside,
    key_of,
    leaving,
    mine,
    own,
    owner,
    packed_tray,
    shelved,
)

CASES: list[Any] = []
breaks = entering(CASES)


@breaks(Broken.HELD)
async def a_pack_sold_while_the_regulator_holds_it(world: World) -> Forged:
    [ref] = await world.units(1)
    await world.quarantine(REGULATOR, ref)
    sold = leaving(world, ref, **owner(PHARMACY))
    return Forged(sold, NOT_REGULATOR, {key_of(ref, 1): mine(MSPS[PHARMACY])})


@breaks()
async def a_pack_that_leaves_its_tray_while_on_hold(world: World) -> Forged:
    """Where it is not moved: it may be decommissioned, or found missing."""
    [ref] = await world.units(1)
    await world.quarantine(REGULATOR, ref)
    return Forged(leaving(world, ref), NOT_REGULATOR, {key_of(ref, 1): mine(MSPS[MAKER])})


@breaks(Broken.HELD)
async def a_pack_kept_by_another_while_on_hold(world: World) -> Forged:
    ref = await shelved(world)
    await world.quarantine(MAKER, ref)
    kept = world.unit(ref) | {"custodian": WHOLESALER}
    return Forged({key_of(ref, 1): kept}, EVERYBODY, {key_of(ref, 1): mine(MSPS[MAKER], MSPS[WHOLESALER])})


@breaks(Broken.HELD)
async def a_pallet_sold_with_a_held_case_inside(world: World) -> Forged:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    await world.quarantine(REGULATOR, f"00{case}")
    key = keys.container_key(pallet)
    sold = world.container(pallet) | owner(PHARMACY)
    return Forged({key: sold}, NOT_REGULATOR, {key: mine(MSPS[PHARMACY])})


@breaks(Broken.HELD)
async def a_pack_dispensed_while_suspect(world: World) -> Forged:
    [ref] = await world.at_pharmacy()
    await investigate(world, PHARMACY, ref)
    return Forged({key_of(ref, 1): world.unit(ref) | {"status": "dispensed"}}, NOT_MAKER)


@breaks(Broken.HELD)
async def a_pack_packed_while_on_hold(world: World) -> Forged:
    ref, sscc = await shelved(world), world.sscc()
    await world.quarantine(REGULATOR, ref)
    forged, key = case_of(sscc, MAKER, [], ref), key_of(ref, 1)
    forged.writes[key], forged.policies[key] = inside(world.unit(ref), sscc), NOBODY
    forged.endorsers = NOT_REGULATOR
    return forged


@breaks(Broken.HELD)
async def a_tray_packed_with_a_held_pack(world: World) -> Forged:
    refs = await world.units(2)
    await world.quarantine(REGULATOR, refs[1])
    return packed_tray(world, refs[0])


@breaks()
async def a_tray_packed_that_a_held_pack_has_left(world: World) -> Forged:
    refs = await world.units(2)
    await world.offer(MAKER, PHARMACY, refs[0])
    await world.quarantine(REGULATOR, refs[0])
    return packed_tray(world, refs[0])


@breaks(Broken.HELD)
async def a_pack_taken_out_of_a_held_case_without_the_hold(world: World) -> Forged:
    sscc, refs = await world.case(2)
    await world.quarantine(REGULATOR, f"00{sscc}")
    key = key_of(refs[0], 1)
    loose = own(world, refs[0], **owner(MAKER))
    writes = {keys.container_key(sscc): world.container(sscc) | {"taken": refs[:1]}, key: loose}
    return Forged(writes, NOT_REGULATOR, {key: mine(MSPS[MAKER])})
