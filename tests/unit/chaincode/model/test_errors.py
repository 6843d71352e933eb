"""Codes, their statuses, and how a refusal travels."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model.errors import Code, MediLedgerError, Refusal

# The table that clients rely on, written out: a code that moves or is new must be put here too.
STATUSES = {
    400: """invalid_argument function_unknown gtin_check_digit gln_check_digit sscc_check_digit serial_invalid
        lot_invalid batch_too_large""",
    403: "not_authorised role_required licence_missing licence_expired not_custodian wrong_receiver",
    404: """party_unknown product_unknown lot_unknown unit_unknown container_unknown transfer_unknown
        device_unknown anchor_unknown excursion_unknown parameter_unknown""",
    409: """party_exists product_exists lot_exists serial_duplicate sscc_exists transfer_exists device_exists
        anchor_exists parameter_exists transfer_closed offer_pending unit_packed container_packed not_packed
        held not_held lot_expired lot_not_released unit_dispensed container_unpacked device_not_attached""",
}


def test_the_status_of_every_code() -> None:
    expected = {name: status for status, names in STATUSES.items() for name in names.split()}
    assert {code.value: code.status for code in Code} == expected


@given(st.sampled_from(Code), st.text(), st.none() | st.text(min_size=1))
def test_round_trip(code: Code, message: str, field: str | None) -> None:
    refusal = Refusal(code, message, field)
    read = Refusal.parse(refusal.to_json())
    assert read is not None
    assert (read.code, read.message, read.field) == (code, message, field)
    assert str(read) == message


def test_as_json() -> None:
    assert Refusal(Code.HELD, "ü", "what[0]").to_json() == '{"code":"held","field":"what[0]","message":"ü"}'
    assert json.loads(Refusal(Code.HELD, "x").to_json()) == {"code": "held", "message": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "internal error",
        "[]",
        "null",
        "7",
        "{}",
        '{"code":"held"}',
        '{"code":"no_such_code","message":"x"}',
        '{"code":[],"message":"x"}',
    ],
)
def test_any_other_text_is_no_refusal(text: str) -> None:
    assert Refusal.parse(text) is None


def test_is_an_error_of_the_project() -> None:
    assert issubclass(Refusal, MediLedgerError)
