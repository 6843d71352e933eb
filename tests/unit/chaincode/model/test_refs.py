"""Refs in every form of GS1's become the ledger's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import digital_link, element_strings, gs1, refs
from chaincode.model.application_identifiers import TABLE, Element
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.model.gs1_strategies import element_of, elements

FORMS = [
    element_strings.raw,
    element_strings.bracketed,
    lambda given: digital_link.canonical(given, "scan").uri(),
    lambda given: "]d2" + element_strings.raw(given),
]
besides = elements(*sorted(set(TABLE) - {"00", "01", "02", "21"}), minimum=0)


@given(st.data(), besides, element_of("01"), element_of("21"), st.sampled_from(FORMS))
def test_a_unit(data, besides, gtin, serial, form) -> None:  # type: ignore[no-untyped-def]
    scan = tuple(data.draw(st.permutations([gtin, serial, *besides])))
    assert refs.normal(form(scan), "ref") == gs1.unit_ref(gtin.value, serial.value)


@given(st.data(), besides, element_of("00"), st.sampled_from(FORMS))
def test_a_container(data, besides, sscc, form) -> None:  # type: ignore[no-untyped-def]
    scan = tuple(data.draw(st.permutations([sscc, *besides])))
    assert refs.normal(form(scan), "ref") == gs1.container_ref(sscc.value)


@given(element_of("01"), element_of("21"))
def test_the_normal_form_is_itself(gtin: Element, serial: Element) -> None:
    ref = gs1.unit_ref(gtin.value, serial.value)
    assert refs.normal(ref, "ref") == ref


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, Code.INVALID_ARGUMENT),
        (7, Code.INVALID_ARGUMENT),
        ("", Code.INVALID_ARGUMENT),
        ("(01)06291041500213", Code.INVALID_ARGUMENT),
        ("(21)A", Code.INVALID_ARGUMENT),
        ("(01)06291041500213(21)A(00)376104250021234569", Code.INVALID_ARGUMENT),
        ("https://id.gs1.org/414/6291041500213", Code.INVALID_ARGUMENT),
        ("(01)06291041500214(21)A", Code.GTIN_CHECK_DIGIT),
        ("010629104150021321A#", Code.SERIAL_INVALID),
    ],
)
def test_no_ref(value: object, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        refs.normal(value, "children[2]")
    assert (refused.value.code, refused.value.field) == (code, "children[2]")
