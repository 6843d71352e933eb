"""The ledger's answer to a verification request, and whose answers are taken."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks
from chaincode.rules import verification as rules

LOT: Any = {"lot": "L1", "expiry": "2027-06-30"}
TODAY = "2026-03-01"
VERIFIED: Any = {"verified": True}
GONE: Any = {"verified": False, "verificationFailureReason": "Not_for_re-distribution"}


def pack(status: str = "commissioned", *holds: str, recalled: bool = False) -> rules.Pack:
    return rules.Pack(LOT, status, frozenset(holds), recalled)


def refused(code: Code, function: Any, *arguments: Any) -> None:
    with pytest.raises(Refusal) as raised:
        function(*arguments, "field")
    assert (raised.value.code, raised.value.field) == (code, "field")


@pytest.mark.parametrize(
    ("known", "lot", "expiry", "reason"),
    [
        (None, "L1", "2027-06-30", "No_match_GTIN_Serial"),
        (pack(), "L2", "2027-06-30", "No_match_GTIN_Serial_Lot"),
        (pack(), "L1", "2027-06-29", "No_match_GTIN_Serial_Expiry"),
        (pack(), "L2", "2027-06-29", "No_match_GTIN_Serial_Lot_Expiry"),
        (pack("dispensed", "suspect"), "L2", "2027-06-30", "No_match_GTIN_Serial_Lot"),
    ],
)
def test_no_match(known: rules.Pack | None, lot: str, expiry: str, reason: str) -> None:
    answer = rules.response(known, lot, expiry, TODAY)
    assert answer == {"verified": False, "verificationFailureReason": reason}


@pytest.mark.parametrize(
    ("known", "today", "verified", "information"),
    [
        (pack(), TODAY, True, None),
        (pack(), "2027-06-30", True, None),
        (pack(), "2027-07-01", True, "Expired"),
        (pack(recalled=True), "2027-07-01", True, "Recalled"),
        (pack("commissioned", "quarantine"), TODAY, True, None),
        (pack("commissioned", "quarantine", "suspect", recalled=True), TODAY, False, "Suspect"),
        (pack("commissioned", "suspect", "illegitimate"), TODAY, False, "Illegitimate"),
        (pack("commissioned", "condemned"), TODAY, False, None),
        (pack("dispensed"), TODAY, False, None),
        (pack("decommissioned", recalled=True), TODAY, False, "Recalled"),
    ],
)
def test_match(known: rules.Pack, today: str, verified: bool, information: str | None) -> None:
    expected = dict(VERIFIED if verified else GONE)
    if information is not None:
        expected["additionalInfo"] = information
    assert rules.response(known, "L1", "2027-06-30", today) == expected


def test_the_ledger_settles_what_it_verifies_but_no_suspect_pack() -> None:
    assert rules.settled("saleable_return", VERIFIED)
    assert rules.settled("dispense", VERIFIED)
    assert not rules.settled("suspect", VERIFIED)
    assert not rules.settled("saleable_return", GONE)


def test_clock() -> None:
    due = clocks.due(1_000, 24)
    assert due == 86_401_000
    assert not clocks.overdue(due, None, due)
    assert clocks.overdue(due, None, due + 1)
    assert not clocks.overdue(due, due, due + 1)
    assert clocks.overdue(due, due + 1, due + 2)


@pytest.mark.allows("verification.answered_by")
@pytest.mark.refuses("verification.answered_by")
def test_the_manufacturer_answers() -> None:
    rules.answered_by({"gln": "m"}, "m", "field")  # type: ignore[typeddict-item]
    refused(Code.NOT_AUTHORISED, rules.answered_by, {"gln": "w"}, "m")


@pytest.mark.allows("verification.unanswered")
@pytest.mark.refuses("verification.unanswered")
def test_the_manufacturer_answers_once_and_may_correct_the_ledger() -> None:
    request: Any = {"id": "V", "responder": "m"}
    rules.unanswered(request, "field")
    rules.unanswered(request | {"answered_by": "ledger"}, "field")
    refused(Code.VERIFICATION_ANSWERED, rules.unanswered, request | {"answered_by": "m"})


@pytest.mark.allows("verification.consistent")
@pytest.mark.refuses("verification.consistent")
def test_no_answer_verifies_what_the_ledger_does_not() -> None:
    rules.consistent(VERIFIED, VERIFIED, "field")
    rules.consistent(GONE, VERIFIED, "field")
    rules.consistent(GONE, GONE, "field")
    refused(Code.VERIFICATION_CONTRADICTED, rules.consistent, VERIFIED, GONE)


def returned(answer: Any, at: int = 5) -> Any:
    return {"verification": "V", "answer": answer, "requested_at": at}


@pytest.mark.allows("verification.returnable")
def test_a_verified_pack_is_a_saleable_return() -> None:
    rules.returnable(returned(VERIFIED), "ref", "w", 5, "field")


@pytest.mark.refuses("verification.returnable")
@pytest.mark.parametrize(
    "verified",
    [
        None,
        returned(VERIFIED, at=4),
        returned(GONE),
        returned({"verified": True, "additionalInfo": "Recalled"}),
        returned({"verified": True, "additionalInfo": "Expired"}),
    ],
)
def test_no_saleable_return(verified: Any) -> None:
    refused(Code.NOT_VERIFIED, rules.returnable, verified, "ref", "w", 5)
