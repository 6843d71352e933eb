"""Every rule that a write can break, broken once."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import NOBODY
from chaincode.model import canonical, keys
from chaincode.model.packing import MAX_PARTS
from chaincode.model.periods import written
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.safety import investigate
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
    gtin,
)
from tests.unit.mediledger.audit.forged import (
    CASES,
    EVERYBODY,
    NOT_MAKER,
    NOT_REGULATOR,
    Forged,
    Made,
    breaks,
    hash_of,
    key_of,
    mine,
    owner,
)
from tests.unit.mediledger.audit.histories import audited, found


@breaks(Broken.OWNER)
async def a_unit_that_its_maker_did_not_make(world: World) -> Forged:
    [ref] = await world.units(1)
    fake = world.unit(ref) | {"serial": "FAKE"}
    key = keys.unit_key(PRODUCT, "FAKE")
    return Forged({key: fake}, policies={key: mine(MSPS[MAKER])})


@breaks(Broken.AUTHOR)
async def a_lot_that_its_maker_did_not_make(world: World) -> Forged:
    key = keys.lot_key(PRODUCT, "FAKE")
    lot = world.ledger.document("custody", keys.lot_key(PRODUCT, LOT)) | {"lot": "FAKE"}
    return Forged({key: lot}, policies={key: mine(MSPS[MAKER])})


@breaks(Broken.POLICY)
async def a_lot_changed_behind_its_makers_back(world: World) -> Forged:
    key = keys.lot_key(PRODUCT, LOT)
    return Forged({key: world.ledger.document("custody", key) | {"expiry": "2099-01-01"}})


@breaks(Broken.MAJORITY, Broken.OWNER)
async def a_unit_that_two_made(world: World) -> Forged:
    [ref] = await world.units(1)
    key = keys.unit_key(PRODUCT, "FAKE")
    two = frozenset({MSPS[WHOLESALER], MSPS[PHARMACY]})
    return Forged({key: world.unit(ref) | {"serial": "FAKE"}}, two, {key: mine(MSPS[MAKER])})


@breaks(Broken.REGULATOR, Broken.DIRECTORY)
async def a_licence_without_the_regulator(world: World) -> Forged:
    key = keys.party_key(WHOLESALER)
    party = world.ledger.document("registry", key)
    return Forged({key: party | {"name": "Another"}}, NOT_REGULATOR, namespace="registry")


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY)
async def a_loose_unit_moved(world: World) -> Forged:
    [ref] = await world.units(1)
    key = key_of(ref)
    return Forged({key: world.unit(ref) | owner(PHARMACY)}, policies={key: mine(MSPS[PHARMACY])})


@breaks(Broken.RECEIVER)
async def a_unit_left_at_a_strangers_door(world: World) -> Forged:
    [ref] = await world.units(1)
    key = key_of(ref)
    endorsers = EVERYBODY - {MSPS[PHARMACY]}
    return Forged({key: world.unit(ref) | owner(PHARMACY)}, endorsers, {key: mine(MSPS[PHARMACY])})


@breaks(Broken.GUARD)
async def a_unit_whose_policy_leaves_its_owner_out(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({key_of(ref): world.unit(ref)}, EVERYBODY, {key_of(ref): mine(MSPS[PHARMACY])})


@breaks(Broken.GUARD)
async def a_unit_without_a_policy(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({keys.unit_key(PRODUCT, "BARE"): world.unit(ref) | {"serial": "BARE"}}, EVERYBODY)


@breaks(Broken.GUARD)
async def a_policy_without_a_document(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({}, EVERYBODY, {key_of(ref): mine(MSPS[PHARMACY])})


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


@breaks(Broken.GUARD)
async def a_hold_that_its_owner_cannot_lift(world: World) -> Forged:
    return await hold(world, [MSPS[WHOLESALER]], mine(MSPS[WHOLESALER]))


@breaks(Broken.GUARD)
async def a_hold_that_names_nobody_and_is_a_strangers(world: World) -> Forged:
    return await hold(world, [], mine(MSPS[WHOLESALER]))


async def hold(world: World, guards: list[str], policy: bytes) -> Forged:
    sscc, _ = await world.case(2)
    key = keys.hold_key(f"00{sscc}")
    document = {"doc": "hold", "ref": f"00{sscc}", "status": "cleared", "inside": [], "guards": guards}
    return Forged({key: document}, policies={key: policy})


@breaks(Broken.TAKEN)
async def a_packed_unit_taken_out_of_a_closed_case(world: World) -> Forged:
    _, refs = await world.case(2)
    key = key_of(refs[0], 2)
    loose = {k: v for k, v in world.unit(refs[0]).items() if k != "parent"} | owner(PHARMACY) | {"period": 2}
    return Forged({key: loose}, policies={key: mine(MSPS[PHARMACY])})


@breaks(Broken.OWNER, Broken.CUSTODIAN, Broken.POLICY)
async def a_case_said_to_be_open(world: World) -> Forged:
    sscc, refs = await world.case(2)
    container = world.container(sscc)
    key = key_of(refs[0], 2)
    loose = {k: v for k, v in world.unit(refs[0]).items() if k != "parent"} | owner(MAKER) | {"period": 2}
    writes = {keys.container_key(sscc): container | {"taken": refs[:1]}, key: loose}
    return Forged(writes, policies={key: mine(MSPS[MAKER])})


@breaks(Broken.SETTLED, Broken.GUARD)
async def a_packed_period_written_again(world: World) -> Forged:
    _, refs = await world.case(2)
    document = world.unit(refs[0]) | {"parent": world.sscc()}
    return Forged({key_of(refs[0], 1): document}, EVERYBODY, {key_of(refs[0], 1): mine(MSPS[MAKER])})


@breaks(Broken.SETTLED)
async def a_period_before_the_last_written_again(world: World) -> Forged:
    _, refs = await world.case(2)
    before = world.ledger.document("custody", key_of(refs[0]))
    return Forged({key_of(refs[0]): before}, EVERYBODY)


@breaks(Broken.PERIOD)
async def a_period_too_many(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({key_of(ref, 4): world.unit(ref) | {"period": 4}}, EVERYBODY)


async def packed(world: World, sealer: str) -> tuple[str, dict[str, Any], dict[str, bytes]]:
    """A loose unit of the maker's in a new container of ``sealer``'s."""
    [ref] = await world.units(1)
    case, _ = await world.case(1)
    sscc = world.sscc()
    packing = world.ledger.document("custody", keys.packing_key(case, "0"))
    packing |= {"sscc": sscc, "children": [ref], "periods": [1], "owner": sealer, "msp_id": MSPS[sealer]}
    container = world.container(case) | {"sscc": sscc, "parts": [hash_of(packing)]} | owner(sealer)
    inside = {k: v for k, v in world.unit(ref).items() if k not in ("owner", "owner_msp", "custodian")}
    writes = {
        keys.container_key(sscc): container,
        keys.packing_key(sscc, "0"): packing,
        key_of(ref, 1): inside | {"parent": sscc, "part": "0", "period": 1},
    }
    policies = {
        keys.container_key(sscc): mine(MSPS[sealer]),
        keys.packing_key(sscc, "0"): NOBODY,
        key_of(ref, 1): NOBODY,
    }
    return ref, writes, policies


@breaks(Broken.OWNER, Broken.SEAL)
async def packed_without_a_seal(world: World) -> Forged:
    _, writes, policies = await packed(world, MAKER)
    return Forged(writes, policies=policies)


@breaks(Broken.OWNER, Broken.PACKED)
async def packed_under_anothers_seal(world: World) -> Forged:
    _, writes, policies = await packed(world, WHOLESALER)
    return Forged(writes, policies=policies, sealed_for=MSPS[WHOLESALER])


@breaks(Broken.SEAL)
async def packed_under_the_seal_of_another_list(world: World) -> Forged:
    ref, writes, policies = await packed(world, MAKER)
    key = keys.container_key(writes[key_of(ref, 1)]["parent"])
    writes[key] |= {"parts": [hash_of({})]}
    return Forged(writes, EVERYBODY, policies, sealed_for=MSPS[MAKER])


@breaks(Broken.PACKED, Broken.SEAL)
async def packed_on_a_part_beyond_the_list(world: World) -> Forged:
    sscc, [_] = await world.case(1)
    [ref] = await world.units(1)
    part = {"part": "1", "children": [ref], "periods": [1]}
    packing = world.ledger.document("custody", keys.packing_key(sscc, "0")) | part
    inside = {k: v for k, v in world.unit(ref).items() if k not in ("owner", "owner_msp", "custodian")}
    writes = {
        keys.packing_key(sscc, "1"): packing,
        key_of(ref, 1): inside | {"parent": sscc, "part": "1", "period": 1},
    }
    return Forged(writes, EVERYBODY, dict.fromkeys(writes, NOBODY))


@breaks(Broken.PACKED)
async def a_container_of_more_parts_than_any_has(world: World) -> Forged:
    sscc, (case, _) = world.sscc(), await world.case(1)
    container = world.container(case) | {"sscc": sscc, "parts": [hash_of({})] * (MAX_PARTS + 1)}
    key = keys.container_key(sscc)
    return Forged({key: container}, EVERYBODY, {key: mine(MSPS[MAKER])})


@breaks(Broken.DOCUMENT)
async def a_container_whose_parts_are_numbers(world: World) -> Forged:
    case, _ = await world.case(1)
    return Forged({keys.container_key(case): world.container(case) | {"parts": [1]}}, EVERYBODY)


@breaks(Broken.LISTED)
async def a_case_with_another_list(world: World) -> Forged:
    case, _ = await world.case(1)
    return Forged({keys.container_key(case): world.container(case) | {"parts": [hash_of({})]}}, EVERYBODY)


@breaks(Broken.LISTED)
async def a_case_taken_out_with_another_list(world: World) -> Forged:
    case, _ = await world.case(1)
    before = world.container(case)
    pallet = await world.pack(f"00{case}")
    key = key_of(f"00{case}", 2)
    writes = {
        keys.container_key(pallet): world.container(pallet) | {"taken": [f"00{case}"]},
        key: before | {"period": 2, "parts": [hash_of({})]},
    }
    return Forged(writes, EVERYBODY, {key: mine(MSPS[MAKER])})


@breaks(Broken.PACKED)
async def packed_on_the_list_alone(world: World) -> Forged:
    ref, writes, policies = await packed(world, MAKER)
    del writes[key_of(ref, 1)], policies[key_of(ref, 1)]
    return Forged(writes, EVERYBODY, policies, sealed_for=MSPS[MAKER])


@breaks(Broken.PACKED)
async def packed_on_no_list(world: World) -> Forged:
    ref, writes, _ = await packed(world, MAKER)
    return Forged({key_of(ref, 1): writes[key_of(ref, 1)]}, EVERYBODY, {key_of(ref, 1): NOBODY})


async def packed_without(world: World, ref: str, loose: int) -> Forged:
    """What packing goods writes, but for their loose period of this number."""
    await world.pack(ref)
    made = world.ledger.transactions.pop()
    writes = {key: canonical.loads(value) for (_, key), value in made.writes.items()}
    del writes[key_of(ref, loose)]
    policies = {key: policy for (_, key), policy in made.policies.items()}
    return Forged(writes, EVERYBODY, policies, sealed_for=MSPS[MAKER])


@breaks(Broken.PACKED)
async def packed_again_without_a_word_of_its_last_period(world: World) -> Forged:
    case, [ref] = await world.case(1)
    await world.unpack(MAKER, case)
    return await packed_without(world, ref, 2)


@breaks(Broken.PACKED)
async def a_case_packed_without_its_own_word(world: World) -> Forged:
    case, _ = await world.case(1)
    return await packed_without(world, f"00{case}", 0)


@breaks(Broken.PACKED)
async def a_period_that_ends_without_being_packed_again(world: World) -> Forged:
    case, [ref] = await world.case(1)
    await world.unpack(MAKER, case)
    return Forged({key_of(ref, 2): world.unit(ref) | {"ended": True}}, EVERYBODY)


@breaks(Broken.GUARD)
async def a_packing_list_that_can_change(world: World) -> Forged:
    _, writes, policies = await packed(world, MAKER)
    policies[next(key for key in writes if "packing" in key)] = mine(MSPS[MAKER])
    return Forged(writes, EVERYBODY, policies, sealed_for=MSPS[MAKER])


@breaks(Broken.HELD)
async def a_unit_sold_while_the_regulator_holds_it(world: World) -> Forged:
    [ref] = await world.units(1)
    await world.quarantine(REGULATOR, ref)
    sold = world.unit(ref) | owner(PHARMACY)
    return Forged({key_of(ref): sold}, NOT_REGULATOR, {key_of(ref): mine(MSPS[PHARMACY])})


@breaks(Broken.HELD)
async def a_unit_kept_by_another_while_on_hold(world: World) -> Forged:
    [ref] = await world.units(1)
    await world.quarantine(MAKER, ref)
    kept = world.unit(ref) | {"custodian": WHOLESALER}
    return Forged({key_of(ref): kept}, EVERYBODY, {key_of(ref): mine(MSPS[MAKER], MSPS[WHOLESALER])})


@breaks(Broken.HELD)
async def a_pallet_sold_with_a_held_case_inside(world: World) -> Forged:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    await world.quarantine(REGULATOR, f"00{case}")
    key = keys.container_key(pallet)
    sold = world.container(pallet) | owner(PHARMACY)
    return Forged({key: sold}, NOT_REGULATOR, {key: mine(MSPS[PHARMACY])})


@breaks(Broken.HELD)
async def a_unit_dispensed_while_suspect(world: World) -> Forged:
    [ref] = await world.at_pharmacy()
    await investigate(world, PHARMACY, ref)
    return Forged({key_of(ref): world.unit(ref) | {"status": "dispensed"}}, NOT_MAKER)


@breaks(Broken.HELD)
async def a_unit_packed_while_on_hold(world: World) -> Forged:
    ref, writes, policies = await packed(world, MAKER)
    await world.quarantine(REGULATOR, ref)
    return Forged(writes, NOT_REGULATOR, policies, sealed_for=MSPS[MAKER])


@breaks(Broken.HELD)
async def a_unit_taken_out_of_a_held_case_without_the_hold(world: World) -> Forged:
    sscc, refs = await world.case(2)
    await world.quarantine(REGULATOR, f"00{sscc}")
    key = key_of(refs[0], 2)
    loose = {k: v for k, v in world.unit(refs[0]).items() if k != "parent"} | owner(MAKER) | {"period": 2}
    writes = {keys.container_key(sscc): world.container(sscc) | {"taken": refs[:1]}, key: loose}
    return Forged(writes, NOT_REGULATOR, {key: mine(MSPS[MAKER])})


@breaks(Broken.DELETED)
async def a_key_deleted(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({key_of(ref): None}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_document_of_another_unit(world: World) -> Forged:
    one, other = await world.units(2)
    return Forged({key_of(one): canonical.dumps(world.unit(other))}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_document_that_is_not_canonical(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({key_of(ref): canonical.dumps(written(world.unit(ref))) + b" "}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_document_without_an_owner(world: World) -> Forged:
    [ref] = await world.units(1)
    without = {k: v for k, v in world.unit(ref).items() if k != "owner_msp"}
    return Forged({key_of(ref): without}, EVERYBODY)


@breaks(Broken.SETTLED)
async def an_event_anchored_again(world: World) -> Forged:
    hashed = f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"
    await world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": [{"hash": hashed}]})
    key = keys.event_hash_key(hashed)
    return Forged({key: world.ledger.document("custody", key)}, EVERYBODY)


RECALL = {
    "id": "R-1",
    "gln": MAKER,
    "gtin": PRODUCT,
    "kind": "recall",
    "class": "I",
    "depth": "consumer",
    "effectiveness": "A",
    "reason": "sterility",
}


@breaks(Broken.POLICY)
async def a_recall_ended_by_others(world: World) -> Forged:
    started = await world.custody(MAKER, "StartRecall", RECALL)
    return Forged({keys.recall_key("R-1"): started | {"status": "ended"}})


@breaks(Broken.AUTHOR, Broken.GUARD)
async def a_recall_in_anothers_name(world: World) -> Forged:
    started = await world.custody(MAKER, "StartRecall", RECALL)
    entry = {"doc": "recalled", "gtin": PRODUCT, "id": "R-2"}
    writes = {keys.recall_key("R-2"): started | {"id": "R-2"}, keys.recalled_key(PRODUCT, "R-2"): entry}
    return Forged(writes, policies={keys.recalled_key(PRODUCT, "R-2"): NOBODY})


def recall_of(gtin: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What starts the first recall of a product, a regulator's, and the keys' policies."""
    name, entry, mark = (
        keys.recall_key("R-2"),
        keys.recalled_key(gtin, "R-2"),
        keys.recalled_product_key(gtin),
    )
    writes = {
        name: {"doc": "recall", "id": "R-2", "gtin": gtin, "initiator": REGULATOR, "status": "open"},
        entry: {"doc": "recalled", "gtin": gtin, "id": "R-2"},
        mark: {"doc": "recalled_product", "gtin": gtin},
    }
    return writes, {name: mine(MSPS[REGULATOR]), entry: NOBODY, mark: NOBODY}


@breaks(Broken.HIDDEN)
async def a_recall_of_a_product_that_has_no_mark(world: World) -> Forged:
    """Of another product there is one."""
    await world.custody(MAKER, "StartRecall", RECALL)
    writes, policies = recall_of(gtin(2))
    del writes[keys.recalled_product_key(gtin(2))], policies[keys.recalled_product_key(gtin(2))]
    return Forged(writes, EVERYBODY, policies)


@breaks(Broken.HIDDEN)
async def a_recall_without_its_entry(world: World) -> Forged:
    writes, policies = recall_of(PRODUCT)
    del writes[keys.recalled_key(PRODUCT, "R-2")], policies[keys.recalled_key(PRODUCT, "R-2")]
    return Forged(writes, EVERYBODY, policies)


@breaks(Broken.DOCUMENT)
async def an_entry_that_names_another_product(world: World) -> Forged:
    await world.custody(MAKER, "StartRecall", RECALL)
    key = keys.recalled_key(gtin(2), "R-1")
    return Forged({key: {"doc": "recalled", "gtin": PRODUCT, "id": "R-1"}}, EVERYBODY, {key: NOBODY})


@breaks(Broken.SETTLED)
async def a_products_mark_written_again(world: World) -> Forged:
    await world.custody(MAKER, "StartRecall", RECALL)
    key = keys.recalled_product_key(PRODUCT)
    return Forged({key: world.ledger.document("custody", key)}, EVERYBODY)


@breaks(Broken.POLICY)
async def a_verification_answered_by_others(world: World) -> Forged:
    asked = {"id": "V-1", "gln": PHARMACY, "context": "suspect"}
    pack = {"gtin": PRODUCT, "serial": "FAKE", "lot": LOT, "expiry": "2027-06-30"}
    document = await world.custody(PHARMACY, "RequestVerification", asked | pack)
    return Forged({keys.verification_key("V-1"): document | {"status": "answered"}})


@pytest.mark.parametrize(("made", "broken"), CASES)
async def test_found(made: Made, broken: set[Broken]) -> None:
    assert await found(made) == broken


def test_every_rule_of_a_write_is_broken_somewhere() -> None:
    seen = {broken for case in CASES for broken in case.values[1]}
    assert seen == set(Broken) - {Broken.CHAIN, Broken.UNREADABLE}


async def test_what_is_forged_once_does_not_make_what_follows_wrong() -> None:
    world = World()
    await world.found()
    [ref] = await world.units(1)
    audit, _ = audited(world.ledger)
    gap = Forged({key_of(ref, 7): world.unit(ref) | {"period": 7}}, EVERYBODY)
    assert audit.transaction(gap.signed())
    honest = Forged({key_of(ref): world.unit(ref) | {"status": "dispensed"}}, EVERYBODY)
    assert audit.transaction(honest.signed()) == []
