"""Element strings: a barcode's and a person's, each read and written without loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import element_strings
from chaincode.model.application_identifiers import TABLE, Element
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.model.gs1_strategies import elements

GS = element_strings.SEPARATOR
PACK = (Element("01", "06291041500213"), Element("21", "A(1)"), Element("10", "L7"), Element("17", "270600"))


def test_a_pack_in_both_forms() -> None:
    raw = f"010629104150021321A(1){GS}10L7{GS}17270600"
    bracketed = "(01)06291041500213(21)A\\(1)(10)L7(17)270600"
    assert element_strings.raw(PACK) == raw
    assert element_strings.bracketed(PACK) == bracketed
    for text in (raw, bracketed, f"]d2{raw}", f"]C1{raw}", f"{GS}{raw}", f"{raw}{GS}"):
        assert element_strings.parse(text, "scan") == PACK


def test_a_pallet() -> None:
    text = f"003761042500212345690206291041500213371000{GS}15270630330200012510L7"
    assert [(each.ai, each.value) for each in element_strings.parse(text, "scan")] == [
        ("00", "376104250021234569"),
        ("02", "06291041500213"),
        ("37", "1000"),
        ("15", "270630"),
        ("3302", "000125"),
        ("10", "L7"),
    ]


@given(elements())
def test_raw_round_trip(given_elements: tuple[Element, ...]) -> None:
    assert element_strings.parse(element_strings.raw(given_elements), "scan") == given_elements


@given(elements())
def test_bracketed_round_trip(given_elements: tuple[Element, ...]) -> None:
    assert element_strings.parse(element_strings.bracketed(given_elements), "scan") == given_elements


def test_no_ai_begins_another() -> None:
    for ai in TABLE:
        assert not any(other != ai and other.startswith(ai) for other in TABLE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.INVALID_ARGUMENT),
        (GS, Code.INVALID_ARGUMENT),
        ("]d2", Code.INVALID_ARGUMENT),
        ("hello", Code.INVALID_ARGUMENT),
        ("0", Code.INVALID_ARGUMENT),
        ("(01)06291041500213(21)", Code.INVALID_ARGUMENT),
        ("(01)06291041500213(21)A(B", Code.INVALID_ARGUMENT),
        ("(01)06291041500213(21)A\\B", Code.INVALID_ARGUMENT),
        ("(05)06291041500213", Code.INVALID_ARGUMENT),
        ("(01)06291041500213(01)06291041500213", Code.INVALID_ARGUMENT),
        ("(01)06291041500214", Code.GTIN_CHECK_DIGIT),
        ("(02)6291041500213", Code.INVALID_ARGUMENT),
        ("(00)376104250021234560", Code.SSCC_CHECK_DIGIT),
        ("(414)6291041500214", Code.GLN_CHECK_DIGIT),
        ("(17)271301", Code.INVALID_ARGUMENT),
        ("(37)123456789", Code.INVALID_ARGUMENT),
        ("(10)L 7", Code.INVALID_ARGUMENT),
        (f"10{'L' * 21}", Code.INVALID_ARGUMENT),
        (f"10L7{GS}{GS}21A", Code.INVALID_ARGUMENT),
        ("0106291041500", Code.INVALID_ARGUMENT),
        ("(402)70614141123456789", Code.INVALID_ARGUMENT),
        ("(00)" * 2000, Code.INVALID_ARGUMENT),
    ],
)
def test_no_element_string(text: str, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        element_strings.parse(text, "scan")
    assert (refused.value.code, refused.value.field) == (code, "scan")


@given(st.text(alphabet="()01237A\\" + GS, max_size=60) | st.text(max_size=60))
def test_nothing_but_refusals(text: str) -> None:
    try:
        read = element_strings.parse(text, "scan")
    except Refusal:
        return
    assert element_strings.parse(element_strings.raw(read), "scan") == read
