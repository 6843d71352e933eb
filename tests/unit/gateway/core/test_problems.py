from __future__ import annotations

from typing import get_args

from pydantic_core.core_schema import ErrorType

from chaincode.model.errors import Code


def test_no_code_of_the_ledger_is_a_kind_of_malformed_request() -> None:
    """Both come out of a request's validation, and are told apart by their names alone."""
    assert set(get_args(ErrorType)).isdisjoint(Code)
