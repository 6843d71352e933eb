"""Storage profiles through the contracts: of products, and of containers with several in them."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Refusal
from tests.unit.chaincode.contracts.world import COLD, FRIDGE, LOT, MAKER, World, gtin, product


async def test_a_mixed_case_keeps_the_narrowest_profile(world: World) -> None:
    await world.registry(MAKER, "RegisterProduct", product(2, COLD))
    await world.lot(LOT, "2027-06-30", gtin(2))
    wide = {"min_mc": -5_000, "max_mc": 25_000, "freeze_mc": -10_000}
    await world.registry(MAKER, "RegisterProduct", product(3, wide))
    await world.lot(LOT, "2027-06-30", gtin(3))
    units = [*await world.units(1, of=gtin(2)), *await world.units(1, of=gtin(3))]
    case = await world.pack(*units)
    narrow = {**FRIDGE, "mkt_max_mc": 8_000, "mkt_window_days": 1, "freeze_mc": 0}
    assert world.container(case)["storage"] == narrow


@pytest.mark.refuses("storage.in_order")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"excursion_minutes": 0}, "excursion_minutes"),
        ({"excursion_max_mc": 7_000}, "excursion_max_mc"),
        ({"mkt_window_days": 367}, "mkt_window_days"),
        ({"freeze_mc": 3_000}, "freeze_mc"),
        ({"humidity": 60}, "humidity"),
    ],
)
async def test_a_profile_that_contradicts_itself(world: World, changes: dict[str, int], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(MAKER, "RegisterProduct", product(2, {**COLD, **changes}))
    assert refused.value.field == f"storage.{field}"
