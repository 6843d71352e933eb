"""Holds on the ledger: what they stop, who ends them, and whose signature they take."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    MAKER,
    MSPS,
    PHARMACY,
    REGULATOR,
    WHOLESALER,
    World,
)

MEMBERS = CONSORTIUM["members"]


def document(world: World, ref: str) -> Any:
    return world.ledger.document("custody", keys.hold_key(ref))


def signed_by(world: World, ref: str) -> bytes | None:
    return world.ledger.policies.get(("custody", keys.hold_key(ref)))


async def release(world: World, who: str, ref: str, reason: str = "recounted") -> Any:
    return await world.custody(who, "ReleaseQuarantine", {"ref": ref, "gln": who, "reason": reason})


async def code_of(call: Any) -> Code:
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.code


async def test_a_hold_says_who_placed_it_and_why(world: World) -> None:
    [ref] = await world.units(1)
    now = world.ledger.now
    await world.quarantine(MAKER, ref, "recount")
    assert document(world, ref) == {
        "doc": "hold",
        "ref": ref,
        "status": "quarantine",
        "reason": "recount",
        "placed_by": MAKER,
        "placed_at": now,
        "inside": [],
        "guards": [MSPS[MAKER]],
    }
    assert world.event() == ("Quarantined", {"ref": ref, "gln": MAKER})


async def test_a_hold_inside_stops_everything_around_it(world: World) -> None:
    case, _ = await world.case(1)
    bundle = await world.pack(f"00{case}")
    pallet = await world.pack(f"00{bundle}")
    await world.quarantine(MAKER, f"00{case}")
    for outer in (bundle, pallet):
        assert document(world, f"00{outer}")["inside"] == [f"00{case}"]
        assert document(world, f"00{outer}")["status"] == "cleared"
    assert await code_of(world.offer(MAKER, PHARMACY, f"00{pallet}")) is Code.HELD
    await release(world, MAKER, f"00{case}")
    assert document(world, f"00{pallet}")["inside"] == []
    await world.ship(MAKER, PHARMACY, f"00{pallet}")


async def test_a_hold_around_stops_what_is_inside(world: World) -> None:
    case, [ref] = await world.case(1)
    await world.quarantine(MAKER, f"00{case}")
    unit = await world.custody(MAKER, "Trace", {"gtin": ref[2:16], "serial": ref[18:]})
    assert unit["held"] is True


async def test_who_placed_it_lifts_it_and_nobody_else_but_a_regulator(world: World) -> None:
    [ref] = await world.at_pharmacy()
    await world.quarantine(PHARMACY, ref)
    await world.quarantine(REGULATOR, ref, "seized")
    assert await code_of(release(world, MAKER, ref)) is Code.NOT_AUTHORISED
    assert (await release(world, PHARMACY, ref))["hold"] == "quarantine"
    assert await code_of(release(world, PHARMACY, ref)) is Code.NOT_AUTHORISED
    assert (await release(world, REGULATOR, ref))["hold"] == "cleared"
    assert await code_of(release(world, REGULATOR, ref)) is Code.NOT_HELD


async def test_a_regulator_lifts_all_that_are_free_to_be_lifted(world: World) -> None:
    [ref] = await world.at_pharmacy()
    await world.quarantine(PHARMACY, ref)
    await world.quarantine(REGULATOR, ref, "seized")
    assert (await release(world, REGULATOR, ref))["hold"] == "cleared"


async def test_whose_signature_a_hold_takes(world: World) -> None:
    """The owner's and the placer's, with a majority; once cleared, any majority's."""
    case, _ = await world.case(1)
    pallet = await world.pack(f"00{case}")
    await world.ship(MAKER, PHARMACY, f"00{pallet}")
    await world.quarantine(REGULATOR, f"00{case}", "seized")
    guarded = owners_policy([MSPS[PHARMACY], MSPS[REGULATOR]], MEMBERS)
    assert [signed_by(world, f"00{sscc}") for sscc in (case, pallet)] == [guarded, guarded]
    await release(world, REGULATOR, f"00{case}")
    free = owners_policy([], MEMBERS)
    assert [signed_by(world, f"00{sscc}") for sscc in (case, pallet)] == [free, free]


async def test_a_held_container_is_unpacked_with_its_hold(world: World) -> None:
    case, refs = await world.case(2)
    await world.quarantine(MAKER, f"00{case}", "wet")
    await world.unpack(MAKER, case, refs[0])
    assert document(world, refs[0])["reason"] == "wet"
    assert signed_by(world, refs[0]) == owners_policy([MSPS[MAKER]], MEMBERS)
    assert await code_of(world.offer(MAKER, PHARMACY, refs[0])) is Code.HELD
    await release(world, MAKER, refs[0])
    assert await code_of(world.offer(MAKER, PHARMACY, f"00{case}")) is Code.HELD
    await world.ship(MAKER, PHARMACY, refs[0])


async def test_a_held_case_taken_off_a_pallet_leaves_the_pallet_free(world: World) -> None:
    held, _ = await world.case(1)
    other, _ = await world.case(1)
    box = await world.pack(f"00{held}")
    pallet = await world.pack(f"00{box}", f"00{other}")
    await world.quarantine(MAKER, f"00{held}")
    await world.unpack(MAKER, pallet, f"00{box}")
    assert document(world, f"00{pallet}")["inside"] == []
    assert document(world, f"00{box}")["inside"] == [f"00{held}"]
    await world.ship(MAKER, PHARMACY, f"00{pallet}")
    assert await code_of(world.offer(MAKER, PHARMACY, f"00{box}")) is Code.HELD


async def test_unpacking_what_is_free_writes_no_holds(world: World) -> None:
    case, refs = await world.case(3)
    await world.unpack(MAKER, case)
    written = world.ledger.transactions[-1].writes
    assert not any(keys.split(key)[0] == "hold" for _, key in written)
    assert document(world, refs[0]) is None


async def test_who_has_or_owns_goods_holds_them(world: World) -> None:
    [ref] = await world.at_pharmacy()
    assert await code_of(world.quarantine(MAKER, ref)) is Code.NOT_CUSTODIAN
    assert await code_of(world.quarantine(WHOLESALER, ref)) is Code.NOT_CUSTODIAN
    await world.quarantine(REGULATOR, ref)
