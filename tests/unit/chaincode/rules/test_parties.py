"""Who acts for whom, in which role, under which licence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chaincode.model.documents.registry import Licence, Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties

TODAY = "2026-03-01"
ROLES = ["manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator"]


def licence(valid_from: str = "2026-01-01", valid_to: str = "2026-12-31", **changed: Any) -> Licence:
    made: Any = {
        "authority": "FDA",
        "number": "1",
        "jurisdiction": "US",
        "valid_from": valid_from,
        "valid_to": valid_to,
        "roles": ["3pl"],
        "status": "active",
    }
    return made | changed


def party(*licences: Licence, **changed: Any) -> Party:
    made: Any = {
        "doc": "party",
        "gln": "9521234000013",
        "name": "Alpine",
        "msp_id": "AlpineMSP",
        "role": "3pl",
        "status": "active",
        "licences": list(licences),
        "registered_at": 0,
    }
    return made | changed


def code_of(check: Callable[..., None], *arguments: object) -> Code | None:
    """The code with which a check refuses, None where it does not."""
    try:
        check(*arguments)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.allows("parties.acting_for")
@pytest.mark.refuses("parties.acting_for")
def test_acting_for() -> None:
    assert code_of(parties.acting_for, party(), "AlpineMSP", "gln") is None
    assert code_of(parties.acting_for, party(), "OtherMSP", "gln") is Code.NOT_AUTHORISED


@pytest.mark.allows("parties.in_role")
@pytest.mark.refuses("parties.in_role")
def test_role() -> None:
    assert code_of(parties.in_role, party(), ("3pl", "wholesaler"), "gln") is None
    assert code_of(parties.in_role, party(), ("dispenser",), "gln") is Code.ROLE_REQUIRED


def authorised(found: Party, today: str = TODAY) -> Code | None:
    return code_of(parties.authorised, found, parties.KEEPERS, today, "gln")


@pytest.mark.allows("parties.authorised")
@pytest.mark.refuses("parties.authorised")
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
    found = party(licence("2026-01-01", "2026-06-30"), licence("2026-08-01", "2026-08-01"))
    assert authorised(found, today) is code


@pytest.mark.refuses("parties.authorised")
def test_no_licence_for_the_role() -> None:
    assert authorised(party()) is Code.LICENCE_MISSING
    assert authorised(party(licence(roles=["wholesaler"]))) is Code.LICENCE_MISSING
    assert authorised(party(licence(roles=["3pl", "wholesaler"]))) is None


@pytest.mark.refuses("parties.authorised")
def test_a_licence_that_is_not_active() -> None:
    stopped, gone = licence(status="suspended", reason="x"), licence(status="revoked", reason="x")
    assert authorised(party(stopped)) is Code.LICENCE_SUSPENDED
    assert authorised(party(gone)) is Code.LICENCE_REVOKED
    assert authorised(party(gone, stopped)) is Code.LICENCE_SUSPENDED, "it may come back"
    assert authorised(party(stopped, gone, licence(number="2"))) is None


@pytest.mark.refuses("parties.authorised")
def test_a_suspended_party_is_not_authorised_whatever_its_licences() -> None:
    found = party(licence(), status="suspended", reason="falsified records")
    with pytest.raises(Refusal, match="falsified records") as refused:
        parties.authorised(found, parties.KEEPERS, TODAY, "gln")
    assert refused.value.code is Code.PARTY_SUSPENDED


@pytest.mark.refuses("parties.authorised")
def test_authorised_for_another_role() -> None:
    assert code_of(parties.authorised, party(licence()), ("dispenser",), TODAY, "gln") is Code.ROLE_REQUIRED


@pytest.mark.allows("parties.may_own")
@pytest.mark.refuses("parties.may_own")
@pytest.mark.parametrize("role", ROLES)
def test_who_may_own(role: str) -> None:
    code = Code.MAY_NOT_OWN if role in ("3pl", "regulator") else None
    assert code_of(parties.may_own, party(role=role), "to") is code


@pytest.mark.allows("parties.regulator")
@pytest.mark.refuses("parties.regulator")
def test_regulator() -> None:
    assert code_of(parties.regulator, "A", ["A", "B"]) is None
    assert code_of(parties.regulator, "C", ["A", "B"]) is Code.ROLE_REQUIRED
    assert code_of(parties.regulator, "C", []) is Code.ROLE_REQUIRED


@pytest.mark.allows("parties.of_member")
@pytest.mark.refuses("parties.of_member")
def test_of_member() -> None:
    assert code_of(parties.of_member, "A", ["A", "B"], "msp_id") is None
    assert code_of(parties.of_member, "C", ["A", "B"], "msp_id") is Code.NOT_MEMBER


@pytest.mark.allows("parties.regulators_role")
@pytest.mark.refuses("parties.regulators_role")
def test_the_role_of_a_regulator_is_a_regulators() -> None:
    assert code_of(parties.regulators_role, "A", "regulator", ["A"], "role") is None
    assert code_of(parties.regulators_role, "B", "regulator", ["A"], "role") is Code.ROLE_REQUIRED
    assert code_of(parties.regulators_role, "B", "wholesaler", ["A"], "role") is None


@pytest.mark.allows("parties.renewable")
@pytest.mark.refuses("parties.renewable")
def test_renewal_lifts_no_suspension() -> None:
    assert code_of(parties.renewable, party(), "FDA", "1", "licence") is None
    assert code_of(parties.renewable, party(licence()), "FDA", "1", "licence") is None
    held = party(licence(status="suspended"), licence(number="2", status="revoked"))
    assert code_of(parties.renewable, held, "FDA", "1", "licence") is Code.LICENCE_SUSPENDED
    assert code_of(parties.renewable, held, "FDA", "2", "licence") is Code.LICENCE_REVOKED
    assert code_of(parties.renewable, held, "State of Ohio", "1", "licence") is None


@pytest.mark.allows("parties.licence_is")
@pytest.mark.refuses("parties.licence_is")
def test_a_licence_in_a_status() -> None:
    held = party(licence(status="revoked"))
    assert code_of(parties.licence_is, held, "FDA", "1", ("revoked",), "number") is None
    assert (
        code_of(parties.licence_is, held, "FDA", "1", ("active", "suspended"), "number")
        is Code.LICENCE_STATUS
    )
    assert code_of(parties.licence_is, held, "FDA", "2", ("revoked",), "number") is Code.LICENCE_UNKNOWN


@pytest.mark.allows("parties.party_is")
@pytest.mark.refuses("parties.party_is")
def test_a_party_in_a_status() -> None:
    assert code_of(parties.party_is, party(), "active", "gln") is None
    assert code_of(parties.party_is, party(), "suspended", "gln") is Code.PARTY_STATUS


@pytest.mark.allows("parties.trading_partner")
@pytest.mark.refuses("parties.trading_partner")
@pytest.mark.parametrize("role", ROLES)
def test_trading_partners(role: str) -> None:
    code = Code.ROLE_REQUIRED if role == "regulator" else None
    assert code_of(parties.trading_partner, party(role=role), "gln") is code


def test_parties_of_whoever_left() -> None:
    trader, regulator = party(), party(role="regulator", msp_id="RegulatorMSP")
    members, regulators = ["AlpineMSP", "RegulatorMSP"], ["RegulatorMSP"]
    assert parties.effective(trader, members, regulators) == trader
    assert parties.effective(regulator, members, regulators) == regulator
    left = parties.effective(trader, ["RegulatorMSP"], regulators)
    assert left == trader | {"status": "suspended", "reason": "AlpineMSP has left the consortium"}
    assert parties.effective(regulator, members, ["AlpineMSP"]) is None


def test_with_licence_replaces_by_authority_and_number() -> None:
    old, other = licence(), licence(authority="State of Ohio")
    renewed = licence(valid_to="2030-12-31")
    before = party(old, other)
    assert parties.with_licence(before, renewed)["licences"] == [other, renewed]
    assert before["licences"] == [old, other], "what was read stays as it was"


def test_with_licence_status_changes_one_licence() -> None:
    before = party(licence(), licence(authority="State of Ohio"))
    [first, other] = parties.with_licence_status(before, "FDA", "1", "suspended", "late report")["licences"]
    assert (first["status"], first["reason"]) == ("suspended", "late report")
    assert [other] == before["licences"][1:]
    assert before["licences"][0] == licence(), "what was read stays as it was"
