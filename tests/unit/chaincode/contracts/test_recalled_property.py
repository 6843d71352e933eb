"""Whatever is recalled, and however goods are nested: refused is exactly what holds a recalled pack."""

from __future__ import annotations

import asyncio
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


packs = st.builds(Pack, st.sampled_from(PRODUCTS), st.sampled_from(LOTS), st.integers(1, 200), st.booleans())
nested = st.recursive(
    packs,
    lambda inner: st.builds(Case, st.lists(inner, min_size=1, max_size=4), st.booleans()),
    max_leaves=12,
)
recalls = st.fixed_dictionaries(
    {
        "gtin": st.sampled_from(PRODUCTS),
        "status": st.sampled_from(["open", "open", "ended"]),
        "kind": st.just("recall"),
    },
    optional={
        "lot": st.sampled_from(LOTS),
        "serials": st.tuples(st.integers(1, 200), st.integers(0, 60)).map(
            lambda pair: {"first": str(pair[0]), "last": str(pair[0] + pair[1])}
        ),
    },
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
            document: Any = {"doc": "unit", "gtin": goods.gtin, "serial": serial, "lot": goods.lot}
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
        refs = [ref for _, ref, _ in children]
        packing = {"doc": "packing", "sscc": sscc, "children": refs, "periods": [1] * len(refs)}
        self.ledger.put("custody", keys.packing_key(sscc), packing)
        self.ledger.put("custody", keys.container_period_key(sscc, 1), container)
        return gs1.container_ref(sscc), container

    def recall(self, name: str, recall: Any) -> None:
        self.ledger.put("custody", keys.recall_key(name), recall | {"id": name})
        self.ledger.put("custody", keys.recalled_key(recall["gtin"], name), {"id": name})

    def refused(self, document: Any) -> bool:
        transaction = Transaction("move", START, Creator("MSP", b""))
        stub: Any = FakeStub(self.ledger, transaction, "custody", [b"Move"])
        try:
            asyncio.run(check_recalls(Context(stub), [document], ["what[0]"]))
        except Refusal as refusal:
            assert refusal.code == Code.RECALLED
            return True
        return False


def distinct(goods: Pack | Case, seen: set[tuple[str, int]]) -> bool:
    """Whether no serial number is there twice, taken out or not."""
    if isinstance(goods, Pack):
        known = (goods.gtin, goods.number) in seen
        seen.add((goods.gtin, goods.number))
        return not known
    return len([one for one in goods.inside if distinct(one, seen)]) == len(goods.inside)


@settings(max_examples=150)
@given(nested, st.lists(recalls, max_size=4))
def test_refused_is_what_holds_a_recalled_pack(goods: Pack | Case, running: list[Any]) -> None:
    if not distinct(goods, set()):
        return
    shelf = Shelf()
    _, document = shelf.put(goods)
    for number, recall in enumerate(running):
        shelf.recall(f"R-{number}", recall)
    expected = any(covered(pack, recall) for pack in inside(goods) for recall in running)
    assert shelf.refused(document) is expected
