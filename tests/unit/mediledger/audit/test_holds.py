"""Holds that chaincode would not find."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model import gs1, keys
from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.safety import investigate
from tests.unit.chaincode.contracts.world import LOT, MAKER, MSPS, PHARMACY, PRODUCT, World
from tests.unit.mediledger.audit.forged import EVERYBODY, Forged, Made, mine
from tests.unit.mediledger.audit.histories import found


def held(ref: str, who: str) -> dict[str, Any]:
    """The document of a hold of goods that a member owns."""
    reason = {"reason": "seized", "placed_by": who, "placed_at": 1}
    return {"doc": "hold", "ref": ref, "status": "quarantine", "inside": [], "guards": [MSPS[who]]} | reason


async def a_hold_of_a_pack_whose_lot_has_no_mark(world: World) -> Forged:
    [ref] = await world.units(1)
    key = keys.hold_key(ref)
    return Forged({key: held(ref, MAKER)}, EVERYBODY, {key: mine(MSPS[MAKER])})


async def a_hold_of_a_packed_pack_whose_lot_has_no_mark(world: World) -> Forged:
    """Of another lot there is one."""
    await world.lot("OTHER", "2027-06-30")
    await world.quarantine(MAKER, *await world.units(1, "OTHER"))
    _, [ref] = await world.case(1)
    key = keys.hold_key(ref)
    return Forged({key: held(ref, MAKER)}, EVERYBODY, {key: mine(MSPS[MAKER])})


async def a_hold_of_a_lot_that_has_no_mark(world: World) -> Forged:
    key = keys.lot_hold_key(PRODUCT, LOT, PHARMACY)
    document = held(gs1.lot_ref(PRODUCT, LOT), PHARMACY) | {"gln": PHARMACY}
    return Forged({key: document}, EVERYBODY, {key: mine(MSPS[PHARMACY])})


async def a_hold_that_names_another_lot(world: World) -> Forged:
    """One that has a mark."""
    await investigate(world, PHARMACY, lot=LOT, packs=1)
    key = keys.lot_hold_key(PRODUCT, "OTHER", PHARMACY)
    document = held(gs1.lot_ref(PRODUCT, LOT), PHARMACY) | {"gln": PHARMACY}
    return Forged({key: document}, EVERYBODY, {key: mine(MSPS[PHARMACY])})


CASES: list[tuple[Made, Broken]] = [
    (a_hold_of_a_pack_whose_lot_has_no_mark, Broken.HIDDEN),
    (a_hold_of_a_packed_pack_whose_lot_has_no_mark, Broken.HIDDEN),
    (a_hold_of_a_lot_that_has_no_mark, Broken.HIDDEN),
    (a_hold_that_names_another_lot, Broken.DOCUMENT),
]


@pytest.mark.parametrize(("made", "broken"), CASES, ids=[made.__name__ for made, _ in CASES])
async def test_found(made: Made, broken: Broken) -> None:
    assert await found(made) == {broken}
