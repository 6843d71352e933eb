"""Goods with a period of their own: changed and taken out by others than their owner."""

from __future__ import annotations

from typing import Any

from chaincode.model import keys
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, World
from tests.unit.mediledger.audit.forged import (
    EVERYBODY,
    NOT_MAKER,
    Forged,
    entering,
    key_of,
    loose,
    mine,
    own,
    owner,
    shelved,
)

CASES: list[Any] = []
breaks = entering(CASES)


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY)
async def a_loose_pack_moved(world: World) -> Forged:
    ref = await shelved(world)
    key = key_of(ref, 1)
    return Forged({key: world.unit(ref) | owner(PHARMACY)}, policies={key: mine(MSPS[PHARMACY])})


@breaks(Broken.RECEIVER)
async def a_pack_left_at_a_strangers_door(world: World) -> Forged:
    ref = await shelved(world)
    key = key_of(ref, 1)
    endorsers = EVERYBODY - {MSPS[PHARMACY]}
    return Forged({key: world.unit(ref) | owner(PHARMACY)}, endorsers, {key: mine(MSPS[PHARMACY])})


@breaks(Broken.CHANGED)
async def a_pack_given_another_lot(world: World) -> Forged:
    ref = await shelved(world)
    return Forged({key_of(ref, 1): world.unit(ref) | {"lot": "OTHER"}}, EVERYBODY)


@breaks(Broken.GUARD)
async def a_pack_whose_policy_leaves_its_owner_out(world: World) -> Forged:
    ref = await shelved(world)
    return Forged({key_of(ref, 1): world.unit(ref)}, EVERYBODY, {key_of(ref, 1): mine(MSPS[PHARMACY])})


@breaks(Broken.PERIOD)
async def a_period_too_many(world: World) -> Forged:
    ref = await shelved(world)
    return Forged({key_of(ref, 4): world.unit(ref) | {"period": 4}}, EVERYBODY)


@breaks(Broken.PERIOD)
async def a_period_after_one_that_was_not_packed(world: World) -> Forged:
    ref = await shelved(world)
    key = key_of(ref, 2)
    return Forged({key: world.unit(ref) | {"period": 2}}, EVERYBODY, {key: mine(MSPS[MAKER])})


@breaks(Broken.SETTLED)
async def a_period_before_the_last_written_again(world: World) -> Forged:
    ref = await shelved(world)
    await world.unpack(MAKER, await world.pack(ref))
    before = world.ledger.document("custody", key_of(ref, 1))
    return Forged({key_of(ref, 1): before}, EVERYBODY)


@breaks(Broken.SETTLED)
async def a_packed_period_written_again(world: World) -> Forged:
    ref = await shelved(world)
    await world.pack(ref)
    return Forged({key_of(ref, 1): world.unit(ref) | {"parent": world.sscc()}}, EVERYBODY)


@breaks(Broken.SETTLED)
async def a_packed_period_made_loose(world: World) -> Forged:
    ref = await shelved(world)
    await world.pack(ref)
    document = loose(world.unit(ref), MAKER, period=1)
    return Forged({key_of(ref, 1): document}, EVERYBODY, {key_of(ref, 1): mine(MSPS[MAKER])})


def opened(world: World, sscc: str, ref: str, document: dict[str, Any], number: int) -> Forged:
    """Goods taken out of a case by the word of its owner."""
    container = keys.container_key(sscc)
    writes = {container: world.container(sscc) | {"taken": [ref]}, key_of(ref, number): document}
    return Forged(writes, EVERYBODY, {key_of(ref, number): mine(document["owner_msp"])})


@breaks()
async def a_pack_taken_out_as_it_should(world: World) -> Forged:
    sscc, [ref, _] = await world.case(2)
    return opened(world, sscc, ref, own(world, ref, **owner(MAKER)), 1)


@breaks(Broken.TAKEN)
async def a_pack_taken_out_of_a_closed_case(world: World) -> Forged:
    _, [ref, _] = await world.case(2)
    key = key_of(ref, 1)
    return Forged({key: own(world, ref, **owner(PHARMACY))}, policies={key: mine(MSPS[PHARMACY])})


@breaks(Broken.TAKEN)
async def another_pack_taken_out_than_its_case_says(world: World) -> Forged:
    sscc, [ref, other] = await world.case(2)
    forged = opened(world, sscc, ref, own(world, ref, **owner(MAKER)), 1)
    forged.writes[keys.container_key(sscc)] |= {"taken": [other]}
    return forged


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY)
async def a_case_said_to_be_open(world: World) -> Forged:
    sscc, [ref, _] = await world.case(2)
    forged = opened(world, sscc, ref, own(world, ref, **owner(MAKER)), 1)
    forged.endorsers = NOT_MAKER
    return forged


@breaks(Broken.OWNER)
async def a_pack_taken_out_into_anothers_hands(world: World) -> Forged:
    sscc, [ref, _] = await world.case(2)
    return opened(world, sscc, ref, own(world, ref, **owner(PHARMACY)), 1)


@breaks(Broken.CHANGED)
async def a_pack_taken_out_as_one_of_another_lot(world: World) -> Forged:
    sscc, [ref, _] = await world.case(2)
    return opened(world, sscc, ref, own(world, ref, **owner(MAKER), lot="OTHER"), 1)


@breaks(Broken.CHANGED)
async def a_case_taken_out_with_other_contents(world: World) -> Forged:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    document = loose(world.container(case), MAKER, contents=[])
    return opened(world, pallet, f"00{case}", document, 1)


@breaks()
async def a_case_taken_out_as_it_should(world: World) -> Forged:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    return opened(world, pallet, f"00{case}", loose(world.container(case), MAKER), 1)


@breaks(Broken.TAKEN)
async def a_pack_put_back_by_the_word_of_its_case(world: World) -> Forged:
    sscc, refs = await world.case(3)
    await world.unpack(MAKER, sscc, refs[0])
    container = world.container(sscc) | {"taken": refs[1:2]}
    return Forged({keys.container_key(sscc): container}, EVERYBODY)


@breaks(Broken.TAKEN)
async def a_case_filled_again_by_its_own_word(world: World) -> Forged:
    sscc, _ = await world.case(2)
    await world.unpack(MAKER, sscc)
    return Forged({keys.container_key(sscc): world.container(sscc) | {"status": "packed"}}, EVERYBODY)
