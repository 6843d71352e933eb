"""What a function that passes goods on asks about recalls: packs, containers, ranges, origins, returns."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts import recalled
from chaincode.contracts.context import Context
from chaincode.contracts.recalled import check_recalls, recalls_of
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from chaincode.shim.creator import Creator
from tests.unit.chaincode.contracts.ledger import FakeStub, Transaction
from tests.unit.chaincode.contracts.world import LOT, MAKER, PRODUCT, World, gtin

OTHER = "OTHER"
PARTIES = {
    MAKER: {"gln": MAKER, "role": "manufacturer"},
    "w": {"gln": "w", "role": "wholesaler"},
    "d": {"gln": "d", "role": "dispenser"},
}


def unit(serial: str, lot: str = LOT, of: str = PRODUCT) -> Any:
    return {"doc": "unit", "gtin": of, "serial": serial, "lot": lot}


def container(sscc: str, *contents: str, of: str = PRODUCT, taken: tuple[str, ...] = ()) -> Any:
    inside = [{"gtin": of, "lot": lot, "count": 1} for lot in contents]
    return {"doc": "container", "sscc": sscc, "contents": inside, "taken": list(taken)}


def packed(world: World, sscc: str, *children: str) -> None:
    """Write a packing list: of the packs' tray where there are any, else of single goods."""
    serials = [ref[18:] for ref in children if ref.startswith("01")]
    packing: Any = {"doc": "packing", "sscc": sscc, "trays": [], "children": list(children)}
    if serials:
        tray = {"gtin": PRODUCT, "serial": serials[0], "serials": serials, "left": [], "parent": sscc}
        world.ledger.put("custody", keys.tray_key(PRODUCT, serials[0]), tray)
        packing |= {"trays": [[PRODUCT, serials[0]]], "children": []}
    world.ledger.put("custody", keys.packing_key(sscc), packing)


def units(world: World, *packs: Any) -> list[str]:
    """Write units' documents; their refs."""
    for pack in packs:
        world.ledger.put("custody", keys.unit_key(pack["gtin"], pack["serial"]), pack)
    return [gs1.unit_ref(pack["gtin"], pack["serial"]) for pack in packs]


async def recall(world: World, name: str = "R-1", **scope: Any) -> None:
    argument = {
        "id": name,
        "gln": MAKER,
        "gtin": PRODUCT,
        "kind": "recall",
        "class": "I",
        "depth": "consumer",
        "effectiveness": "A",
        "reason": "sterility",
    }
    await world.custody(MAKER, "StartRecall", argument | scope)


def transaction(world: World) -> tuple[Context, Transaction]:
    begun = Transaction("move", world.ledger.now, Creator("MakerMSP", b""))
    stub: Any = FakeStub(world.ledger, begun, "custody", [b"Move"])
    return Context(stub), begun


async def move(world: World, *goods: Any, back: tuple[str, str] | None = None) -> Transaction:
    context, begun = transaction(world)
    fields = [f"what[{place}]" for place in range(len(goods))]
    ways: Any = None if back is None else tuple(PARTIES[one] for one in back)
    await check_recalls(context, goods, fields, ways)
    return begun


async def refused(world: World, *goods: Any, place: int = 0, back: Any = None) -> str:
    with pytest.raises(Refusal) as raised:
        await move(world, *goods, back=back)
    assert (raised.value.code, raised.value.field) == (Code.RECALLED, f"what[{place}]")
    assert raised.value.rule == ("recall.not_recalled" if back is None else "recall.only_back")
    return raised.value.message


@pytest.fixture
async def lots(world: World) -> World:
    await world.lot(OTHER, "2027-01-01")
    return world


async def test_nothing_is_recalled(lots: World) -> None:
    begun = await move(lots, unit("S1"), container("1", LOT, OTHER))
    read = {*(keys.lot_key(PRODUCT, lot) for lot in (LOT, OTHER)), keys.recalled_product_key(PRODUCT)}
    assert begun.reads == {("custody", key) for key in read}
    assert begun.messages == ["custody"]


async def test_a_recalled_lot(lots: World) -> None:
    await recall(lots, lot=LOT)
    await move(lots, unit("S1", OTHER), container("1", OTHER))
    assert await refused(lots, unit("S1")) == f"01{PRODUCT}21S1 is recalled by R-1"
    message = await refused(lots, unit("S1", OTHER), container("1", OTHER, LOT), place=1)
    assert message == f"lot {LOT} of {PRODUCT} is recalled by R-1"


async def test_an_ended_recall(lots: World) -> None:
    await recall(lots, lot=LOT)
    await recall(lots, "R-2", lot=OTHER)
    await lots.custody(MAKER, "EndRecall", {"id": "R-1", "gln": MAKER, "reason": "done"})
    await move(lots, unit("S1"))
    await refused(lots, unit("S1", OTHER))


async def test_a_recalled_product(lots: World) -> None:
    await recall(lots)
    await refused(lots, unit("S1", OTHER))
    await refused(lots, container("1", OTHER))


async def test_other_products_are_not(lots: World) -> None:
    await recall(lots)
    lots.ledger.put("custody", keys.lot_key(gtin(2), LOT), {"doc": "lot"})
    await move(lots, unit("S1", of=gtin(2)))


async def test_a_range_in_a_container(lots: World) -> None:
    """Refused only where a pack of the range, of the recalled lot, is still inside."""
    await recall(lots, lot=LOT, serials={"first": "S8", "last": "S12"})
    children = units(lots, unit("S7"), unit("S9"), unit("S10", OTHER), unit("S13"))
    packed(lots, "1", *children)
    assert await refused(lots, container("1", LOT, OTHER)) == f"01{PRODUCT}21S9 is recalled by R-1"
    await move(lots, container("1", LOT, OTHER, taken=(children[1],)))
    await move(lots, unit("S7"), unit("S13"), unit("S9", OTHER))
    await refused(lots, unit("S12"))


async def test_a_range_deep_inside(lots: World) -> None:
    await recall(lots, serials={"first": "S8", "last": "S12"})
    children = units(lots, unit("S7"), unit("S9", OTHER))
    case, other = (gs1.container_ref(sscc + gs1.check_digit(sscc)) for sscc in ("2" * 17, "3" * 17))
    packed(lots, case[2:], children[0])
    packed(lots, other[2:], children[1])
    for ref, lot in ((case, LOT), (other, OTHER)):
        key = keys.period_key(ref, 0)
        lots.ledger.put("custody", key, container(ref[2:], lot) | {"parent": "1"})
    packed(lots, "1", case, other)
    await refused(lots, container("1", LOT, OTHER))
    await move(lots, container("1", LOT, OTHER, taken=(other,)))


async def test_packing_lists_are_read_only_for_a_range_that_touches(lots: World) -> None:
    await recall(lots, lot=OTHER, serials={"first": "A", "last": "B"})
    begun = await move(lots, container("1", LOT))
    assert ("custody", keys.packing_key("1")) not in begun.reads


async def test_a_container_without_its_list(lots: World) -> None:
    await recall(lots, serials={"first": "A", "last": "B"})
    with pytest.raises(Refusal) as raised:
        await move(lots, container("1", LOT))
    assert raised.value.code == Code.RECORD_FORGED


async def test_what_is_searched_is_bounded(lots: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await recall(lots, serials={"first": "A", "last": "B"})
    packed(lots, "1", *units(lots, unit("S1"), unit("S2")))
    await move(lots, container("1", LOT))
    monkeypatch.setattr(recalled, "MAX_PACKS", 1)
    with pytest.raises(Refusal) as raised:
        await move(lots, container("1", LOT))
    assert (raised.value.code, raised.value.field) == (Code.BATCH_TOO_LARGE, "what[0]")


async def test_packs_repackaged_from_a_recalled_lot(lots: World) -> None:
    made = {"doc": "lot", "gtin": gtin(2), "lot": "NEW", "origins": [{"gtin": PRODUCT, "lot": LOT}]}
    lots.ledger.put("custody", keys.lot_key(gtin(2), "NEW"), made)
    await move(lots, unit("S1", "NEW", gtin(2)))
    await recall(lots, lot=LOT)
    message = await refused(lots, unit("S1", "NEW", gtin(2)))
    assert message == f"lot {LOT} of {PRODUCT} is recalled by R-1"
    await refused(lots, container("1", "NEW", of=gtin(2)))


async def not_made(world: World, function: str, argument: Any, field: str) -> None:
    with pytest.raises(Refusal) as raised:
        await world.custody(MAKER, function, argument)
    found = raised.value
    assert (found.code, found.field, found.rule) == (Code.RECALLED, field, "recall.not_recalled")


@pytest.mark.parametrize("scope", [{}, {"lot": LOT}])
async def test_no_packs_are_made_of_a_recalled_lot(lots: World, scope: dict[str, str]) -> None:
    await recall(lots, **scope)
    await not_made(lots, "Commission", {"gtin": PRODUCT, "lot": LOT, "serials": ["A"]}, "lot")


async def test_packs_are_made_of_other_lots(lots: World) -> None:
    await recall(lots, lot=LOT)
    await lots.custody(MAKER, "Commission", {"gtin": PRODUCT, "lot": OTHER, "serials": ["A"]})


async def test_no_packs_are_made_with_recalled_serial_numbers(lots: World) -> None:
    await recall(lots, lot=LOT, serials={"first": "S8", "last": "S9"})
    await not_made(lots, "Commission", {"gtin": PRODUCT, "lot": LOT, "serials": ["S7", "S8"]}, "serials[1]")
    await lots.custody(MAKER, "Commission", {"gtin": PRODUCT, "lot": LOT, "serials": ["S7"]})
    again = {"gln": MAKER, "unit": gs1.unit_ref(PRODUCT, "S7"), "serial": "S9"}
    await not_made(lots, "Reserialise", again, "serial[0]")


async def test_nothing_is_repackaged_into_a_recalled_lot(lots: World) -> None:
    olds = await lots.units(1, OTHER)
    await recall(lots, lot=LOT)
    into = {"gtin": PRODUCT, "lot": LOT, "serials": ["A"]}
    await not_made(lots, "Repackage", {"gln": MAKER, "from": olds, "to": into}, "to.lot")


async def test_origins_of_another_product_are_asked_about_once_more(lots: World) -> None:
    made = {"doc": "lot", "gtin": gtin(2), "lot": "NEW", "origins": [{"gtin": PRODUCT, "lot": LOT}]}
    lots.ledger.put("custody", keys.lot_key(gtin(2), "NEW"), made)
    begun = await move(lots, unit("S1", "NEW", gtin(2)), unit("S2", "NEW", gtin(2)))
    assert begun.messages == ["custody"] * 2
    begun = await move(lots, unit("S1", "NEW", gtin(2)), unit("S2"))
    assert begun.messages == ["custody"]


async def test_the_second_of_two_recalls_covers_too(lots: World) -> None:
    await recall(lots, lot=LOT)
    await recall(lots, "R-2", lot=OTHER)
    assert "R-1" in await refused(lots, unit("S1"))
    assert "R-2" in await refused(lots, unit("S1", OTHER))


async def test_recalled_goods_go_back(lots: World) -> None:
    await recall(lots, lot=LOT)
    await move(lots, unit("S1"), container("1", LOT), back=("d", "w"))
    await move(lots, unit("S1"), back=("w", MAKER))
    await refused(lots, unit("S1"), back=("w", "d"))
    await move(lots, unit("S1", OTHER), back=("w", "d"))


async def test_a_forged_entry_covers_nothing(lots: World) -> None:
    """An entry without its recall, or of a recall of another product, says nothing."""
    await recall(lots)
    mark = {"doc": "recalled_product", "gtin": gtin(2)}
    lots.ledger.put("custody", keys.recalled_product_key(gtin(2)), mark)
    for name in ("NONE", "R-1"):
        entry = {"doc": "recalled", "gtin": gtin(2), "id": name}
        lots.ledger.put("custody", keys.recalled_key(gtin(2), name), entry)
    context, _ = transaction(lots)
    found = await recalls_of(context, [gtin(2), PRODUCT])
    assert [len(found[of]) for of in (gtin(2), PRODUCT)] == [0, 1]
