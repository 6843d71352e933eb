"""Documents that are not what their keys say."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import canonical, keys
from chaincode.model.periods import written
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.world import MAKER, MSPS, WHOLESALER, World
from tests.unit.mediledger.audit.forged import (
    EVERYBODY,
    Forged,
    case_of,
    entering,
    key_of,
    mine,
    shelved,
)

CASES: list[Any] = []
breaks = entering(CASES)


@breaks(Broken.DOCUMENT)
async def a_document_of_another_pack(world: World) -> Forged:
    one, other = [await shelved(world) for _ in range(2)]
    return Forged({key_of(one, 1): canonical.dumps(world.unit(other))}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_document_that_is_not_canonical(world: World) -> Forged:
    ref = await shelved(world)
    return Forged({key_of(ref, 1): canonical.dumps(written(world.unit(ref))) + b" "}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_document_without_an_owner(world: World) -> Forged:
    ref = await shelved(world)
    without = {name: value for name, value in world.unit(ref).items() if name != "owner_msp"}
    return Forged({key_of(ref, 1): without}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_first_period_in_no_tray(world: World) -> Forged:
    ref = await shelved(world)
    document = world.unit(ref) | {"serial": "BARE", "period": 0}
    return Forged({keys.unit_key(ref[2:16], "BARE"): document}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_case_in_a_tray(world: World) -> Forged:
    case, _ = await world.case(1)
    return Forged({keys.container_key(case): world.container(case) | {"tray": "S1"}}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_pack_in_a_tray_and_in_no_container(world: World) -> Forged:
    [ref] = await world.units(1)
    born = world.ledger.document("custody", key_of(ref))
    return Forged({key_of(ref): born | {"parent": []}}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def an_event_anchored_by_nobody(world: World) -> Forged:
    """The word of its key is not that of the document."""
    hashed = f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"
    await world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": [{"hash": hashed}]})
    key = keys.event_hash_key(hashed)
    return Forged({key: world.ledger.document("custody", key) | {"msp_id": 7}}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_later_period_in_a_tray(world: World) -> Forged:
    ref = await shelved(world)
    return Forged({key_of(ref, 1): world.unit(ref) | {"tray": ref[18:]}}, EVERYBODY)


@breaks(Broken.DOCUMENT)
async def a_period_before_the_first(world: World) -> Forged:
    case, _ = await world.case(1)
    key = f"{keys.container_key(case)}-1\x00"
    return Forged({key: world.container(case) | {"period": -1}}, EVERYBODY, {key: mine(MSPS[MAKER])})


@breaks(Broken.DOCUMENT)
async def a_period_that_is_no_number(world: World) -> Forged:
    case, _ = await world.case(1)
    key = f"{keys.container_key(case)}True\x00"
    return Forged({key: world.container(case) | {"period": True}}, EVERYBODY, {key: mine(MSPS[MAKER])})


@breaks(Broken.DOCUMENT)
async def a_pack_of_a_product_that_is_none(world: World) -> Forged:
    """Its key reads as that of another pack, where the GTIN ends elsewhere."""
    ref = await shelved(world)
    key = keys.unit_key(f"{ref[2:16]}21S", "1")
    return Forged({key: world.ledger.document("custody", key_of(ref))}, EVERYBODY, {key: NOBODY})


@breaks(Broken.DOCUMENT)
async def a_list_that_names_no_trays(world: World) -> Forged:
    forged = case_of(world.sscc(), WHOLESALER, [["one"]])
    [key] = [key for key, document in forged.writes.items() if document["doc"] == "packing"]
    return Forged({key: forged.writes[key]}, EVERYBODY, {key: NOBODY})
