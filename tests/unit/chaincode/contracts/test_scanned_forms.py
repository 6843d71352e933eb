"""Contracts take what a scanner reads, and write the ledger's own form."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model import gs1
from tests.unit.chaincode.contracts.world import LOT, MAKER, PHARMACY, PRODUCT, World, gtin, product

GS = "\x1d"


async def test_pack_ship_and_dispense_by_scans(world: World) -> None:
    refs = await world.units(3)
    serials = [ref[18:] for ref in refs]
    sscc = await world.pack(
        f"]d201{PRODUCT}21{serials[0]}{GS}10{LOT}{GS}17270630",
        f"(01){PRODUCT}(17)270600(10){LOT}(21){serials[1]}",
        f"https://maker.example/01/{PRODUCT}/10/L-2026%2F1/21/{serials[2]}?17=270630",
    )
    await world.ship(MAKER, PHARMACY, f"(00){sscc}")
    await world.unpack(PHARMACY, sscc, f"(01){PRODUCT}(21){serials[1]}")
    sold = await world.custody(
        PHARMACY, "Dispense", {"gln": PHARMACY, "units": [f"(01){PRODUCT}(21){serials[1]}"]}
    )
    assert sold["count"] == 1
    trace = await world.trace(gs1.unit_ref(PRODUCT, serials[0]))
    assert trace["unit"]["serial"] == serials[0]


async def test_the_same_pack_in_two_forms_is_named_twice(world: World) -> None:
    [ref] = await world.units(1)
    with pytest.raises(Exception, match="twice"):
        await world.pack(ref, f"(01){PRODUCT}(21){ref[18:]}")


@pytest.mark.parametrize(("given", "meant"), [("280200", "2028-02-29"), ("2028-02-28", "2028-02-28")])
async def test_expiry_as_the_pack_prints_it(world: World, given: str, meant: str) -> None:
    await world.lot("DAY-00", given)
    lot: Any = await world.custody(MAKER, "GetLot", {"gtin": PRODUCT, "lot": "DAY-00"})
    assert lot["expiry"] == meant


async def test_ndc_is_kept_in_the_hipaa_form(world: World) -> None:
    registered = await world.registry(MAKER, "RegisterProduct", product(2) | {"ndc": "0002-7597-01"})
    assert (registered["gtin"], registered["ndc"]) == (gtin(2), "00002-7597-01")
