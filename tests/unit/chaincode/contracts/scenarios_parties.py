"""Not for this party: status 403."""

from __future__ import annotations

from collections.abc import Awaitable

from chaincode.model import keys
from chaincode.model.directory import bucket_key, with_parties
from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.scenarios import commission, dispense, refused
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
    at,
    licence,
    party,
    product,
    sale,
)


@refused(Code.NOT_AUTHORISED, "gtin")
async def commissioned_by_another(world: World) -> Awaitable[object]:
    argument = {"gtin": PRODUCT, "lot": LOT, "serials": ["A"]}
    return world.custody(WHOLESALER, "Commission", argument)


@refused(Code.NOT_AUTHORISED, "gln")
async def packed_in_anothers_name(world: World) -> Awaitable[object]:
    refs = await world.units(1)
    argument = {"sscc": world.sscc(), "gln": MAKER, "children": refs}
    return world.custody(PHARMACY, "Pack", argument)


@refused(Code.NOT_AUTHORISED, "from")
async def offered_in_anothers_name(world: World) -> Awaitable[object]:
    return world.custody(PHARMACY, "OfferTransfer", sale("T", MAKER, PHARMACY, *await world.units(1)))


@refused(Code.NOT_AUTHORISED, "id")
async def cancelled_by_the_receiver(world: World) -> Awaitable[object]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return world.custody(PHARMACY, "CancelTransfer", {"id": transfer})


@refused(Code.NOT_AUTHORISED, "gln")
async def quarantined_in_anothers_name(world: World) -> Awaitable[object]:
    [ref] = await world.units(1)
    return world.custody(PHARMACY, "Quarantine", {"ref": ref, "gln": MAKER, "reason": "mine"})


@refused(Code.NOT_AUTHORISED, "id")
async def anothers_sensor(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    device = await world.device()
    return world.custody(PHARMACY, "AttachDevice", {"id": device, "sscc": sscc})


@refused(Code.NOT_AUTHORISED, "runs[0]")
async def anothers_readings(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    return world.anchor(sscc, await world.device(sscc), 3_000, 4_000, who=PHARMACY)


@refused(Code.ROLE_REQUIRED)
async def party_registered_by_no_regulator(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "RegisterParty", party(MAKER))


@refused(Code.ROLE_REQUIRED)
async def licence_added_by_no_regulator(world: World) -> Awaitable[object]:
    return world.registry(MAKER, "AddLicence", {"gln": MAKER, "licence": licence()})


@refused(Code.ROLE_REQUIRED, "manufacturer")
async def product_of_a_wholesaler(world: World) -> Awaitable[object]:
    argument = product(2) | {"manufacturer": WHOLESALER}
    return world.registry(WHOLESALER, "RegisterProduct", argument)


@refused(Code.ROLE_REQUIRED, "gln")
async def dispensed_by_a_wholesaler(world: World) -> Awaitable[object]:
    refs = await world.units(1)
    await world.ship(MAKER, WHOLESALER, *refs)
    return dispense(world, *refs, who=WHOLESALER)


@refused(Code.LICENCE_MISSING, "to")
async def offered_to_a_party_without_licence(world: World) -> Awaitable[object]:
    # RegisterParty asks for a licence, so such a party comes from elsewhere.
    document = world.ledger.document("registry", keys.party_key(PHARMACY))
    bucket = world.ledger.document("custody", bucket_key(PHARMACY))
    world.ledger.put("custody", bucket_key(PHARMACY), with_parties(bucket, [document | {"licences": []}]))
    return world.offer(MAKER, PHARMACY, *await world.units(1))


@refused(Code.LICENCE_EXPIRED, "gtin")
async def commissioned_after_the_licence(world: World) -> Awaitable[object]:
    await world.lot("LONG", "2030-01-01")
    world.ledger.now = at("2028-01-01")
    return commission(world, "A", lot="LONG")


@refused(Code.LICENCE_EXPIRED, "to")
async def accepted_after_the_licence(world: World) -> Awaitable[object]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    ended = licence(valid_to="2026-02-28")
    await world.registry(REGULATOR, "AddLicence", {"gln": PHARMACY, "licence": ended})
    return world.custody(PHARMACY, "AcceptTransfer", {"id": transfer})


@refused(Code.LICENCE_EXPIRED, "gln")
async def dispensed_before_the_licence(world: World) -> Awaitable[object]:
    refs = await world.at_pharmacy()
    later = licence(valid_from="2026-04-01")
    await world.registry(REGULATOR, "AddLicence", {"gln": PHARMACY, "licence": later})
    return dispense(world, *refs)


@refused(Code.NOT_CUSTODIAN, "units[1]")
async def dispensed_from_anothers_shelf(world: World) -> Awaitable[object]:
    [mine] = await world.at_pharmacy()
    [theirs] = await world.units(1)
    return dispense(world, mine, theirs)


@refused(Code.NOT_CUSTODIAN, "children[0]")
async def packed_what_another_has(world: World) -> Awaitable[object]:
    return world.pack(*await world.units(1), who=PHARMACY)


@refused(Code.NOT_CUSTODIAN, "sscc")
async def unpacked_what_another_has(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    return world.unpack(PHARMACY, sscc)


@refused(Code.NOT_CUSTODIAN, "what[0]")
async def offered_what_another_has(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    return world.offer(WHOLESALER, PHARMACY, f"00{sscc}")


@refused(Code.NOT_AUTHORISED, "ref")
async def released_by_the_wrong_party(world: World) -> Awaitable[object]:
    [ref] = await world.units(1)
    await world.quarantine(MAKER, ref)
    return world.custody(PHARMACY, "ReleaseQuarantine", {"ref": ref, "gln": PHARMACY, "reason": "?"})


@refused(Code.NOT_CUSTODIAN, "sscc")
async def sensor_on_what_another_has(world: World) -> Awaitable[object]:
    sscc, _ = await world.case(1)
    return world.device(sscc, WHOLESALER)


@refused(Code.WRONG_RECEIVER, "id")
async def accepted_by_a_third_party(world: World) -> Awaitable[object]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return world.custody(WHOLESALER, "AcceptTransfer", {"id": transfer})


@refused(Code.WRONG_RECEIVER, "id")
async def rejected_by_the_sender(world: World) -> Awaitable[object]:
    transfer = await world.offer(MAKER, PHARMACY, *await world.units(1))
    return world.custody(MAKER, "RejectTransfer", {"id": transfer, "reason": "changed my mind"})
