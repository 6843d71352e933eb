"""What is neither goods nor a tray: lots, licences, holds, recalls, events."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import keys
from mediledger.audit.finding import Broken
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
    EVERYBODY,
    NOT_REGULATOR,
    Forged,
    entering,
    key_of,
    mine,
)

CASES: list[Any] = []
breaks = entering(CASES)


@breaks(Broken.AUTHOR)
async def a_lot_that_another_made_of_its_makers_product(world: World) -> Forged:
    """In their own name: the product says whose its lots are."""
    key = keys.lot_key(PRODUCT, "FAKE")
    lot = world.ledger.document("custody", keys.lot_key(PRODUCT, LOT)) | {"lot": "FAKE"}
    return Forged({key: lot | {"manufacturer": WHOLESALER}}, policies={key: mine(MSPS[WHOLESALER])})


@breaks(Broken.AUTHOR)
async def a_lot_that_its_maker_did_not_make(world: World) -> Forged:
    key = keys.lot_key(PRODUCT, "FAKE")
    lot = world.ledger.document("custody", keys.lot_key(PRODUCT, LOT)) | {"lot": "FAKE"}
    return Forged({key: lot}, policies={key: mine(MSPS[MAKER])})


@breaks(Broken.POLICY)
async def a_lot_changed_behind_its_makers_back(world: World) -> Forged:
    key = keys.lot_key(PRODUCT, LOT)
    return Forged({key: world.ledger.document("custody", key) | {"expiry": "2099-01-01"}})


@breaks(Broken.REGULATOR, Broken.DIRECTORY)
async def a_licence_without_the_regulator(world: World) -> Forged:
    key = keys.party_key(WHOLESALER)
    party = world.ledger.document("registry", key)
    return Forged({key: party | {"name": "Another"}}, NOT_REGULATOR, namespace="registry")


@breaks(Broken.GUARD)
async def a_policy_without_a_document(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({}, EVERYBODY, {key_of(ref): mine(MSPS[PHARMACY])})


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


@breaks(Broken.DELETED)
async def a_key_deleted(world: World) -> Forged:
    [ref] = await world.units(1)
    return Forged({key_of(ref): None}, EVERYBODY)


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
