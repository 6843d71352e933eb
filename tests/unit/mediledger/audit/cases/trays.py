"""Trays: begun, left and packed by others than their owner, or not as their packs say."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import gs1, keys
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, PRODUCT, WHOLESALER, World
from tests.unit.mediledger.audit.forged import (
    EVERYBODY,
    NOT_MAKER,
    Forged,
    entering,
    inside,
    key_of,
    leaving,
    less,
    mine,
    own,
    owner,
    packed_tray,
    tray_of,
)

CASES: list[Any] = []
breaks = entering(CASES)


async def begun(world: World, who: str = MAKER, **changes: Any) -> Forged:
    """Two packs that are commissioned in a new tray of the first lot, as honest chaincode does."""
    [ref] = await world.units(1)
    _, tray = tray_of(world, ref)
    serials = ["FAKE1", "FAKE2"]
    tray |= {"serial": serials[0], "serials": serials} | owner(who) | changes
    born = world.ledger.document("custody", key_of(ref)) | {"tray": serials[0]}
    key = keys.tray_key(PRODUCT, serials[0])
    writes = {key: tray} | {keys.unit_key(PRODUCT, serial): born for serial in serials}
    return Forged(writes, EVERYBODY, dict.fromkeys(writes, NOBODY) | {key: mine(MSPS[who])})


@breaks()
async def packs_that_are_commissioned_as_they_should(world: World) -> Forged:
    return await begun(world)


@breaks(Broken.OWNER, Broken.AUTHOR)
async def packs_that_their_maker_did_not_make(world: World) -> Forged:
    forged = await begun(world)
    forged.endorsers = NOT_MAKER
    return forged


@breaks(Broken.AUTHOR)
async def packs_that_another_made_in_their_own_name(world: World) -> Forged:
    forged = await begun(world, WHOLESALER)
    forged.endorsers = NOT_MAKER
    return forged


@breaks(Broken.MAJORITY, Broken.AUTHOR)
async def packs_that_two_made(world: World) -> Forged:
    forged = await begun(world, WHOLESALER)
    forged.endorsers = frozenset({MSPS[WHOLESALER], MSPS[PHARMACY]})
    return forged


@breaks(Broken.TRAY)
async def a_pack_in_no_tray(world: World) -> Forged:
    forged = await begun(world)
    key = keys.unit_key(PRODUCT, "FAKE2")
    return Forged({key: forged.writes[key]}, EVERYBODY, {key: NOBODY})


@breaks(Broken.TRAY)
async def a_pack_in_a_tray_that_was_there_before(world: World) -> Forged:
    [ref] = await world.units(1)
    born = world.ledger.document("custody", key_of(ref))
    key = keys.unit_key(PRODUCT, "FAKE")
    return Forged({key: born}, EVERYBODY, {key: NOBODY})


@breaks(Broken.TRAY, Broken.CHANGED)
async def a_pack_added_to_a_tray(world: World) -> Forged:
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    fake = keys.unit_key(PRODUCT, "FAKE")
    born = world.ledger.document("custody", key_of(ref))
    writes = {key: tray | {"serials": [*tray["serials"], "FAKE"]}, fake: born}
    return Forged(writes, EVERYBODY, {fake: NOBODY})


@breaks(Broken.TRAY)
async def a_tray_that_names_a_pack_without_a_document(world: World) -> Forged:
    forged = await begun(world)
    key = keys.unit_key(PRODUCT, "FAKE2")
    del forged.writes[key], forged.policies[key]
    return forged


@breaks(Broken.TRAY)
async def a_tray_that_names_a_pack_of_another(world: World) -> Forged:
    """Its own document names the tray that it was commissioned in."""
    [theirs] = await world.units(1)
    return await begun(world, serials=["FAKE1", "FAKE2", theirs[18:]])


@breaks(Broken.TRAY)
async def a_tray_that_names_a_pack_twice(world: World) -> Forged:
    return await begun(world, serials=["FAKE1", "FAKE2", "FAKE2"])


@breaks(Broken.TRAY)
async def a_tray_that_is_not_named_by_its_first_pack(world: World) -> Forged:
    return await begun(world, serials=["FAKE2", "FAKE1"])


@breaks(Broken.TRAY)
async def an_empty_tray(world: World) -> Forged:
    forged = await begun(world, serials=[])
    key = keys.tray_key(PRODUCT, "FAKE1")
    return Forged({key: forged.writes[key]}, EVERYBODY, {key: mine(MSPS[MAKER])})


@breaks(Broken.TRAY)
async def a_tray_of_another_lot_than_its_packs(world: World) -> Forged:
    return await begun(world, lot="OTHER")


@breaks(Broken.TRAY)
async def a_tray_of_another_origin_than_its_packs(world: World) -> Forged:
    return await begun(world, origin="R-1")


@breaks(Broken.TRAY)
async def a_pack_whose_first_document_says_more(world: World) -> Forged:
    forged = await begun(world)
    key = keys.unit_key(PRODUCT, "FAKE2")
    return Forged({**forged.writes, key: forged.writes[key] | {"missing": "T-1"}}, EVERYBODY, forged.policies)


@breaks(Broken.LEFT)
async def a_tray_that_is_begun_with_packs_that_left(world: World) -> Forged:
    return await begun(world, left=["FAKE2"])


@breaks(Broken.OWNER)
async def a_tray_that_is_begun_packed(world: World) -> Forged:
    """It has no owner who could have agreed."""
    case, _ = await world.case(1)
    forged = await begun(world)
    key = keys.tray_key(PRODUCT, "FAKE1")
    tray = inside(forged.writes[key], case)
    return Forged({**forged.writes, key: tray}, EVERYBODY, {**forged.policies, key: NOBODY})


@breaks(Broken.GUARD)
async def a_tray_without_a_policy(world: World) -> Forged:
    forged = await begun(world)
    del forged.policies[keys.tray_key(PRODUCT, "FAKE1")]
    return forged


@breaks(Broken.GUARD)
async def a_pack_whose_first_document_its_owner_can_write_again(world: World) -> Forged:
    forged = await begun(world)
    key = keys.unit_key(PRODUCT, "FAKE2")
    return Forged(forged.writes, EVERYBODY, {**forged.policies, key: mine(MSPS[MAKER])})


@breaks(Broken.SETTLED)
async def a_first_document_written_again(world: World) -> Forged:
    """To bring a pack of another's into a tray of theirs."""
    forged = await begun(world)
    [ref] = await world.units(1)
    born = forged.writes[keys.unit_key(PRODUCT, "FAKE2")]
    key = keys.tray_key(PRODUCT, "FAKE1")
    tray = forged.writes[key] | {"serials": ["FAKE1", "FAKE2", ref[18:]]}
    return Forged({**forged.writes, key: tray, key_of(ref): born}, EVERYBODY, forged.policies)


@breaks(Broken.SETTLED)
async def a_first_document_written_again_after_the_pack_left(world: World) -> Forged:
    _, [ref] = await world.case(1)
    await world.unpack(MAKER, world.ledger.document("custody", tray_of(world, ref)[0])["parent"])
    return Forged({key_of(ref): world.ledger.document("custody", key_of(ref))}, EVERYBODY)


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY, Broken.CHANGED)
async def a_tray_moved(world: World) -> Forged:
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    return Forged({key: tray | owner(PHARMACY)}, policies={key: mine(MSPS[PHARMACY])})


@breaks(Broken.CHANGED)
async def a_tray_sold_whole(world: World) -> Forged:
    """Nobody sells what all packs of a tray share: each leaves it first."""
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    return Forged({key: tray | owner(PHARMACY)}, EVERYBODY, {key: mine(MSPS[PHARMACY])})


@breaks(Broken.CHANGED)
async def a_tray_of_another_lot(world: World) -> Forged:
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    return Forged({key: tray | {"lot": "OTHER"}}, EVERYBODY)


@breaks(Broken.GUARD)
async def a_tray_whose_policy_leaves_its_owner_out(world: World) -> Forged:
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    return Forged({key: tray}, EVERYBODY, {key: mine(MSPS[PHARMACY])})


@breaks(Broken.LEFT)
async def a_pack_that_left_for_no_period(world: World) -> Forged:
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    return Forged({key: less(tray, ref[18:])}, EVERYBODY)


@breaks(Broken.LEFT)
async def a_stranger_that_left(world: World) -> Forged:
    [ref, other] = [*await world.units(1), *await world.units(1)]
    writes = leaving(world, other)
    key, tray = tray_of(world, ref)
    return Forged({**writes, key: less(tray, other[18:])}, EVERYBODY, {key_of(other, 1): mine(MSPS[MAKER])})


@breaks(Broken.LEFT)
async def a_pack_that_left_twice(world: World) -> Forged:
    [ref] = await world.units(1)
    key, tray = tray_of(world, ref)
    writes = {**leaving(world, ref), key: less(tray, ref[18:], ref[18:])}
    return Forged(writes, EVERYBODY, {key_of(ref, 1): mine(MSPS[MAKER])})


@breaks(Broken.LEFT)
async def a_period_of_its_own_without_a_word_of_the_tray(world: World) -> Forged:
    [ref] = await world.units(1)
    key = key_of(ref, 1)
    return Forged({key: own(world, ref, **owner(PHARMACY))}, policies={key: mine(MSPS[PHARMACY])})


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY)
async def a_pack_said_to_have_left(world: World) -> Forged:
    [ref] = await world.units(1)
    writes = leaving(world, ref, **owner(PHARMACY))
    return Forged(writes, policies={key_of(ref, 1): mine(MSPS[PHARMACY])})


@breaks(Broken.RECEIVER)
async def a_pack_that_left_its_tray_for_a_strangers_door(world: World) -> Forged:
    [ref] = await world.units(1)
    writes = leaving(world, ref, **owner(PHARMACY))
    return Forged(writes, EVERYBODY - {MSPS[PHARMACY]}, {key_of(ref, 1): mine(MSPS[PHARMACY])})


@breaks(Broken.CHANGED)
async def a_pack_that_left_its_tray_for_another_lot(world: World) -> Forged:
    [ref] = await world.units(1)
    writes = leaving(world, ref, lot="OTHER")
    return Forged(writes, EVERYBODY, {key_of(ref, 1): mine(MSPS[MAKER])})


@breaks(Broken.GUARD)
async def a_pack_that_left_its_tray_and_has_no_policy(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged(leaving(world, ref), EVERYBODY)


@breaks(Broken.LEFT)
async def a_pack_put_back_into_its_tray(world: World) -> Forged:
    [ref, _] = await world.units(2)
    await world.ship(MAKER, PHARMACY, ref)
    key, tray = tray_of(world, ref)
    return Forged({key: tray | {"left": []}}, EVERYBODY)


@breaks(Broken.LEFT)
async def another_pack_said_to_have_left_in_its_place(world: World) -> Forged:
    [ref, other] = await world.units(2)
    await world.ship(MAKER, PHARMACY, ref)
    key, tray = tray_of(world, ref)
    return Forged({key: tray | {"left": [other[18:]]}}, EVERYBODY)


async def packed(world: World, who: str = MAKER) -> Forged:
    return packed_tray(world, (await world.units(2))[0], who)


def of(forged: Forged, doc: str) -> tuple[str, dict[str, Any]]:
    """The key and the document of a kind that a transaction writes."""
    return next((key, document) for key, document in forged.writes.items() if document["doc"] == doc)


@breaks()
async def a_tray_packed_as_it_should(world: World) -> Forged:
    return await packed(world)


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY, Broken.PACKED)
async def a_tray_packed_into_anothers_case(world: World) -> Forged:
    forged = await packed(world, WHOLESALER)
    forged.endorsers = NOT_MAKER
    return forged


@breaks(Broken.PACKED)
async def a_tray_given_away_in_anothers_case(world: World) -> Forged:
    return await packed(world, WHOLESALER)


@breaks(Broken.PACKED)
async def a_tray_packed_on_no_list(world: World) -> Forged:
    forged = await packed(world)
    key, packing = of(forged, "packing")
    return Forged({**forged.writes, key: packing | {"trays": []}}, EVERYBODY, forged.policies)


@breaks(Broken.PACKED)
async def a_tray_packed_into_a_case_that_was_there_before(world: World) -> Forged:
    case, _ = await world.case(1)
    forged = await packed(world)
    key, tray = of(forged, "tray")
    return Forged({key: tray | {"parent": case}}, EVERYBODY, {key: NOBODY})


@breaks(Broken.CHANGED)
async def a_packed_tray_that_keeps_its_owner(world: World) -> Forged:
    forged = await packed(world)
    key, tray = of(forged, "tray")
    return Forged({**forged.writes, key: tray | {"owner": MAKER}}, EVERYBODY, forged.policies)


@breaks(Broken.LEFT)
async def a_pack_that_leaves_while_its_tray_is_packed(world: World) -> Forged:
    forged = await packed(world)
    key, tray = of(forged, "tray")
    ref = gs1.unit_ref(PRODUCT, tray["serials"][1])
    writes = {**forged.writes, key: less(tray, ref[18:]), key_of(ref, 1): own(world, ref)}
    return Forged(writes, EVERYBODY, {**forged.policies, key_of(ref, 1): mine(MSPS[MAKER])})


@breaks(Broken.GUARD)
async def a_packed_tray_that_can_be_written_again(world: World) -> Forged:
    forged = await packed(world)
    key, _ = of(forged, "tray")
    return Forged(forged.writes, EVERYBODY, {**forged.policies, key: mine(MSPS[MAKER])})


@breaks(Broken.SETTLED)
async def a_packed_tray_written_again(world: World) -> Forged:
    _, refs = await world.case(2)
    key, tray = tray_of(world, refs[0])
    return Forged({key: tray | {"parent": world.sscc()}}, EVERYBODY)


@breaks(Broken.SETTLED)
async def a_packed_tray_made_loose(world: World) -> Forged:
    _, refs = await world.case(2)
    key, tray = tray_of(world, refs[0])
    loose = {name: value for name, value in tray.items() if name != "parent"} | owner(MAKER)
    return Forged({key: loose}, EVERYBODY, {key: mine(MSPS[MAKER])})
