"""The record of goods: what follows from what."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import standing

REF = "010952123400001321S1"
CASE, OTHER = "095212340000000015", "095212340000000022"


def born(**more: Any) -> Any:
    said = {"doc": "unit", "serial": "S1", "period": 0, "lot": "L", "commissioned_at": 1, "tray": "S1"}
    return said | more


def own(period: int, parent: str | None = None, **more: Any) -> Any:
    """A period of the pack's own, loose or in a container."""
    held = {"owner": "o", "owner_msp": "MakerMSP", "custodian": "o"} if parent is None else {"parent": parent}
    return {"doc": "unit", "serial": "S1", "period": period, "lot": "L"} | held | more


def tray(**more: Any) -> Any:
    said = {"doc": "tray", "serial": "S1", "lot": "L", "commissioned_at": 1, "serials": ["S1", "S2"]}
    return said | {"left": []} | more


def case(**more: Any) -> Any:
    return {"status": "packed", "taken": []} | more


def container(period: int, parent: str | None = None) -> Any:
    return {"doc": "container", "sscc": OTHER, "period": period} | ({"parent": parent} if parent else {})


IN_CASE = tray(parent=CASE)
LEFT = tray(left=["S2", "S1"])


@pytest.mark.allows("standing.unbroken")
@pytest.mark.parametrize(
    ("periods", "of", "containers"),
    [
        ([born()], tray(), {}),
        ([born()], tray(left=["S2"]), {}),
        ([born()], IN_CASE, {CASE: case()}),
        ([born()], IN_CASE, {CASE: case(taken=["another"])}),
        ([born(), own(1)], IN_CASE, {CASE: case(taken=[REF])}),
        ([born(), own(1)], IN_CASE, {CASE: case(status="unpacked")}),
        ([born(), own(1)], LEFT, {}),
        ([born(), own(1)], tray(left=["S1"], parent=CASE), {}),
        ([born(), own(1, CASE)], LEFT, {CASE: case()}),
        ([born(), own(1, CASE), own(2)], LEFT, {CASE: case(taken=[REF])}),
        ([born(), own(1, OTHER)], IN_CASE, {CASE: case(taken=[REF]), OTHER: case()}),
    ],
)
def test_a_record_that_holds_together(periods: list[Any], of: Any, containers: dict[str, Any]) -> None:
    standing.unbroken(REF, periods, of, containers, "ref")


@pytest.mark.allows("standing.unbroken")
@pytest.mark.parametrize(
    ("periods", "containers"),
    [
        ([container(0)], {}),
        ([container(0, CASE)], {CASE: case()}),
        ([container(0, CASE), container(1)], {CASE: case(taken=[f"00{OTHER}"])}),
    ],
)
def test_a_container_says_that_it_was_packed(periods: list[Any], containers: dict[str, Any]) -> None:
    standing.unbroken(f"00{OTHER}", periods, None, containers, "ref")


@pytest.mark.refuses("standing.unbroken")
@pytest.mark.parametrize(
    ("periods", "of", "containers"),
    [
        ([own(1)], tray(), {}),
        ([born(), own(2)], LEFT, {}),
        ([born()], None, {}),
        ([born()], tray(serials=["S2"]), {}),
        ([born()], tray(lot="M"), {}),
        ([born(origin="R")], tray(), {}),
        ([born()], LEFT, {}),
        ([born(), own(1)], tray(), {}),
        ([born(), own(1, lot="M")], LEFT, {}),
        ([born()], IN_CASE, {}),
        ([born()], IN_CASE, {CASE: case(taken=[REF])}),
        ([born()], IN_CASE, {CASE: case(status="unpacked")}),
        ([born()], IN_CASE, {CASE: {}}),
        ([born()], IN_CASE, {CASE: case(taken=REF)}),
        ([born(), own(1)], IN_CASE, {CASE: case()}),
        ([born(), own(1), own(2)], LEFT, {}),
        ([born(), own(1, CASE), own(2)], LEFT, {CASE: case()}),
        ([born(), own(1, CASE)], LEFT, {OTHER: case()}),
    ],
)
def test_a_forged_record(periods: list[Any], of: Any, containers: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        standing.unbroken(REF, periods, of, containers, "ref")
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "ref")


@pytest.mark.refuses("standing.unbroken")
def test_a_container_taken_out_without_its_word() -> None:
    with pytest.raises(Refusal, match="has not ended"):
        standing.unbroken(f"00{OTHER}", [container(0), container(1)], None, {}, "ref")


@pytest.mark.allows("standing.inside")
def test_listed_in_the_container_that_it_is_in() -> None:
    standing.inside(REF, CASE, CASE, "children[0]")


@pytest.mark.refuses("standing.inside")
@pytest.mark.parametrize("parent", [None, OTHER, 5], ids=["loose", "in another", "in nothing"])
def test_listed_in_a_container_that_it_is_not_in(parent: object) -> None:
    with pytest.raises(Refusal) as refused:
        standing.inside(REF, parent, CASE, "children[0]")
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "children[0]")
