"""Malformed arguments, status 400, and names of nothing, status 404."""

from __future__ import annotations

from collections.abc import Awaitable

from chaincode.model import gs1
from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.scenarios import commission, dispense, refused, wrong
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    PHARMACY,
    PRODUCT,
    STRANGER,
    World,
    gtin,
    product,
    sale,
)


@refused(Code.INVALID_ARGUMENT, "lot")
async def lot_is_missing(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "Commission", {"gtin": PRODUCT, "serials": ["A"]})


@refused(Code.INVALID_ARGUMENT, "extra")
async def field_nobody_asked_for(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetLot", {"gtin": PRODUCT, "lot": LOT, "extra": 1})


@refused(Code.INVALID_ARGUMENT, "argument")
async def a_float(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetLot", {"gtin": PRODUCT, "lot": 1.5})


@refused(Code.INVALID_ARGUMENT, "argument")
async def no_object(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetLot", [PRODUCT, LOT])


@refused(Code.INVALID_ARGUMENT, "children[1]")
async def packed_twice_at_once(world: World) -> Awaitable[object]:
    [ref] = await world.units(1)
    return world.pack(ref, ref)


@refused(Code.INVALID_ARGUMENT, "to")
async def offered_to_oneself(world: World) -> Awaitable[object]:
    return world.offer(MAKER, MAKER, *await world.units(1))


@refused(Code.INVALID_ARGUMENT, "statement")
async def offered_without_the_statement(world: World) -> Awaitable[object]:
    argument = sale("T", MAKER, PHARMACY, *await world.units(1))
    del argument["statement"]
    return world.custody(MAKER, "OfferTransfer", argument)


@refused(Code.STORAGE_DIFFERS, "children")
async def nothing_suits_both(world: World) -> Awaitable[object]:
    await world.registry(MAKER, "RegisterProduct", product(2, {"min_mc": 15_000, "max_mc": 25_000}))
    await world.lot("W", "2027-01-01", gtin(2))
    return world.pack(*await world.units(1), *await world.units(1, "W", gtin(2)))


@refused(Code.INVALID_ARGUMENT, "expiry")
async def lot_expires_before_it_is_made(world: World) -> Awaitable[object]:
    return world.lot("X", "2026-01-31")


@refused(Code.INVALID_ARGUMENT, "manufactured")
async def lot_made_tomorrow(world: World) -> Awaitable[object]:
    argument = {"gtin": PRODUCT, "lot": "X", "expiry": "2027-01-01", "manufactured": "2026-03-02"}
    return world.custody(MAKER, "CreateLot", argument)


@refused(Code.INVALID_ARGUMENT, "gtins")
async def products_of_no_list(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "GetProducts", {"gtins": None})


@refused(Code.INVALID_ARGUMENT, "gtins")
async def products_of_a_text(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "GetProducts", {"gtins": PRODUCT})


@refused(Code.FUNCTION_UNKNOWN)
async def no_such_function(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "Bootstrap", {})


@refused(Code.FUNCTION_UNKNOWN)
async def no_such_function_of_the_registry(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "Commission", {})


@refused(Code.GTIN_CHECK_DIGIT, "gtin")
async def gtin_misread(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetLot", {"gtin": wrong(PRODUCT), "lot": LOT})


@refused(Code.GLN_CHECK_DIGIT, "gln")
async def gln_misread(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "GetParty", {"gln": wrong(MAKER)})


@refused(Code.SSCC_CHECK_DIGIT, "what[0]")
async def sscc_misread(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    return world.offer(MAKER, PHARMACY, f"00{wrong(sscc)}")


@refused(Code.SERIAL_INVALID, "serials[1]")
async def serial_with_a_space(world: World) -> Awaitable[object]:
    return commission(world, "A", "B 1")


@refused(Code.LOT_INVALID, "lot")
async def lot_too_long(world: World) -> Awaitable[object]:
    return world.lot("L" * 21, "2027-01-01")


@refused(Code.NDC_INVALID, "ndc")
async def ndc_of_no_division(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "RegisterProduct", product(2) | {"ndc": "1-2-3"})


@refused(Code.INVALID_ARGUMENT, "expiry")
async def lot_expires_on_no_day(world: World) -> Awaitable[object]:
    return world.lot("X", "271300")


@refused(Code.INVALID_ARGUMENT, "units[0]")
async def dispensed_a_scan_without_serial(world: World) -> Awaitable[object]:
    return dispense(world, f"(01){PRODUCT}(10){LOT}")


@refused(Code.INVALID_ARGUMENT, "events[0].hash")
async def anchored_an_md5(world: World) -> Awaitable[object]:
    events = [{"hash": "ni:///md5;00?ver=CBV2.0"}]
    return world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": events})


@refused(Code.INVALID_ARGUMENT, "events[1]")
async def anchored_twice_at_once(world: World) -> Awaitable[object]:
    events = [{"hash": f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"}] * 2
    return world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": events})


@refused(Code.EVENT_HASH_UNKNOWN, "hash")
async def no_event(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetEventHash", {"hash": f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"})


@refused(Code.EVENT_HASH_EXISTS, "events[0].hash")
async def anchored_again(world: World) -> Awaitable[object]:
    events = [{"hash": f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"}]
    await world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": events})
    return world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": events})


@refused(Code.NOT_AUTHORISED, "gln")
async def anchored_for_another(world: World) -> Awaitable[object]:
    events = [{"hash": f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"}]
    return world.custody(MAKER, "AnchorEvents", {"gln": PHARMACY, "events": events})


@refused(Code.BATCH_TOO_LARGE, "serials")
async def more_than_five_thousand(world: World) -> Awaitable[object]:
    return commission(world, *(f"S{n}" for n in range(5001)))


@refused(Code.BATCH_TOO_LARGE, "units")
async def too_many_patients(world: World) -> Awaitable[object]:
    return dispense(world, *(gs1.unit_ref(PRODUCT, f"S{n}") for n in range(201)))


@refused(Code.PARTY_UNKNOWN, "gln")
async def nobody(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "GetParty", {"gln": STRANGER})


@refused(Code.PARTY_UNKNOWN, "to")
async def offered_to_nobody(world: World) -> Awaitable[object]:
    return world.offer(MAKER, STRANGER, *await world.units(1))


@refused(Code.PARTY_UNKNOWN, "manufacturer")
async def product_of_nobody(world: World) -> Awaitable[object]:
    return world.registry(STRANGER, "RegisterProduct", product(2) | {"manufacturer": STRANGER})


@refused(Code.PRODUCT_UNKNOWN, "gtin")
async def lot_of_no_product(world: World) -> Awaitable[object]:
    return world.lot("X", "2027-01-01", gtin(9))


@refused(Code.PRODUCT_UNKNOWN, "gtin")
async def no_product(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "GetProduct", {"gtin": gtin(9)})


@refused(Code.LOT_UNKNOWN, "lot")
async def commissioned_of_no_lot(world: World) -> Awaitable[object]:
    return commission(world, "A", lot="NONE")


@refused(Code.UNIT_UNKNOWN, "serial")
async def traced_what_was_never_made(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "Trace", {"gtin": PRODUCT, "serial": "NONE"})


@refused(Code.UNIT_UNKNOWN, "units[1]")
async def dispensed_what_was_never_made(world: World) -> Awaitable[object]:
    return dispense(world, *await world.at_pharmacy(), gs1.unit_ref(PRODUCT, "NONE"))


@refused(Code.CONTAINER_UNKNOWN, "sscc")
async def no_container(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetContainer", {"sscc": world.sscc()})


@refused(Code.CONTAINER_UNKNOWN, "container")
async def anchored_on_no_container(world: World) -> Awaitable[object]:
    return world.anchor(world.sscc(), await world.device(), 3_000, 4_000)


@refused(Code.TRANSFER_UNKNOWN, "id")
async def no_transfer(world: World) -> Awaitable[object]:
    return world.custody(PHARMACY, "AcceptTransfer", {"id": "NONE"})


@refused(Code.DEVICE_UNKNOWN, "id")
async def no_device(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "DetachDevice", {"id": "NONE"})


@refused(Code.DEVICE_UNKNOWN, "runs[0]")
async def anchored_by_no_device(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    return world.anchor(sscc, "NONE", 3_000, 4_000)


@refused(Code.ANCHOR_UNKNOWN, "id")
async def no_anchor(world: World) -> Awaitable[object]:
    return world.custody(MAKER, "GetAnchor", {"id": "NONE"})


@refused(Code.EXCURSION_UNKNOWN, "id")
async def no_excursion(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.anchor(sscc, await world.device(sscc), 3_000, 4_000, "INSIDE")
    return world.custody(MAKER, "GetExcursion", {"id": "INSIDE"})
