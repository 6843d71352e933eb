from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chaincode.model import gs1
from gateway.core import fields

serials = st.text(gs1.CSET_82, min_size=1, max_size=20)
bodies = st.text("0123456789", min_size=13, max_size=13)


def code(field: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(field).validate_python(value)
    return caught.value.errors()[0]["type"]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (fields.Gtin, "09521234100011", "gtin_check_digit"),
        (fields.Gtin, 9521234100010, "invalid_argument"),
        (fields.Gln, "9521234000012", "gln_check_digit"),
        (fields.Sscc, "095212340000000012", "sscc_check_digit"),
        (fields.Serial, "A" * 21, "serial_invalid"),
        (fields.Serial, "ä", "serial_invalid"),
        (fields.LotNumber, "", "lot_invalid"),
        (fields.Ref, "01095212341000", "invalid_argument"),
        (fields.UnitRef, "00095212340000000013", "invalid_argument"),
        (fields.Ref, None, "invalid_argument"),
    ],
)
def test_a_wrong_key_has_the_ledgers_code(field: Any, value: object, expected: str) -> None:
    assert code(field, value) == expected


def test_a_rule_with_braces_is_told_as_it_is() -> None:
    assert code(fields.Gtin, "{0}") == "invalid_argument"


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "a\x00b", "x" * 201])
def test_texts_that_are_none(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(fields.Text).validate_python(text)


@given(bodies, serials)
def test_good_refs_stay_as_they_are(body: str, serial: str) -> None:
    ref = gs1.unit_ref(body + gs1.check_digit(body), serial)
    assert TypeAdapter(fields.UnitRef).validate_python(ref) == ref
    assert TypeAdapter(fields.Ref).validate_python(ref) == ref
