"""The registry: who may register what, licences, pages, and the one call that custody makes."""

from __future__ import annotations

import orjson
import pytest

from chaincode.model import keys
from chaincode.model.directory import SETTINGS_KEY, bucket_key
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
    gtin,
    party,
)


async def test_bootstrap() -> None:
    world = World()
    named = ["OtherMSP", MSPS[REGULATOR]]
    members = ["ZMSP", MSPS[REGULATOR], "OtherMSP"]
    answer = await world.registry(REGULATOR, "Bootstrap", {"regulators": named, "members": members})
    assert (answer["name"], answer["version"]) == ("consortium", 1)
    value = {"regulators": named, "members": sorted(members), "rules": 1, "parameters": {}}
    assert answer["value"] == value
    assert world.event() == ("Bootstrapped", {"regulators": named})
    assert world.ledger.document("registry", keys.parameter_key("consortium")) == answer


async def test_bootstrap_by_none_of_them() -> None:
    world = World()
    with pytest.raises(Refusal) as refused:
        await world.registry(MAKER, "Bootstrap", CONSORTIUM)
    assert refused.value.code is Code.ROLE_REQUIRED
    assert world.ledger.state == {}


async def test_before_the_bootstrap_nobody_registers() -> None:
    world = World()
    with pytest.raises(Refusal) as refused:
        await world.registry(REGULATOR, "RegisterParty", party(REGULATOR))
    assert refused.value.code is Code.PARAMETER_UNKNOWN


async def test_pages_of_parties(world: World) -> None:
    everybody = sorted([MAKER, WHOLESALER, PHARMACY, REGULATOR])
    found, bookmark, pages = [], "", 0
    while True:
        argument = {"page_size": 3} | ({"bookmark": bookmark} if bookmark else {})
        page = await world.registry(PHARMACY, "ListParties", argument)
        found += [item["gln"] for item in page["items"]]
        pages, bookmark = pages + 1, page["bookmark"]
        if not bookmark:
            break
    assert (found, pages) == (everybody, 2)
    whole = await world.registry(PHARMACY, "ListParties", {})
    assert ([item["gln"] for item in whole["items"]], whole["bookmark"]) == (everybody, "")


async def test_page_of_products(world: World) -> None:
    page = await world.registry(PHARMACY, "ListProducts", {"page_size": 200})
    assert ([item["gtin"] for item in page["items"]], page["bookmark"]) == ([PRODUCT], "")


@pytest.mark.parametrize(
    "argument", [{"page_size": 0}, {"page_size": 201}, {"bookmark": 7}, {"bookmark": "x" * 501}]
)
async def test_malformed_page(world: World, argument: dict[str, object]) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(PHARMACY, "ListParties", argument)
    assert refused.value.code is Code.INVALID_ARGUMENT


async def test_products_by_the_list(world: World) -> None:
    found = await world.registry(PHARMACY, "GetProducts", {"gtins": [gtin(9), PRODUCT]})
    assert found == {PRODUCT: await world.registry(MAKER, "GetProduct", {"gtin": PRODUCT})}
    assert await world.registry(MAKER, "GetProducts", {"gtins": []}) == {}


async def test_the_list_of_products_is_bounded(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registry(MAKER, "GetProducts", {"gtins": [PRODUCT] * 401})
    assert (refused.value.code, refused.value.field) == (Code.BATCH_TOO_LARGE, "gtins")


async def test_what_is_looked_up_joins_custodys_read_set(world: World) -> None:
    await world.units(1)
    reads = world.ledger.transactions[-1].reads
    assert {("custody", bucket_key(MAKER)), ("custody", SETTINGS_KEY)} <= reads
    assert ("registry", keys.product_key(PRODUCT)) in reads


async def test_no_two_arguments(world: World) -> None:
    body = orjson.dumps({"gln": MAKER})
    for args in ([b"GetParty"], [b"GetParty", body, body], []):
        response = await world.ledger.respond(MSPS[MAKER], "registry", args)
        assert response.status == 400
        assert Refusal.parse(response.message) is not None


async def test_the_unforeseen_is_500_without_its_cause(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.ledger.state[("registry", keys.party_key(MAKER))] = b"{damaged"
    response = await world.ledger.respond(
        MSPS[MAKER], "registry", [b"GetParty", orjson.dumps({"gln": MAKER})]
    )
    assert (response.status, response.message) == (500, "internal error")
    assert "damaged" not in caplog.messages[0]
    assert "registry GetParty failed in transaction" in caplog.messages[0]
