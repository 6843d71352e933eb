"""What becomes of units and containers; no function changes what it was given."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from chaincode.model.documents.goods import Container, Lot, Unit
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods

MAKER, OTHER = "9521234000013", "9521234000020"
SSCC = "095212340000000015"


def unit(**more: Any) -> Unit:
    return {  # type: ignore[typeddict-item,return-value]
        "doc": "unit",
        "gtin": "09521234000013",
        "serial": "S1",
        "lot": "L",
        "status": "commissioned",
        "commissioned_at": 1,
        "owner": MAKER,
        "custodian": MAKER,
        **more,
    }


def container(**more: Any) -> Container:
    return {  # type: ignore[typeddict-item,return-value]
        "doc": "container",
        "sscc": SSCC,
        "children": [],
        "status": "packed",
        "storage": {"min_mc": 2_000, "max_mc": 8_000},
        "packed_at": 1,
        "packed_by": MAKER,
        "owner": MAKER,
        "custodian": MAKER,
        **more,
    }


CHANGES: list[tuple[Callable[[Any], Any], dict[str, Any], dict[str, Any]]] = [
    (lambda one: goods.packed(one, SSCC), {"parent": SSCC}, {"owner": MAKER, "custodian": MAKER}),
    (lambda one: goods.offered(one, "T"), {"offer": "T"}, {}),
    (lambda one: goods.no_longer_offered(one | {"offer": "T"}), {}, {}),
    (lambda one: goods.moved(one | {"offer": "T"}, OTHER), {"owner": OTHER, "custodian": OTHER}, {}),
    (lambda one: goods.quarantined(one, "why"), {"hold": "quarantine", "hold_reason": "why"}, {}),
    (lambda one: goods.released(goods.quarantined(one, "why")), {}, {}),
]


@pytest.mark.parametrize("before", [unit(), container()], ids=["unit", "container"])
@pytest.mark.parametrize(("change", "gets", "loses"), CHANGES)
def test_changes(
    before: Any, change: Callable[[Any], Any], gets: dict[str, Any], loses: dict[str, Any]
) -> None:
    kept = deepcopy(before)
    after = change(before)
    assert before == kept
    assert after == {name: value for name, value in before.items() if name not in loses} | gets


def test_unpacked_takes_over_custody_and_hold() -> None:
    outer = container(owner=MAKER, custodian=OTHER, hold="quarantine", hold_reason="why")
    inside = goods.packed(unit(), SSCC)
    assert goods.unpacked(inside, outer) == unit(custodian=OTHER, hold="quarantine", hold_reason="why")
    assert goods.unpacked(inside, container()) == unit()


def test_unpacked_keeps_a_hold_of_its_own() -> None:
    inner = container(parent=SSCC, hold="quarantine", hold_reason="its own")
    assert goods.unpacked(inner, container())["hold_reason"] == "its own"


def test_dispensed() -> None:
    assert goods.dispensed(unit(), 7) == unit(status="dispensed", dispensed_at=7)


def lot(status: str = "released", expiry: str = "2026-06-30") -> Lot:
    return {  # type: ignore[typeddict-item]
        "doc": "lot",
        "gtin": "09521234000013",
        "lot": "L",
        "manufacturer": MAKER,
        "expiry": expiry,
        "manufactured": "2026-01-01",
        "status": status,
        "created_at": 1,
    }


CHECKS: list[tuple[Callable[[], None], Code | None]] = [
    (lambda: goods.loose(unit(), "f"), None),
    (lambda: goods.loose(unit(parent=SSCC), "f"), Code.UNIT_PACKED),
    (lambda: goods.loose(container(parent=SSCC), "f"), Code.CONTAINER_PACKED),
    (lambda: goods.in_custody(unit(), MAKER, "f"), None),
    (lambda: goods.in_custody(unit(), OTHER, "f"), Code.NOT_CUSTODIAN),
    (lambda: goods.in_custody(goods.packed(unit(), SSCC), MAKER, "f"), Code.NOT_CUSTODIAN),
    (lambda: goods.not_offered(unit(), "f"), None),
    (lambda: goods.not_offered(unit(offer="T"), "f"), Code.OFFER_PENDING),
    (lambda: goods.not_held(container(), "f"), None),
    (lambda: goods.not_held(container(hold="quarantine"), "f"), Code.HELD),
    (lambda: goods.in_circulation(unit(), "f"), None),
    (lambda: goods.in_circulation(unit(status="dispensed"), "f"), Code.UNIT_DISPENSED),
    (lambda: goods.in_circulation(container(), "f"), None),
    (lambda: goods.in_circulation(container(status="unpacked"), "f"), Code.CONTAINER_UNPACKED),
    (lambda: goods.marketable(lot(), "2026-06-30", "f"), None),
    (lambda: goods.marketable(lot(), "2026-07-01", "f"), Code.LOT_EXPIRED),
    (lambda: goods.marketable(lot("recalled"), "2026-01-02", "f"), Code.LOT_NOT_RELEASED),
    (lambda: goods.marketable(lot("withdrawn"), "2026-07-01", "f"), Code.LOT_NOT_RELEASED),
]


@pytest.mark.parametrize(("check", "code"), CHECKS)
def test_checks(check: Callable[[], None], code: Code | None) -> None:
    if code is None:
        check()
        return
    with pytest.raises(Refusal) as refused:
        check()
    assert (refused.value.code, refused.value.field) == (code, "f")
