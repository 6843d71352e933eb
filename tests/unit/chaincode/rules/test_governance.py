"""Proposals, votes and what a majority may change."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.documents.governance import Changes, Proposal, Vote
from chaincode.model.documents.registry import SettingsValue
from chaincode.model.errors import Code
from chaincode.rules import governance
from chaincode.rules.catalogue import VERSIONS
from chaincode.rules.parameters import PARAMETERS
from tests.unit.chaincode.rules.test_parties import code_of

DAYS = "proposal_days"


def settings(**changed: Any) -> SettingsValue:
    made: Any = {"regulators": ["R"], "members": ["A", "B", "C", "R"], "rules": 1, "parameters": {}}
    return made | changed


def proposal(**changed: Any) -> Proposal:
    made: Any = {
        "doc": "proposal",
        "id": "P",
        "gln": "9521234000013",
        "msp_id": "A",
        "changes": {"members": {"D": True}},
        "before": {"members": {"D": False}},
        "version": 1,
        "reason": "growth",
        "status": "open",
        "proposed_at": 0,
        "expires_at": 1000,
    }
    return made | changed


def votes(*given: tuple[str, bool]) -> list[Vote | None]:
    return [
        {"doc": "vote", "proposal": "P", "msp_id": who, "gln": "x", "approve": approve, "voted_at": 0}
        for who, approve in given
    ]


@pytest.mark.allows("governance.within_bounds")
@pytest.mark.refuses("governance.within_bounds")
def test_bounds_of_every_parameter() -> None:
    for name, known in PARAMETERS.items():
        for value in (known.minimum, known.default, known.maximum):
            assert code_of(governance.within_bounds, {"parameters": {name: value}}, "changes") is None
        for value in (known.minimum - 1, known.maximum + 1):
            changes = {"parameters": {name: value}}
            assert code_of(governance.within_bounds, changes, "changes") is Code.PARAMETER_BOUNDS
    assert code_of(governance.within_bounds, {"rules": 1}, "changes") is None


@pytest.mark.allows("governance.supported")
@pytest.mark.refuses("governance.supported")
def test_versions_of_the_rules() -> None:
    assert code_of(governance.supported, max(VERSIONS), "rules") is None
    assert code_of(governance.supported, max(VERSIONS) + 1, "rules") is Code.RULES_UNSUPPORTED


@pytest.mark.allows("governance.changes_something")
@pytest.mark.refuses("governance.changes_something")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"parameters": {DAYS: 31}}, None),
        ({"parameters": {DAYS: PARAMETERS[DAYS].default}}, Code.NOTHING_CHANGES),
        ({"members": {"D": True}}, None),
        ({"members": {"A": True}}, Code.NOTHING_CHANGES),
        ({"members": {"D": False}}, Code.NOTHING_CHANGES),
        ({"regulators": {"A": True}}, None),
        ({"regulators": {"R": True}}, Code.NOTHING_CHANGES),
        ({"roles": {"1": "3pl"}}, None),
        ({"roles": {"1": "dispenser"}}, Code.NOTHING_CHANGES),
        ({"rules": 2}, None),
        ({"rules": 1}, Code.NOTHING_CHANGES),
        ({"rules": 2, "members": {"A": True}}, Code.NOTHING_CHANGES),
    ],
)
def test_a_change_changes_something(changes: Changes, code: Code | None) -> None:
    before = governance.standing(settings(), {"1": "dispenser"}, changes)
    assert code_of(governance.changes_something, changes, before, "changes") is code


@pytest.mark.allows("governance.supervised")
@pytest.mark.refuses("governance.supervised")
def test_there_is_always_a_regulator_and_it_is_a_member() -> None:
    assert code_of(governance.supervised, settings(), "changes") is None
    assert code_of(governance.supervised, settings(regulators=[]), "changes") is Code.NO_REGULATOR
    assert code_of(governance.supervised, settings(members=["A", "B"]), "changes") is Code.NOT_MEMBER


@pytest.mark.allows("governance.undecided")
@pytest.mark.refuses("governance.undecided")
@pytest.mark.parametrize(
    ("status", "code"),
    [("open", None), ("enacted", Code.PROPOSAL_CLOSED), ("withdrawn", Code.PROPOSAL_CLOSED)],
)
def test_undecided(status: str, code: Code | None) -> None:
    assert code_of(governance.undecided, proposal(status=status), "id") is code


@pytest.mark.allows("governance.in_time")
@pytest.mark.refuses("governance.in_time")
def test_in_time() -> None:
    assert code_of(governance.in_time, proposal(), 999, "id") is None
    assert code_of(governance.in_time, proposal(), 1000, "id") is Code.PROPOSAL_EXPIRED


@pytest.mark.allows("governance.proposers")
@pytest.mark.refuses("governance.proposers")
def test_proposers() -> None:
    assert code_of(governance.proposers, proposal(), "A", "id") is None
    assert code_of(governance.proposers, proposal(), "B", "id") is Code.NOT_AUTHORISED


@pytest.mark.allows("governance.votes_once")
@pytest.mark.refuses("governance.votes_once")
def test_votes_once() -> None:
    assert code_of(governance.votes_once, None, "id") is None
    [cast] = votes(("A", False))
    assert code_of(governance.votes_once, cast, "id") is Code.VOTE_EXISTS


@pytest.mark.allows("governance.carried")
@pytest.mark.refuses("governance.carried")
@pytest.mark.parametrize(
    ("members", "given", "code"),
    [
        ("ABCD", [("A", True), ("B", True), ("C", True)], None),
        ("ABCD", [("A", True), ("B", True)], Code.NO_MAJORITY),
        ("ABCD", [("A", True), ("B", True), ("C", False), ("D", False)], Code.NO_MAJORITY),
        ("ABC", [("A", True), ("B", True), ("C", False)], None),
        ("ABC", [("A", True), ("X", True), ("Y", True)], Code.NO_MAJORITY),
        ("A", [("A", True)], None),
        ("A", [], Code.NO_MAJORITY),
    ],
)
def test_more_than_half_of_todays_members(
    members: str, given: list[tuple[str, bool]], code: Code | None
) -> None:
    counted = governance.tally([*votes(*given), None], list(members))
    assert code_of(governance.carried, counted, "id") is code


@pytest.mark.allows("governance.unmoved")
@pytest.mark.refuses("governance.unmoved")
def test_unmoved() -> None:
    made = proposal(
        changes={"parameters": {DAYS: 40}, "members": {"D": True}},
        before={"parameters": {DAYS: 30}, "members": {"D": False}},
    )

    def checked(**changed: Any) -> Code | None:
        before = governance.standing(settings(**changed), {}, made["changes"])
        return code_of(governance.unmoved, made, before, "id")

    assert checked() is None
    assert checked(members=["A", "B", "E", "R"], parameters={"retention_years": 7}) is None, "other fields"
    assert checked(parameters={DAYS: 31}) is Code.PROPOSAL_STALE
    assert checked(members=["A", "B", "C", "D", "R"]) is Code.PROPOSAL_STALE


def test_tally() -> None:
    counted = governance.tally([*votes(("A", True), ("B", False), ("X", True)), None], ["A", "B", "C", "R"])
    assert counted == {"approved": 1, "rejected": 1, "members": 4, "needed": 3}


def test_applied() -> None:
    before = settings(parameters={"retention_years": 7})
    changes: Changes = {
        "parameters": {DAYS: 40},
        "members": {"D": True, "A": False},
        "regulators": {"D": True},
        "rules": 2,
    }
    assert governance.applied(before, changes) == {
        "regulators": ["D", "R"],
        "members": ["B", "C", "D", "R"],
        "rules": 2,
        "parameters": {"retention_years": 7, DAYS: 40},
    }
    assert before == settings(parameters={"retention_years": 7}), "what was read stays as it was"
