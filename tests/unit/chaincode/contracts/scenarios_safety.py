"""Holds, suspect and illegitimate product: what is refused of them."""

from __future__ import annotations

from collections.abc import Awaitable

from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.safety import (
    acknowledge,
    answer,
    clear,
    declare,
    file,
    investigate,
    pack,
    record,
    report,
    respond,
    settle,
)
from tests.unit.chaincode.contracts.scenarios import dispense, refused
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    PHARMACY,
    REGULATOR,
    WHOLESALER,
    World,
)


def release(world: World, who: str, ref: str) -> Awaitable[object]:
    return world.custody(who, "ReleaseQuarantine", {"ref": ref, "gln": who, "reason": "recounted"})


async def suspect(world: World, count: int = 1) -> list[str]:
    """Packs under investigation at the dispenser."""
    refs = await world.at_pharmacy(count)
    await investigate(world, PHARMACY, *refs)
    return refs


async def notified(world: World) -> None:
    """A notification of illegitimate product, with its incident number."""
    await suspect(world)
    await declare(world, PHARMACY)
    await file(world)
    await acknowledge(world)


@refused(Code.HELD, "units[0]")
async def dispensed_while_its_lot_is_suspect(world: World) -> Awaitable[object]:
    refs = await world.at_pharmacy()
    await investigate(world, PHARMACY, lot=LOT, packs=1)
    return dispense(world, *refs)


@refused(Code.HELD, "what[0]")
async def offered_while_a_case_inside_is_suspect(world: World) -> Awaitable[object]:
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    await investigate(world, MAKER, f"00{case}")
    return world.offer(MAKER, PHARMACY, f"00{pallet}")


@refused(Code.HELD, "children[0]")
async def packed_while_suspect(world: World) -> Awaitable[object]:
    refs = await suspect(world)
    return world.pack(*refs, who=PHARMACY)


@refused(Code.HELD, "refs[0]")
async def illegitimate_and_decommissioned_as_exported(world: World) -> Awaitable[object]:
    refs = await suspect(world)
    await declare(world, PHARMACY)
    argument = {"gln": PHARMACY, "refs": refs, "reason": "exported"}
    return world.custody(PHARMACY, "Decommission", argument)


@refused(Code.HOLD_BOUND, "ref")
async def suspect_and_released_by_the_regulator(world: World) -> Awaitable[object]:
    return release(world, REGULATOR, (await suspect(world))[0])


@refused(Code.HOLD_BOUND, "ref")
async def illegitimate_and_released_by_its_finder(world: World) -> Awaitable[object]:
    refs = await suspect(world)
    await declare(world, PHARMACY)
    return release(world, PHARMACY, refs[0])


@refused(Code.NOT_AUTHORISED, "ref")
async def released_by_another_than_its_placer(world: World) -> Awaitable[object]:
    [ref] = await world.at_pharmacy()
    await world.quarantine(REGULATOR, ref)
    return release(world, PHARMACY, ref)


@refused(Code.INVESTIGATION_OPEN, "id")
async def settled_before_the_decision(world: World) -> Awaitable[object]:
    return settle(world, PHARMACY, *await suspect(world))


@refused(Code.INVESTIGATION_CLOSED, "id")
async def cleared_after_it_was_found_illegitimate(world: World) -> Awaitable[object]:
    await suspect(world)
    await declare(world, PHARMACY)
    return clear(world, PHARMACY)


@refused(Code.NOT_SUSPECT, "sample[1].ref")
async def sampled_from_other_goods(world: World) -> Awaitable[object]:
    refs = await suspect(world)
    others = await world.at_pharmacy()
    return record(world, PHARMACY, pack(refs[0]), pack(others[0]))


@refused(Code.SAMPLE_MISMATCH, "sample[1].ref")
async def found_good_with_another_lot(world: World) -> Awaitable[object]:
    refs = await suspect(world, 2)
    return record(world, PHARMACY, pack(refs[0]), pack(refs[1], lot="OTHER"))


@refused(Code.SAMPLE_EXISTS, "sample[1].ref")
async def examined_twice(world: World) -> Awaitable[object]:
    refs = await suspect(world, 2)
    await record(world, PHARMACY, pack(refs[0]))
    return record(world, PHARMACY, pack(refs[1]), pack(refs[0]))


@refused(Code.SAMPLE_INCOMPLETE, "id")
async def cleared_with_two_packs_of_three(world: World) -> Awaitable[object]:
    refs = await suspect(world, 4)
    await record(world, PHARMACY, *map(pack, refs[:2]))
    return clear(world, PHARMACY)


@refused(Code.SAMPLE_FAILED, "id")
async def cleared_with_a_bad_pack(world: World) -> Awaitable[object]:
    refs = await suspect(world)
    await record(world, PHARMACY, pack(refs[0], "bad"))
    return clear(world, PHARMACY)


@refused(Code.NOT_ILLEGITIMATE, "investigation")
async def notified_of_while_suspect(world: World) -> Awaitable[object]:
    await suspect(world)
    return file(world)


@refused(Code.NOTIFICATION_EXISTS, "investigation")
async def notified_of_twice(world: World) -> Awaitable[object]:
    await notified(world)
    return file(world, id="M")


@refused(Code.INVESTIGATION_REQUIRED, "investigation")
async def has_product_and_does_not_investigate(world: World) -> Awaitable[object]:
    await notified(world)
    return respond(world, WHOLESALER, 3)


@refused(Code.NOT_NOTIFIED, "gln")
async def answered_by_who_was_not_notified(world: World) -> Awaitable[object]:
    await notified(world)
    return respond(world, PHARMACY, 0)


@refused(Code.TERMINATION_NOT_ASKED, "id")
async def terminated_without_request(world: World) -> Awaitable[object]:
    await notified(world)
    return answer(world, "in_error")


@refused(Code.NOTIFICATION_CLOSED, "id")
async def followed_up_after_its_end(world: World) -> Awaitable[object]:
    await notified(world)
    await report(world, "RequestTermination")
    await answer(world, "no_longer_necessary")
    return report(world, "FollowUpNotification")
