"""Packed periods as they are written: the same for every pack of a case, and whole again when read."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import canonical
from chaincode.model.periods import packed, whole

GTIN, SSCC = "09521234000013", "095212340000000018"
LOOSE = {"owner": "9521234000013", "owner_msp": "MakerMSP", "custodian": "9521234000013"}
serials = st.text("ABC019!%/-", min_size=1, max_size=20)


def pack(serial: str, period: int = 0, **more: Any) -> dict[str, Any]:
    own = {"gtin": GTIN, "serial": serial, "lot": "L1", "status": "commissioned", "commissioned_at": 1}
    return {"doc": "unit", "period": period} | own | LOOSE | more


@given(serials, st.integers(0, 40).map(lambda number: 2 * number), st.booleans())
def test_a_packed_unit_is_whole_again_when_it_is_read(
    serial: str, period: int, made_of_another: bool
) -> None:
    loose = pack(serial, period, **({"origin": "R-1"} if made_of_another else {}))
    again = whole(packed(loose | {"taken_at": 2, "offer": "T-1"}, SSCC), GTIN, serial)
    kept = {name: value for name, value in loose.items() if name not in LOOSE}
    assert again == kept | {"parent": SSCC, "period": period + 1}


@given(serials, serials)
def test_two_packs_of_a_case_are_written_alike(one: str, other: str) -> None:
    assert canonical.dumps(packed(pack(one), SSCC)) == canonical.dumps(packed(pack(other), SSCC))


def test_a_loose_unit_is_read_as_it_is_written() -> None:
    assert whole(pack("S1"), GTIN, "S1") == pack("S1")


def test_no_word_of_another_pack_stands_in_a_packed_period() -> None:
    written = packed(pack("S1"), SSCC) | {"gtin": "0", "serial": "S2", "status": "dispensed"}
    assert whole(written, GTIN, "S1") == whole(packed(pack("S1"), SSCC), GTIN, "S1")


def test_a_container_keeps_what_it_says_of_itself() -> None:
    container = {"doc": "container", "sscc": SSCC, "period": 2, "status": "packed", "taken_at": 5} | LOOSE
    expected = {"doc": "container", "sscc": SSCC, "period": 3, "status": "packed", "parent": "1"}
    assert packed(container, "1") == expected
