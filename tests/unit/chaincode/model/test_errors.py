"""Codes, their statuses, and how a refusal travels."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model.errors import Code, MediLedgerError, Refusal


def test_unknown_documents_are_not_found_and_only_they() -> None:
    assert {code.value.endswith("_unknown") for code in Code if code.status == 404} == {True}
    others = {code.status for code in Code if not code.value.endswith("_unknown")}
    assert others == {400, 403, 409}


@given(st.sampled_from(Code), st.text(), st.none() | st.text(min_size=1))
def test_round_trip(code: Code, message: str, field: str | None) -> None:
    refusal = Refusal(code, message, field, rule=field, rules=7)
    read = Refusal.parse(refusal.to_json())
    assert read is not None
    assert (read.code, read.message, read.field) == (code, message, field)
    assert (read.rule, read.rules) == (field, 7)
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
