"""The rulebook of this very code: nothing in it is untold or untested."""

from __future__ import annotations

import pytest

from mediledger.rulebook import ATTEMPTS, PATH, TESTS, attempts, marks, page
from mediledger.rulebook.marks import Shown
from mediledger.system import PROJECT


@pytest.fixture(scope="module")
def shown() -> Shown:
    return marks.shown(TESTS, PROJECT)


def test_the_page_is_what_the_code_says(shown: Shown) -> None:
    written = page.page(shown, attempts.read(ATTEMPTS))
    assert PATH.read_text(encoding="utf-8") == written, "`make docs` writes it anew"


def test_each_rule_has_a_test_that_it_allows_and_one_that_it_refuses(shown: Shown) -> None:
    names = [rule.name for rule in page.rules()]
    assert [name for name in names if name not in shown.allowed] == [], "no test is marked to show them allow"
    assert [name for name in names if name not in shown.refused] == [], (
        "no test is marked to show them refuse"
    )


def test_marks_name_rules_of_the_catalogue(shown: Shown) -> None:
    assert shown.rules() <= {rule.name for rule in page.rules()}


def test_cells_do_not_break_the_table() -> None:
    assert page.table(("a", "b"), [("x | y", "z")]) == "| a | b |\n| --- | --- |\n| x \\| y | z |\n"
    assert page.link("tests/unit/test_a.py::test_what_it_is") == "[what it is](../tests/unit/test_a.py)"


def test_the_table_of_attempts_says_what_becomes_of_each() -> None:
    tried = {one.id: one for one in attempts.read(ATTEMPTS)}
    assert tried["alter_a_licence"].outcome == "Every peer finds it invalid: `ENDORSEMENT_POLICY_FAILURE`"
    assert "`record_forged`" in tried["begin_a_period_without_the_tray"].outcome
    assert all(one.attempt in page.page(Shown(), list(tried.values())) for one in tried.values())


def test_whatever_peers_let_pass_is_reported() -> None:
    assert [one.id for one in attempts.read(ATTEMPTS) if one.fails == "VALID" and not one.reported] == []
