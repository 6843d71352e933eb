"""Periods of goods as they are written: the same for a hundred packs, and whole again when read."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import canonical
from chaincode.model.periods import packed, whole, written

GTIN, SSCC = "09521234000013", "095212340000000018"
LOOSE = {"owner": "9521234000013", "owner_msp": "MakerMSP", "custodian": "9521234000013"}
serials = st.text("ABC019!%/-", min_size=1, max_size=20)
periods = st.integers(1, 40)
statuses = st.sampled_from(["commissioned", "dispensed", "decommissioned", "repackaged"])


def pack(serial: str, period: int = 1, status: str = "commissioned", **more: Any) -> dict[str, Any]:
    own = {"gtin": GTIN, "serial": serial, "lot": "L1", "status": status, "commissioned_at": 1}
    return {"doc": "unit", "period": period} | own | LOOSE | more


def born(serial: str) -> dict[str, Any]:
    document = {name: value for name, value in pack(serial, 0).items() if name not in LOOSE}
    return document | {"tray": "S1"}


@given(serials, periods, statuses, st.booleans())
def test_a_loose_unit_is_whole_again(serial: str, period: int, status: str, from_others: bool) -> None:
    document = pack(serial, period, status, **({"origin": "R-1"} if from_others else {}))
    assert whole(written(document), GTIN, serial) == document


@given(serials, periods, st.booleans())
def test_a_packed_unit_is_whole_again(serial: str, period: int, from_others: bool) -> None:
    document = pack(serial, period, **({"origin": "R-1"} if from_others else {}))
    again = whole(written(packed(document | {"taken_at": 2, "offer": "T-1"}, SSCC)), GTIN, serial)
    kept = {name: value for name, value in document.items() if name not in LOOSE}
    assert again == kept | {"taken_at": 2, "parent": SSCC}


@given(serials)
def test_a_unit_in_its_tray_is_whole_again(serial: str) -> None:
    assert whole(written(born(serial)), GTIN, serial) == born(serial)
    assert written(born(serial)).keys() == {"doc", "period", "lot", "commissioned_at", "tray"}


@given(serials, serials)
def test_two_packs_of_a_tray_are_written_alike(one: str, other: str) -> None:
    for state in (born, pack, lambda serial: packed(pack(serial), SSCC)):
        assert canonical.dumps(written(state(one))) == canonical.dumps(written(state(other)))


def test_no_word_of_another_pack_stands_in_a_period() -> None:
    for document in (pack("S1"), packed(pack("S1"), SSCC), born("S1")):
        forged = {**written(document), "gtin": "0", "serial": "S2"}
        assert whole(forged, GTIN, "S1") == document
    for document in (packed(pack("S1"), SSCC), born("S1")):
        assert whole({**written(document), "status": "dispensed"}, GTIN, "S1") == document


def test_a_container_keeps_what_it_says_of_itself() -> None:
    container = {"doc": "container", "sscc": SSCC, "period": 2, "status": "packed", "taken_at": 5}
    expected = container | {"parent": "1"}
    assert written(packed(container | LOOSE, "1")) == expected
