"""Whatever is recalled, and however goods are nested: refused is exactly what holds a recalled pack."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chaincode.contracts.context import Context
from chaincode.contracts.recalled import check_recalls
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from chaincode.shim.creator import Creator
from tests.unit.chaincode.contracts.ledger import FakeStub, Ledger, Transaction
from tests.unit.chaincode.contracts.world import START, gtin

PRODUCTS = (gtin(1), gtin(2))
LOTS = ("A", "B", "C")
# Packs repackaged from lot A of the first product are in lot C of the second.
ORIGINS = {(PRODUCTS[1], "C"): (PRODUCTS[0], "A")}


@dataclass
class Pack:
    gtin: str
    lot: str
    number: int
    taken: bool = False


@dataclass
class Case:
    inside: list[Any] = field(default_factory=list)
    taken: bool = False


# Few products, lots and numbers, so that what is recalled and what is inside or taken out often meet.
scopes = st.sampled_from([(PRODUCTS[0], "A"), (PRODUCTS[0], "A"), (PRODUCTS[0], "B"), (PRODUCTS[1], "C")])
packs = st.builds(lambda scope, taken: Pack(*scope, 0, taken), scopes, st.booleans())
cases = st.builds(Case, st.lists(packs, min_size=1, max_size=3), st.booleans())
pallets = st.builds(Case, st.lists(st.one_of(packs, cases), min_size=1, max_size=3), st.booleans())
goods_of_all_kinds = st.one_of(
    packs, cases, pallets, st.builds(Case, st.lists(pallets, min_size=1, max_size=2))
)
ranges = st.tuples(st.integers(1, 6), st.integers(0, 2)).map(
    lambda pair: {"first": str(pair[0]), "last": str(pair[0] + pair[1])}
)


def recall_of(scope: tuple[str, str], whole: bool, serials: Any, ended: bool) -> Any:
    recall = {"gtin": scope[0], "kind": "recall", "status": "ended" if ended else "open"}
    return recall | ({} if whole else {"lot": scope[1]}) | ({"serials": serials} if serials else {})


recalls = st.builds(
    recall_of,
    scopes,
    st.sampled_from([True, False, False]),
    st.none() | ranges,
    st.sampled_from([True] + [False] * 3),
)


def inside(goods: Pack | Case) -> list[Pack]:
    """The packs that are still in it."""
    if isinstance(goods, Pack):
        return [goods]
    return [pack for one in goods.inside if not one.taken for pack in inside(one)]


def covered(pack: Pack, recall: Any) -> bool:
    """Whether a recall covers a pack, said as plainly as can be."""
    if recall["status"] == "ended":
        return False
    numbers = recall.get("serials")
    origin = ORIGINS.get((pack.gtin, pack.lot))
    if origin is not None and numbers is None and origin == (recall["gtin"], recall.get("lot", origin[1])):
        return True
    if (pack.gtin, pack.lot) != (recall["gtin"], recall.get("lot", pack.lot)):
        return False
    return numbers is None or int(numbers["first"]) <= pack.number <= int(numbers["last"])


class Shelf:
    """Writes goods to a ledger as packing leaves them."""

    def __init__(self) -> None:
        self.ledger = Ledger({}, START)
        self._containers = 0
        for product in PRODUCTS:
            for lot in LOTS:
                document: dict[str, Any] = {"doc": "lot", "gtin": product, "lot": lot}
                if (product, lot) in ORIGINS:
                    origin = ORIGINS[product, lot]
                    document["origins"] = [{"gtin": origin[0], "lot": origin[1]}]
                self.ledger.put("custody", keys.lot_key(product, lot), document)

    def put(self, goods: Pack | Case) -> tuple[str, Any]:
        """The goods' ref and document."""
        if isinstance(goods, Pack):
            serial = str(goods.number)
            document: Any = {
                "doc": "unit",
                "gtin": goods.gtin,
                "serial": serial,
                "lot": goods.lot,
                "period": 0,
                "tray": serial,
            }
            self.ledger.put("custody", keys.unit_key(goods.gtin, serial), document)
            return gs1.unit_ref(goods.gtin, serial), document
        self._containers += 1
        body = f"{self._containers:017d}"
        sscc = body + gs1.check_digit(body)
        children = [(one, *self.put(one)) for one in goods.inside]
        lots = sorted({(pack.gtin, pack.lot) for pack in inside(goods)})
        container = {
            "doc": "container",
            "sscc": sscc,
            "contents": [{"gtin": of, "lot": lot, "count": 1} for of, lot in lots],
            "taken": [ref for one, ref, _ in children if one.taken],
        }
        packing: dict[str, Any] = {"doc": "packing", "sscc": sscc, "trays": [], "children": []}
        for one, ref, document in children:
            if isinstance(one, Pack):
                name = [one.gtin, document["serial"]]
                packing["trays"].append(name)
                tray = {"gtin": one.gtin, "serial": name[1], "serials": name[1:], "left": [], "parent": sscc}
                self.ledger.put("custody", keys.tray_key(*name), tray)
            else:
                packing["children"].append(ref)
        self.ledger.put("custody", keys.packing_key(sscc), packing)
        self.ledger.put("custody", keys.period_key(f"00{sscc}", 0), container)
        return gs1.container_ref(sscc), container

    def recall(self, name: str, recall: Any) -> None:
        self.ledger.put("custody", keys.recall_key(name), recall | {"id": name})
        self.ledger.put("custody", keys.recalled_key(recall["gtin"], name), {"id": name})
        self.ledger.put("custody", keys.recalled_product_key(recall["gtin"]), {"gtin": recall["gtin"]})

    def refused(self, document: Any) -> bool:
        transaction = Transaction("move", START, Creator("MSP", b""))
        stub: Any = FakeStub(self.ledger, transaction, "custody", [b"Move"])
        try:
            asyncio.run(check_recalls(Context(stub), [document], ["what[0]"]))
        except Refusal as refusal:
            assert refusal.code == Code.RECALLED
            return True
        return False


def number(goods: Pack | Case, following: Iterator[int]) -> None:
    """Give each pack a serial number of its own."""
    if isinstance(goods, Pack):
        goods.number = next(following)
        return
    for one in goods.inside:
        number(one, following)


@settings(max_examples=600)
@given(goods_of_all_kinds, st.lists(recalls, min_size=1, max_size=2))
def test_refused_is_what_holds_a_recalled_pack(goods: Pack | Case, running: list[Any]) -> None:
    number(goods, itertools.count(1))
    shelf = Shelf()
    _, document = shelf.put(goods)
    for place, recall in enumerate(running):
        shelf.recall(f"R-{place}", recall)
    expected = any(covered(pack, recall) for pack in inside(goods) for recall in running)
    assert shelf.refused(document) is expected
