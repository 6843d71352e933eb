"""Products: who registers and changes them, and who must sign for that."""

from __future__ import annotations

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    STRANGER,
    WHOLESALER,
    World,
    gtin,
    party,
    product,
)

FREEZER = {"min_mc": -25_000, "max_mc": -15_000}


async def test_product(world: World) -> None:
    found = await world.registry(PHARMACY, "GetProduct", {"gtin": PRODUCT[1:]})
    assert found == product() | {"doc": "product", "registered_at": found["registered_at"]}


async def test_repackager_registers_products(world: World) -> None:
    argument = party(MAKER) | {"gln": STRANGER, "role": "repackager"}
    await world.registry(REGULATOR, "RegisterParty", argument)
    await world.registry(MAKER, "RegisterProduct", product(2) | {"manufacturer": STRANGER})
    expected = {"gtin": gtin(2), "manufacturer": STRANGER}
    assert world.event() == ("ProductRegistered", expected)


async def test_a_suspended_manufacturer_registers_none(world: World) -> None:
    await world.registry(REGULATOR, "SuspendParty", {"gln": MAKER, "reason": "inspection"})
    with pytest.raises(Refusal) as refused:
        await world.registry(MAKER, "RegisterProduct", product(2))
    assert (refused.value.code, refused.value.field) == (Code.PARTY_SUSPENDED, "manufacturer")


async def test_another_storage_profile(world: World) -> None:
    changed = await world.registry(MAKER, "UpdateProduct", {"gtin": PRODUCT, "storage": FREEZER})
    assert changed["storage"] == FREEZER
    assert world.event() == ("ProductUpdated", {"gtin": PRODUCT, "manufacturer": MAKER})
    assert await world.registry(PHARMACY, "GetProduct", {"gtin": PRODUCT}) == changed


async def test_anothers_product(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(WHOLESALER, "UpdateProduct", {"gtin": PRODUCT, "storage": FREEZER})
    assert (refused.value.code, refused.value.field) == (Code.NOT_AUTHORISED, "gtin")


async def test_a_product_that_there_is_not(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(MAKER, "UpdateProduct", {"gtin": gtin(9), "storage": FREEZER})
    assert (refused.value.code, refused.value.field) == (Code.PRODUCT_UNKNOWN, "gtin")


async def test_manufacturer_and_regulator_sign_for_a_product(world: World) -> None:
    key = ("registry", keys.product_key(PRODUCT))
    policy = owners_policy([MSPS[MAKER], MSPS[REGULATOR]], CONSORTIUM["members"])
    assert world.ledger.policies[key] == policy
    await world.registry(MAKER, "UpdateProduct", {"gtin": PRODUCT, "storage": FREEZER})
    assert world.ledger.policies[key] == policy


@pytest.mark.parametrize(
    ("storage", "field"),
    [
        ({"min_mc": 8_000, "max_mc": 2_000}, "storage.min_mc"),
        ({"min_mc": 2_000, "max_mc": 2_000}, "storage.min_mc"),
        ({"min_mc": -273_151, "max_mc": 2_000}, "storage.min_mc"),
        ({"min_mc": True, "max_mc": 2_000}, "storage.min_mc"),
        ({"min_mc": 2_000}, "storage.max_mc"),
        ({"min_mc": 2_000, "max_mc": 8_000, "unit": "C"}, "storage.unit"),
        (None, "storage"),
    ],
)
async def test_malformed_storage(world: World, storage: object, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(MAKER, "RegisterProduct", product(2) | {"storage": storage})
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, field)
