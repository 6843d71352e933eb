"""Trays: which packs are in one, and what each has of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import trays
from chaincode.model.periods import whole

GTIN = "09521234000013"
LOOSE = {"owner": "9521234000013", "owner_msp": "MakerMSP", "custodian": "9521234000013"}
serials = st.lists(st.text("AB019", min_size=1, max_size=6), min_size=1, max_size=250, unique=True)


def tray(inside: list[str], **more: Any) -> Any:
    own = {
        "gtin": GTIN,
        "serial": inside[0],
        "lot": "L1",
        "commissioned_at": 1,
        "serials": inside,
        "left": [],
    }
    return {"doc": "tray"} | own | LOOSE | more


def born(serial: str, first: str = "S1", **more: Any) -> dict[str, Any]:
    written = {"doc": "unit", "period": 0, "lot": "L1", "tray": first, "commissioned_at": 1} | more
    return whole(written, GTIN, serial)


@given(serials)
def test_every_new_pack_is_in_one_tray(new: list[str]) -> None:
    divided = trays.divided(new)
    assert [serial for inside in divided for serial in inside] == new
    assert all(0 < len(inside) <= trays.SIZE for inside in divided)
    assert len(divided) == -(-len(new) // trays.SIZE)


@given(serials, st.data())
def test_who_leaves_is_no_longer_in_it(inside: list[str], data: st.DataObject) -> None:
    left = data.draw(st.lists(st.sampled_from(inside), unique=True))
    first, rest = left[: len(left) // 2], left[len(left) // 2 :]
    after: Any = trays.less(trays.less(tray(inside), first), rest)  # type: ignore[arg-type]
    assert after["left"] == left
    assert trays.remaining(after) == [serial for serial in inside if serial not in left]


def test_a_pack_has_owner_and_custodian_or_container_from_its_tray() -> None:
    loose = trays.pack_in(tray(["S1", "S2"], origin="R-1"), "S2")
    assert loose == born("S2", origin="R-1") | LOOSE
    packed: Any = trays.packed(tray(["S1", "S2"]), "095212340000000018")
    assert trays.pack_in(packed, "S2") == born("S2") | {"parent": "095212340000000018"}


def test_a_pack_that_leaves_begins_a_period_of_its_own() -> None:
    own = trays.out_of(trays.pack_in(tray(["S1"]), "S1") | {"status": "dispensed"})
    expected = {name: value for name, value in born("S1").items() if name != "tray"}
    assert own == expected | LOOSE | {"period": 1, "status": "dispensed"}


@pytest.mark.parametrize(
    "told", [{"serials": ["S1"]}, {"lot": "L2"}, {"commissioned_at": 2}, {"origin": "R-1"}]
)
def test_a_tray_that_is_not_the_packs(told: dict[str, Any]) -> None:
    assert trays.names(tray(["S1", "S2"]), born("S2"))
    assert not trays.names(tray(["S1", "S2"]) | told, born("S2"))


@pytest.mark.parametrize(
    "told",
    [
        {"serials": "S1S2"},
        {"serials": None},
        {"serials": ["S1", 2]},
        {"left": 3},
        {"left": {"S1": 1}},
        {"gtin": "0"},
        {"serial": "S2"},
    ],
)
def test_what_is_no_tray(told: dict[str, Any]) -> None:
    assert trays.is_tray(tray(["S1", "S2"]), (GTIN, "S1"))
    assert not trays.is_tray(tray(["S1", "S2"]) | told, (GTIN, "S1"))


@pytest.mark.parametrize("found", [None, [], "tray", 5])
def test_what_is_not_even_a_document(found: Any) -> None:
    assert not trays.is_tray(found, (GTIN, "S1"))


@pytest.mark.parametrize("said", [{}, {"tray": None}, {"tray": 5}, {"tray": ["S1"]}])
def test_whatever_a_pack_names_it_is_looked_up_as_one(said: dict[str, Any]) -> None:
    gtin, first = trays.place_of({"gtin": GTIN} | said)
    assert (gtin, isinstance(first, str)) == (GTIN, True)
