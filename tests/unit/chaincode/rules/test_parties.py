"""Who acts for whom, in which role, under which licence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaincode.model.documents.registry import Licence, Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties


def licence(valid_from: str, valid_to: str, authority: str = "FDA", number: str = "1") -> Licence:
    return {
        "authority": authority,
        "number": number,
        "jurisdiction": "US",
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def party(*licences: Licence) -> Party:
    return {
        "doc": "party",
        "gln": "9521234000013",
        "name": "Alpine",
        "msp_id": "AlpineMSP",
        "role": "3pl",
        "licences": list(licences),
        "registered_at": 0,
    }


def code_of(check: Callable[..., None], *arguments: object) -> Code | None:
    """The code with which a check refuses, None where it does not."""
    try:
        check(*arguments)
    except Refusal as refusal:
        return refusal.code
    return None


def test_acting_for() -> None:
    assert code_of(parties.acting_for, party(), "AlpineMSP", "gln") is None
    assert code_of(parties.acting_for, party(), "OtherMSP", "gln") is Code.NOT_AUTHORISED


def test_role() -> None:
    assert code_of(parties.in_role, party(), ("3pl", "wholesaler"), "gln") is None
    assert code_of(parties.in_role, party(), ("dispenser",), "gln") is Code.ROLE_REQUIRED


@pytest.mark.parametrize(
    ("today", "code"),
    [
        ("2025-12-31", Code.LICENCE_EXPIRED),
        ("2026-01-01", None),
        ("2026-06-30", None),
        ("2026-07-01", Code.LICENCE_EXPIRED),
        ("2026-08-01", None),
        ("2026-08-02", Code.LICENCE_EXPIRED),
    ],
)
def test_a_licence_counts_from_its_first_to_its_last_day(today: str, code: Code | None) -> None:
    licensed = party(licence("2026-01-01", "2026-06-30"), licence("2026-08-01", "2026-08-01"))
    assert code_of(parties.licensed, licensed, today, "gln") is code


def test_no_licence_at_all() -> None:
    assert code_of(parties.licensed, party(), "2026-01-01", "gln") is Code.LICENCE_MISSING


def test_with_licence_replaces_by_authority_and_number() -> None:
    old, other = licence("2025-01-01", "2025-12-31"), licence("2025-01-01", "2025-12-31", "State of Ohio")
    renewed = licence("2026-01-01", "2026-12-31")
    before = party(old, other)
    assert parties.with_licence(before, renewed)["licences"] == [other, renewed]
    assert before["licences"] == [old, other], "what was read stays as it was"


def test_regulator() -> None:
    assert code_of(parties.regulator, "A", ["A", "B"]) is None
    assert code_of(parties.regulator, "C", ["A", "B"]) is Code.ROLE_REQUIRED
    assert code_of(parties.regulator, "C", []) is Code.ROLE_REQUIRED
