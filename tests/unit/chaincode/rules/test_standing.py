"""The record of goods: what follows from what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import standing
from chaincode.rules.standing import Packed

REF = "010952123400001321S1"
CASE, OTHER = "095212340000000015", "095212340000000022"


def loose(period: int, **more: Any) -> Any:
    return {"doc": "unit", "period": period, "owner": "o", "owner_msp": "MakerMSP", "custodian": "o"} | more


def inside(period: int = 1, parent: str = CASE) -> Any:
    return {"doc": "unit", "period": period, "parent": parent, "part": "0"}


def packed(**changes: Any) -> dict[tuple[str, str], Packed]:
    """The case with the unit in it since period 1, as sealed by its maker."""
    container: Any = {"status": "packed", "taken": []} | changes.pop("container", {})
    packing: Any = {"children": [REF], "periods": [1], "msp_id": "MakerMSP"} | changes.pop("packing", {})
    return {(CASE, "0"): Packed.of(packing, changes.pop("sealed", True), container)}


def packed_again() -> dict[tuple[str, str], Packed]:
    """The same, taken out and packed into another case since period 3."""
    container: Any = {"status": "packed", "taken": []}
    packing: Any = {"children": [REF], "periods": [3], "msp_id": "MakerMSP"}
    return packed(container={"taken": [REF]}) | {(OTHER, "0"): Packed.of(packing, True, container)}


@pytest.mark.allows("standing.unbroken")
def test_packed_again() -> None:
    periods = [loose(0), inside(), loose(2, ended=True), inside(3, OTHER)]
    standing.unbroken(REF, periods, packed_again(), "ref")


def on_pallet(**more: Any) -> list[Any]:
    """The periods of a case that was packed, the first with ``more``."""
    return [loose(0, doc="container", **more), inside()]


def palletised() -> dict[tuple[str, str], Packed]:
    return packed(packing={"children": [f"00{OTHER}"]})


@pytest.mark.allows("standing.unbroken")
def test_a_container_says_that_it_was_packed() -> None:
    standing.unbroken(f"00{OTHER}", on_pallet(ended=True), palletised(), "ref")


@pytest.mark.refuses("standing.unbroken")
def test_a_container_packed_without_its_word() -> None:
    with pytest.raises(Refusal, match="has not ended"):
        standing.unbroken(f"00{OTHER}", on_pallet(), palletised(), "ref")


@pytest.mark.allows("standing.unbroken")
@pytest.mark.parametrize(
    ("periods", "container"),
    [
        ([loose(0)], {}),
        ([loose(0), inside()], {}),
        ([loose(0), inside()], {"taken": ["another"]}),
        ([loose(0), inside(), loose(2, owner_msp="PharmacyMSP")], {"taken": [REF]}),
        ([loose(0), inside(), loose(2)], {"status": "unpacked"}),
    ],
)
def test_a_record_that_holds_together(periods: list[Any], container: dict[str, Any]) -> None:
    standing.unbroken(REF, periods, packed(container=container), "ref")


@pytest.mark.refuses("standing.unbroken")
@pytest.mark.parametrize(
    ("periods", "packings"),
    [
        ([loose(1)], packed()),
        ([inside(0)], packed()),
        ([loose(0), loose(1)], packed()),
        ([loose(0), inside()], {}),
        ([loose(0), inside()], packed(packing={"children": ["another"]})),
        ([loose(0), inside()], packed(packing={"periods": [3]})),
        ([loose(0), inside()], packed(sealed=False)),
        ([loose(0), inside()], packed(packing={"msp_id": "WholesalerMSP"})),
        ([loose(0, owner_msp="WholesalerMSP"), inside()], packed()),
        ([loose(0), inside()], packed(container={"taken": [REF]})),
        ([loose(0), inside()], packed(container={"status": "unpacked"})),
        ([loose(0), inside(), loose(2)], packed()),
        ([loose(0), inside(), loose(2, ended=True)], packed(container={"taken": [REF]})),
        ([loose(0), inside(), loose(2), inside(3, OTHER)], packed_again()),
    ],
)
def test_a_forged_record(periods: list[Any], packings: dict[tuple[str, str], Packed]) -> None:
    with pytest.raises(Refusal) as refused:
        standing.unbroken(REF, periods, packings, "ref")
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "ref")


@dataclass(frozen=True)
class Placed:
    """Goods in a container, or in none."""

    document: Any
    around: tuple[Any, ...] = ()
    ref: str = REF
    owner: str = "o"
    custodian: str = "o"


@pytest.mark.allows("standing.inside")
def test_taken_out_of_the_container_that_it_is_in() -> None:
    case = Placed({}, ref=f"00{CASE}")
    standing.inside(Placed(inside(), (case,)), f"00{CASE}", 1, "children[0]")


@pytest.mark.refuses("standing.inside")
@pytest.mark.parametrize(
    "goods",
    [
        Placed(loose(0)),
        Placed(inside(), (Placed({}, ref="00095212340000000022"),)),
        Placed(inside(3), (Placed({}, ref=f"00{CASE}"),)),
    ],
    ids=["loose", "in another", "in it again"],
)
def test_taken_out_of_a_container_that_it_is_not_in(goods: Placed) -> None:
    with pytest.raises(Refusal) as refused:
        standing.inside(goods, f"00{CASE}", 1, "children[0]")
    assert (refused.value.code, refused.value.field) == (Code.RECORD_FORGED, "children[0]")
