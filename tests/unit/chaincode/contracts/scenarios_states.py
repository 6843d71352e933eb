"""Not in this state: status 409."""

from __future__ import annotations

from collections.abc import Awaitable

from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.scenarios import commission, dispense, refused
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    LOT,
    MAKER,
    PHARMACY,
    REGULATOR,
    WHOLESALER,
    World,
    at,
    party,
    product,
    sale,
)


@refused(Code.PARTY_EXISTS, "gln")
async def party_again(world: World) -> Awaitable[object]:
    return world.registry(REGULATOR, "RegisterParty", party(MAKER))


@refused(Code.PRODUCT_EXISTS, "gtin")
async def product_again(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "RegisterProduct", product())


@refused(Code.LOT_EXISTS, "lot")
async def lot_again(world: World) -> Awaitable[object]:
    return world.lot(LOT, "2027-06-30")


@refused(Code.SERIAL_DUPLICATE, "serials[1]")
async def serial_again(world: World) -> Awaitable[object]:
    await commission(world, "A")
    return commission(world, "B", "A")


@refused(Code.SERIAL_DUPLICATE, "serials[2]")
async def serial_twice_at_once(world: World) -> Awaitable[object]:
    return commission(world, "A", "B", "A")


@refused(Code.SERIAL_DUPLICATE, "serials[0]")
async def serial_again_in_another_lot(world: World) -> Awaitable[object]:
    await commission(world, "A")
    await world.lot("OTHER", "2027-01-01")
    return commission(world, "A", lot="OTHER")


@refused(Code.SSCC_EXISTS, "sscc")
async def sscc_again(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.unpack(MAKER, sscc)
    argument = {"sscc": sscc, "gln": MAKER, "children": await world.units(1)}
    return world.custody(MAKER, "Pack", argument)


@refused(Code.TRANSFER_EXISTS, "id")
async def transfer_again(world: World) -> Awaitable[object]:
    transfer = await world.ship(MAKER, PHARMACY, *await world.units(1))
    return world.custody(MAKER, "OfferTransfer", sale(transfer, MAKER, PHARMACY, *await world.units(1)))


@refused(Code.DEVICE_EXISTS, "id")
async def device_again(world: World) -> Awaitable[object]:
    argument = {"id": await world.device(), "gln": PHARMACY, "kind": "temperature"}
    return world.custody(PHARMACY, "RegisterDevice", argument)


@refused(Code.ANCHOR_EXISTS, "id")
async def anchor_again(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    device = await world.device(sscc)
    await world.anchor(sscc, device, 3_000, 4_000, "A")
    return world.anchor(sscc, device, 3_000, 4_000, "A")


@refused(Code.PARAMETER_EXISTS, "regulators")
async def bootstrap_again(world: World) -> Awaitable[object]:
    return world.registry(REGULATOR, "Bootstrap", CONSORTIUM)


@refused(Code.TRANSFER_CLOSED, "id")
async def accepted_twice(world: World) -> Awaitable[object]:
    transfer = await world.ship(MAKER, PHARMACY, *await world.units(1))
    return world.custody(PHARMACY, "AcceptTransfer", {"id": transfer})


@refused(Code.TRANSFER_CLOSED, "id")
async def cancelled_after_its_rejection(world: World) -> Awaitable[object]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    await world.custody(PHARMACY, "RejectTransfer", {"id": transfer, "reason": "not ordered"})
    return world.custody(MAKER, "CancelTransfer", {"id": transfer})


@refused(Code.OFFER_PENDING, "what[0]")
async def offered_twice(world: World) -> Awaitable[object]:
    refs = await world.units(1)
    await world.offer(MAKER, PHARMACY, *refs)
    return world.offer(MAKER, WHOLESALER, *refs)


@refused(Code.OFFER_PENDING, "sscc")
async def unpacked_while_offered(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.offer(MAKER, PHARMACY, f"00{sscc}")
    return world.unpack(MAKER, sscc)


@refused(Code.OFFER_PENDING, "children[0]")
async def packed_while_offered(world: World) -> Awaitable[object]:
    refs = await world.units(1)
    await world.offer(MAKER, PHARMACY, *refs)
    return world.pack(*refs)


@refused(Code.UNIT_PACKED, "what[0]")
async def offered_out_of_its_case(world: World) -> Awaitable[object]:
    _, refs = await world.case(2)
    return world.offer(MAKER, PHARMACY, refs[0])


@refused(Code.UNIT_PACKED, "ref")
async def packed_unit_held_alone(world: World) -> Awaitable[object]:
    _, refs = await world.case(1)
    return world.quarantine(MAKER, refs[0])


@refused(Code.UNIT_PACKED, "units[0]")
async def dispensed_out_of_its_case(world: World) -> Awaitable[object]:
    sscc, refs = await world.case(1)
    await world.ship(MAKER, PHARMACY, f"00{sscc}")
    return dispense(world, *refs)


@refused(Code.CONTAINER_PACKED, "sscc")
async def inner_case_unpacked(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.pack(f"00{sscc}")
    return world.unpack(MAKER, sscc)


@refused(Code.CONTAINER_PACKED, "children[0]")
async def case_packed_twice(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.pack(f"00{sscc}")
    return world.pack(f"00{sscc}")


@refused(Code.NOT_PACKED, "children[1]")
async def taken_out_of_another_case(world: World) -> Awaitable[object]:
    sscc, refs = await world.case(1)
    _, others = await world.case(1)
    return world.unpack(MAKER, sscc, *refs, *others)


@refused(Code.HELD, "what[0]")
async def offered_in_quarantine(world: World) -> Awaitable[object]:
    refs = await world.units(1)
    await world.quarantine(MAKER, *refs)
    return world.offer(MAKER, PHARMACY, *refs)


@refused(Code.HELD, "what[0]")
async def offered_with_a_case_in_quarantine_inside(world: World) -> Awaitable[object]:
    case, _ = await world.case(1)
    bundle = await world.pack(f"00{case}")
    pallet = await world.pack(f"00{bundle}")
    await world.quarantine(MAKER, f"00{case}")
    return world.offer(MAKER, PHARMACY, f"00{pallet}")


@refused(Code.HELD, "units[0]")
async def dispensed_in_quarantine(world: World) -> Awaitable[object]:
    refs = await world.at_pharmacy()
    await world.quarantine(PHARMACY, *refs)
    return dispense(world, *refs)


@refused(Code.HELD, "ref")
async def quarantined_twice(world: World) -> Awaitable[object]:
    refs = await world.units(1)
    await world.quarantine(MAKER, *refs)
    return world.quarantine(MAKER, *refs)


@refused(Code.NOT_HELD, "ref")
async def released_without_a_hold(world: World) -> Awaitable[object]:
    [ref] = await world.units(1)
    return world.custody(REGULATOR, "ReleaseQuarantine", {"ref": ref, "gln": REGULATOR, "reason": "fine"})


@refused(Code.LOT_EXPIRED, "units[0]")
async def dispensed_after_expiry(world: World) -> Awaitable[object]:
    await world.lot("SHORT", "2026-04-30")
    refs = await world.at_pharmacy(1, "SHORT")
    world.ledger.now = at("2026-05-01")
    return dispense(world, *refs)


@refused(Code.LOT_EXPIRED, "what[0]")
async def offered_after_expiry(world: World) -> Awaitable[object]:
    await world.lot("SHORT", "2026-04-30")
    refs = await world.units(1, "SHORT")
    world.ledger.now = at("2026-05-01")
    return world.offer(MAKER, PHARMACY, *refs)


@refused(Code.LOT_EXPIRED, "lot")
async def commissioned_after_expiry(world: World) -> Awaitable[object]:
    world.ledger.now = at("2027-07-01")
    return commission(world, "A")


@refused(Code.UNIT_DISPENSED, "units[0]")
async def dispensed_twice(world: World) -> Awaitable[object]:
    refs = await world.at_pharmacy()
    await dispense(world, *refs)
    return dispense(world, *refs)


@refused(Code.UNIT_DISPENSED, "what[0]")
async def offered_after_dispensing(world: World) -> Awaitable[object]:
    refs = await world.at_pharmacy()
    await dispense(world, *refs)
    return world.offer(PHARMACY, WHOLESALER, *refs)


@refused(Code.CONTAINER_UNPACKED, "sscc")
async def unpacked_twice(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.unpack(MAKER, sscc)
    return world.unpack(MAKER, sscc)


@refused(Code.CONTAINER_UNPACKED, "what[0]")
async def empty_case_offered(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    await world.unpack(MAKER, sscc)
    return world.offer(MAKER, PHARMACY, f"00{sscc}")


@refused(Code.DEVICE_NOT_ATTACHED, "runs[0]")
async def anchored_by_a_sensor_elsewhere(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    other, _ = await world.case(1)
    return world.anchor(sscc, await world.device(other), 3_000, 4_000)


@refused(Code.DEVICE_NOT_ATTACHED, "id")
async def detached_twice(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    device = await world.device(sscc)
    await world.custody(MAKER, "DetachDevice", {"id": device})
    return world.custody(MAKER, "DetachDevice", {"id": device})
