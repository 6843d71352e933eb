"""Investigations of suspect product: sample sizes, what counts as good, and when one may end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chaincode.model.errors import Code, Refusal
from chaincode.rules import holds, suspect

PACK = "01095212340000132100S1"
PHARMACY = "9521234000037"


def investigation(**more: Any) -> Any:
    return {
        "doc": "investigation",
        "id": "I",
        "gln": PHARMACY,
        "gtin": "09521234000013",
        "packs": 40,
        "sample": 4,
        "good": 0,
        "bad": 0,
        "reasons": ["counterfeit"],
        "description": "odd print",
        "status": "open",
        "opened_at": 1,
        "guards": [],
        **more,
    }


def refused(check: Any, *args: Any) -> Code:
    with pytest.raises(Refusal) as caught:
        check(*args, "id")
    assert caught.value.field == "id"
    return caught.value.code


@pytest.mark.parametrize(
    ("packs", "sample"),
    [(1, 1), (2, 2), (3, 3), (4, 3), (29, 3), (30, 3), (31, 4), (40, 4), (41, 5), (1000, 100)],
)
def test_a_dispensers_sample(packs: int, sample: int) -> None:
    """At least 3 packages or 10 percent, whichever is greater, or all if there are fewer than 3."""
    assert suspect.sample_size("dispenser", packs, 3, 10, 100) == sample


@given(st.integers(1, 10_000_000), st.integers(1, 100), st.integers(0, 100), st.integers(1, 100))
def test_samples_are_of_what_there_is(packs: int, least: int, percent: int, others: int) -> None:
    dispensers = suspect.sample_size("dispenser", packs, least, percent, others)
    assert min(packs, least) <= dispensers <= packs
    assert dispensers * 100 >= packs * percent
    assert 1 <= suspect.sample_size("wholesaler", packs, least, percent, others) <= packs


@pytest.mark.parametrize("role", ["manufacturer", "repackager", "wholesaler", "regulator"])
def test_others_verify_every_pack(role: str) -> None:
    assert suspect.sample_size(role, 40, 3, 10, 100) == 40


@pytest.mark.allows("suspect.undecided")
@pytest.mark.refuses("suspect.undecided")
def test_nothing_is_added_to_a_decision() -> None:
    suspect.undecided(investigation(), "id")
    for status in ("cleared", "illegitimate"):
        assert refused(suspect.undecided, investigation(status=status)) is Code.INVESTIGATION_CLOSED


@pytest.mark.allows("suspect.decided")
@pytest.mark.refuses("suspect.decided")
def test_holds_wait_for_the_decision() -> None:
    for status in ("cleared", "illegitimate"):
        suspect.decided(investigation(status=status), "id")
    assert refused(suspect.decided, investigation()) is Code.INVESTIGATION_OPEN


def hold_by(basis: str) -> Any:
    claim: Any = {"status": "suspect", "reason": "r", "placed_by": PHARMACY, "placed_at": 1, "basis": basis}
    return holds.placed(holds.empty("00095212340000000015"), claim, [], "ref")


@pytest.mark.allows("suspect.under_investigation")
@pytest.mark.refuses("suspect.under_investigation")
def test_samples_are_taken_from_what_is_suspect() -> None:
    around = [holds.empty(PACK), hold_by(suspect.basis("I"))]
    suspect.under_investigation(PACK, around, "I", "id")
    assert refused(suspect.under_investigation, PACK, around, "J") is Code.NOT_SUSPECT
    assert refused(suspect.under_investigation, PACK, [holds.empty(PACK)], "I") is Code.NOT_SUSPECT


UNIT: Any = {"gtin": "09521234000013", "serial": "00S1", "lot": "L"}
LOT: Any = {"lot": "L", "expiry": "2027-06-30"}


def sample(**more: Any) -> Any:
    return {"ref": PACK, "lot": "L", "expiry": "2027-06-30", "result": "good", **more}


@pytest.mark.allows("suspect.corresponds")
def test_a_good_pack_bears_what_the_ledger_says() -> None:
    suspect.corresponds(sample(), UNIT, LOT, "id")


@pytest.mark.refuses("suspect.corresponds")
@pytest.mark.parametrize("wrong", [{"lot": "M"}, {"expiry": "2028-06-30"}])
def test_one_that_bears_something_else_is_not_good(wrong: dict[str, str]) -> None:
    assert refused(suspect.corresponds, sample(**wrong), UNIT, LOT) is Code.SAMPLE_MISMATCH


def verification(verified: bool | None, serial: str = "00S1") -> Any:
    made: Any = {"id": "V", "gtin": "09521234000013", "serial": serial}
    return made if verified is None else made | {"answer": {"verified": verified}}


@pytest.mark.allows("suspect.verified")
@pytest.mark.refuses("suspect.verified")
@pytest.mark.parametrize("result", ["good", "bad"])
@pytest.mark.parametrize("verified", [True, False, None])
def test_the_manufacturers_answer_agrees(result: str, verified: bool | None) -> None:
    one = sample(result=result)
    if verified or result == "bad":
        suspect.verified(one, verification(verified), "id")
    else:
        assert refused(suspect.verified, one, verification(verified)) is Code.SAMPLE_MISMATCH
    assert refused(suspect.verified, one, verification(True, "00S2")) is Code.SAMPLE_MISMATCH


@pytest.mark.allows("suspect.sampled")
@pytest.mark.refuses("suspect.sampled")
def test_clearing_takes_the_whole_sample() -> None:
    suspect.sampled(investigation(good=3, bad=1), "id")
    suspect.sampled(investigation(good=5), "id")
    assert refused(suspect.sampled, investigation(good=3)) is Code.SAMPLE_INCOMPLETE


@pytest.mark.allows("suspect.sound")
@pytest.mark.refuses("suspect.sound")
def test_clearing_takes_a_good_sample() -> None:
    suspect.sound(investigation(good=4), "id")
    assert refused(suspect.sound, investigation(good=4, bad=1)) is Code.SAMPLE_FAILED


@pytest.mark.allows("suspect.investigator")
@pytest.mark.refuses("suspect.investigator")
def test_who_investigates() -> None:
    for role in ("manufacturer", "repackager", "wholesaler", "dispenser"):
        for whole_lot in (True, False):
            suspect.investigator({"role": role, "gln": PHARMACY}, whole_lot, "id")  # type: ignore[typeddict-item]
    regulator, logistics = ({"role": role, "gln": PHARMACY} for role in ("regulator", "3pl"))
    suspect.investigator(regulator, False, "id")  # type: ignore[arg-type]
    assert refused(suspect.investigator, regulator, True) is Code.ROLE_REQUIRED
    assert refused(suspect.investigator, logistics, False) is Code.ROLE_REQUIRED


@pytest.mark.parametrize(
    ("filed_at", "now", "late"),
    [(None, 100, False), (None, 101, True), (100, 500, False), (101, 500, True)],
)
def test_a_clock_runs_out_at_its_due_time(filed_at: int | None, now: int, late: bool) -> None:
    assert suspect.overdue(investigation(notify_by=100), filed_at, now) is late


def test_what_has_no_clock_is_not_overdue() -> None:
    assert suspect.overdue(investigation(), None, 10**12) is False


class InvestigationMachine(RuleBasedStateMachine):
    """Whatever is recorded and tried: cleared only with its whole sample good, and decided once."""

    def __init__(self) -> None:
        super().__init__()
        self.document = investigation()
        self.results: list[str] = []
        self.decisions = 0

    def _allowed(self, *checks: Any) -> bool:
        try:
            for check in checks:
                check(self.document, "id")
        except Refusal:
            return False
        return True

    @rule(results=st.lists(st.sampled_from(("good", "good", "bad")), max_size=3))
    def record(self, results: list[str]) -> None:
        if self._allowed(suspect.undecided):
            self.document = suspect.recorded(self.document, results)
            self.results += results

    @rule()
    def clear(self) -> None:
        if self._allowed(suspect.undecided, suspect.sampled, suspect.sound):
            self.document = suspect.cleared(self.document, "fine", 2)
            self.decisions += 1

    @rule()
    def declare(self) -> None:
        if self._allowed(suspect.undecided):
            self.document = suspect.illegitimate(self.document, "counterfeit", "fake", 2, 3)
            self.decisions += 1

    @invariant()
    def it_says_what_was_found(self) -> None:
        assert self.document["good"] == self.results.count("good")
        assert self.document["bad"] == self.results.count("bad")
        assert self.decisions == (self.document["status"] != "open")
        if self.document["status"] == "cleared":
            assert len(self.results) >= 4
            assert "bad" not in self.results
        assert ("notify_by" in self.document) == (self.document["status"] == "illegitimate")


TestInvestigationMachine = InvestigationMachine.TestCase
