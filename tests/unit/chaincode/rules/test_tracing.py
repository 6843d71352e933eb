"""Who is asked for transaction information, and who answers."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import tracing as rules

REQUEST: Any = {"id": "Q", "asked": "w", "status": "requested"}


def refused(code: Code, function: Any, *arguments: Any) -> None:
    with pytest.raises(Refusal) as raised:
        function(*arguments, "field")
    assert (raised.value.code, raised.value.field) == (code, "field")


@pytest.mark.allows("tracing.asked_of")
@pytest.mark.refuses("tracing.asked_of")
def test_a_trading_partner_is_asked() -> None:
    rules.asked_of({"gln": "w", "role": "3pl"}, "field")  # type: ignore[typeddict-item]
    refused(Code.ROLE_REQUIRED, rules.asked_of, {"gln": "r", "role": "regulator"})


@pytest.mark.allows("tracing.answered_by")
@pytest.mark.refuses("tracing.answered_by")
def test_who_is_asked_answers() -> None:
    rules.answered_by({"gln": "w"}, REQUEST, "field")  # type: ignore[typeddict-item]
    refused(Code.NOT_AUTHORISED, rules.answered_by, {"gln": "m"}, REQUEST)


@pytest.mark.allows("tracing.unanswered")
@pytest.mark.refuses("tracing.unanswered")
def test_an_answer_stands() -> None:
    rules.unanswered(REQUEST, "field")
    refused(Code.TRACE_ANSWERED, rules.unanswered, REQUEST | {"status": "answered"})
