"""Old serial numbers that end in new ones."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts import tracing
from chaincode.contracts.protection import owners_policy
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    WHOLESALER,
    World,
    gtin,
    product,
)

OWN, LOT_2 = gtin(2), "REPACKED"


async def repackage(
    world: World, olds: list[str], serials: list[str], lot: str = LOT_2, of: str = OWN, who: str = MAKER
) -> Any:
    argument = {"gln": who, "from": olds, "to": {"gtin": of, "lot": lot, "serials": serials}}
    return await world.custody(who, "Repackage", argument)


@pytest.fixture
async def shop(world: World) -> World:
    """Where the maker has another product to repackage into."""
    await world.registry(MAKER, "RegisterProduct", product(2))
    await world.lot(LOT_2, "2027-06-30", OWN)
    return world


async def refused(code: Code, field: str, call: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        await call
    assert (refusal.value.code, refusal.value.field) == (code, field)


async def test_each_names_the_other(shop: World) -> None:
    olds = await shop.units(2)
    now = shop.ledger.now
    answer = await repackage(shop, olds, ["N1", "N2", "N3"])
    news = [gs1.unit_ref(OWN, serial) for serial in ("N1", "N2", "N3")]
    transaction = shop.ledger.transactions[-1]
    link = transaction.tx_id
    assert answer == {
        "doc": "repackaging",
        "id": link,
        "gln": MAKER,
        "from": olds,
        "to": news,
        "repackaged_at": now,
    }
    assert shop.event() == ("UnitsRepackaged", {"id": link, "gln": MAKER, "from": 2, "to": 3})
    assert [(shop.unit(ref)["status"], shop.unit(ref)["into"]) for ref in olds] == [("repackaged", link)] * 2
    makers = owners_policy([MSPS[MAKER]], CONSORTIUM["members"])
    for ref in news:
        unit = shop.unit(ref)
        assert (unit["status"], unit["origin"], unit["lot"]) == ("commissioned", link, LOT_2)
        assert transaction.policies["custody", keys.tray_key(OWN, "N1")] == shop.guard(ref) == makers
    assert await shop.custody(PHARMACY, "GetRepackaging", {"id": link}) == answer
    lot = await shop.custody(PHARMACY, "GetLot", {"gtin": OWN, "lot": LOT_2})
    assert lot["origins"] == [{"gtin": PRODUCT, "lot": LOT}]
    await refused(Code.REPACKAGED, "what[0]", shop.offer(MAKER, PHARMACY, olds[0]))
    await shop.ship(MAKER, PHARMACY, *news)


async def test_traced_back_and_forth(shop: World) -> None:
    case, olds = await shop.case(2)
    await shop.unpack(MAKER, case)
    link = (await repackage(shop, olds, ["N1"]))["id"]
    new = gs1.unit_ref(OWN, "N1")
    again = (await shop.custody(MAKER, "Reserialise", {"gln": MAKER, "unit": new, "serial": "N2"}))["id"]
    newest = gs1.unit_ref(OWN, "N2")
    trace = await shop.trace(newest)
    assert trace["steps"][0] | {"tx_id": "", "at": 0} == {
        "tx_id": "",
        "at": 0,
        "step": "commission",
        "ref": newest,
        "custodian": MAKER,
        "detail": LOT_2,
        "origin": again,
    }
    told = {one["ref"]: [(s["step"], s.get("detail")) for s in one["steps"]] for one in trace["predecessors"]}
    assert list(told) == [new, *olds], "the nearest first"
    assert told[new] == [("commission", LOT_2), ("repackage", again)]
    for ref in olds:
        assert told[ref][1:] == [("pack", f"00{case}"), ("unpack", f"00{case}"), ("repackage", link)]
    back = await shop.trace(olds[0])
    assert back["predecessors"] == []
    assert back["successors"] == [
        {"ref": new, "status": "repackaged"},
        {"ref": newest, "status": "commissioned"},
    ]


async def test_reserialised_in_its_own_lot(world: World) -> None:
    [old] = await world.units(1)
    answer = await world.custody(MAKER, "Reserialise", {"gln": MAKER, "unit": old, "serial": "NEW"})
    new = gs1.unit_ref(PRODUCT, "NEW")
    assert (answer["from"], answer["to"]) == ([old], [new])
    assert (world.unit(old)["status"], world.unit(new)["lot"]) == ("repackaged", LOT)
    assert "origins" not in await world.custody(MAKER, "GetLot", {"gtin": PRODUCT, "lot": LOT})


async def test_only_ones_own_product(shop: World) -> None:
    olds = await shop.units(1)
    await shop.ship(MAKER, WHOLESALER, *olds)
    await refused(Code.ROLE_REQUIRED, "gln", repackage(shop, olds, ["N"], who=WHOLESALER))


async def test_no_longer_life(shop: World) -> None:
    await shop.lot("LONGER", "2027-07-01", OWN)
    await refused(Code.EXPIRY_EXTENDED, "to.lot", repackage(shop, await shop.units(1), ["N"], lot="LONGER"))


async def test_one_lot_at_a_time(shop: World) -> None:
    await shop.lot("OTHER", "2027-06-30")
    olds = [*await shop.units(1), *await shop.units(1, "OTHER")]
    await refused(Code.LOTS_DIFFER, "from[1]", repackage(shop, olds, ["N"]))


async def test_no_used_serial(shop: World) -> None:
    olds = await shop.units(2)
    await repackage(shop, olds[:1], ["N1"])
    await refused(Code.SERIAL_DUPLICATE, "to.serials[1]", repackage(shop, olds[1:], ["N2", "N1"]))
    await refused(Code.SERIAL_DUPLICATE, "to.serials[1]", repackage(shop, olds[1:], ["N3", "N3"]))
    assert shop.unit(olds[1])["status"] == "commissioned"


async def test_not_what_is_packed_held_offered_or_anothers(shop: World) -> None:
    _, packed = await shop.case(1)
    await refused(Code.UNIT_PACKED, "from[0]", repackage(shop, packed, ["N"]))
    held, offered = await shop.units(2)
    await shop.quarantine(MAKER, held)
    await refused(Code.HELD, "from[0]", repackage(shop, [held], ["N"]))
    await shop.offer(MAKER, PHARMACY, offered)
    await refused(Code.OFFER_PENDING, "from[0]", repackage(shop, [offered], ["N"]))
    theirs = await shop.at_pharmacy()
    await refused(Code.NOT_CUSTODIAN, "from[0]", repackage(shop, theirs, ["N"]))


async def test_into_no_lot(shop: World) -> None:
    await refused(Code.LOT_UNKNOWN, "to.lot", repackage(shop, await shop.units(1), ["N"], lot="NONE"))


async def test_an_unknown_repackaging(world: World) -> None:
    await refused(Code.REPACKAGING_UNKNOWN, "id", world.custody(MAKER, "GetRepackaging", {"id": "none"}))


async def test_kin_are_bounded(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MAX_KIN", 2)
    olds = await shop.units(1)
    await repackage(shop, olds, ["N1", "N2", "N3"])
    with pytest.raises(Refusal) as refusal:
        await shop.trace(olds[0])
    assert refusal.value.code is Code.BATCH_TOO_LARGE
