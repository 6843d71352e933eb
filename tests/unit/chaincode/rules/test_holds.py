"""Holds: what they forbid, who ends them, and that no document loses a claim, a mark or a guard."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chaincode.model.documents.safety import Claim, Hold
from chaincode.model.errors import Code, Refusal
from chaincode.rules import holds

PACK, CASE, PALLET = "01095212340000132100S1", "00095212340000000015", "00095212340000000022"
MAKER, PHARMACY, REGULATOR = "9521234000013", "9521234000037", "9521234000044"
STATUSES = ("quarantine", "suspect", "condemned", "illegitimate")
REASONS = ("damaged", "destroyed", "exported", "other", "sample", "stolen")


def party(gln: str, role: str = "dispenser") -> Any:
    return {"doc": "party", "gln": gln, "role": role, "msp_id": "M", "name": "N", "licences": []}


def claim(status: str = "quarantine", by: str = PHARMACY, basis: str = "", at: int = 1) -> Claim:
    made: Any = {"status": status, "reason": f"{status} by {by}", "placed_by": by, "placed_at": at}
    if basis:
        made["basis"] = basis
    return made


def held(ref: str, *found: Claim, inside: tuple[str, ...] = ()) -> Hold:
    hold = holds.empty(ref)
    for one in found:
        hold = holds.placed(hold, one, ["PharmacyMSP"], "ref")
    for name in inside:
        hold = holds.marked(hold, name, ["PharmacyMSP"], "ref")
    return hold


@pytest.mark.allows("holds.not_held")
def test_nothing_on_hold_may_move() -> None:
    sibling_of_held = held(PALLET, inside=(CASE,))
    holds.not_held(PACK, [holds.empty(PACK), sibling_of_held], "ref")


@pytest.mark.refuses("holds.not_held")
@pytest.mark.parametrize(
    ("found", "says"),
    [
        (held(PALLET, claim()), "is on hold: quarantine"),
        (held(CASE, claim("suspect")), f"through {CASE}: suspect"),
        (held(PALLET, inside=(CASE,)), f"holds {CASE}"),
    ],
    ids=["itself", "around", "inside"],
)
def test_what_is_on_hold_may_not_move(found: Hold, says: str) -> None:
    with pytest.raises(Refusal, match=says) as refused:
        holds.not_held(PALLET, [found], "what[0]")
    assert (refused.value.code, refused.value.field) == (Code.HELD, "what[0]")


ALLOWED = {
    "quarantine": {"damaged", "destroyed", "sample", "stolen"},
    "suspect": {"sample", "stolen"},
    "condemned": {"destroyed", "sample"},
    "illegitimate": {"destroyed", "sample"},
}


@pytest.mark.allows("holds.disposable")
@pytest.mark.refuses("holds.disposable")
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("reason", REASONS)
def test_as_what_held_goods_leave(status: str, reason: str) -> None:
    around = held(CASE, claim(status))
    if reason in ALLOWED[status]:
        holds.disposable(PACK, [holds.empty(PACK), around], reason, "reason")
        return
    with pytest.raises(Refusal) as refused:
        holds.disposable(PACK, [holds.empty(PACK), around], reason, "reason")
    assert refused.value.code is Code.HELD


@pytest.mark.allows("holds.disposable")
def test_free_goods_leave_for_any_reason() -> None:
    holds.disposable(PACK, [held(PACK)], "exported", "reason")


@pytest.mark.allows("holds.possessed")
@pytest.mark.parametrize("who", [party(PHARMACY), party(MAKER), party(REGULATOR, "regulator")])
def test_owner_custodian_and_regulator_place_holds(who: Any) -> None:
    holds.possessed(who, (MAKER, PHARMACY), PACK, "ref")


@pytest.mark.refuses("holds.possessed")
def test_others_place_none() -> None:
    with pytest.raises(Refusal) as refused:
        holds.possessed(party(REGULATOR), (MAKER, PHARMACY), PACK, "ref")
    assert refused.value.code is Code.NOT_CUSTODIAN


@pytest.mark.allows("holds.not_claimed")
@pytest.mark.parametrize(
    "second",
    [claim(by=REGULATOR), claim("suspect", basis="investigation/A"), claim(basis="excursion/E")],
)
def test_another_hold_may_be_placed_beside(second: Claim) -> None:
    holds.not_claimed(held(PACK, claim()), second, "ref")


@pytest.mark.refuses("holds.not_claimed")
@pytest.mark.parametrize("one", [claim(), claim("suspect", basis="investigation/A")])
def test_the_same_hold_is_not_placed_twice(one: Claim) -> None:
    with pytest.raises(Refusal) as refused:
        holds.not_claimed(held(PACK, one), {**one, "placed_at": 2}, "ref")
    assert refused.value.code is Code.HELD


@pytest.mark.allows("holds.releasable")
@pytest.mark.parametrize("who", [party(PHARMACY), party(REGULATOR, "regulator")])
def test_the_placer_and_a_regulator_release(who: Any) -> None:
    holds.releasable(held(PACK, claim(), claim("suspect", basis="investigation/A")), who, "ref")


@pytest.mark.refuses("holds.releasable")
@pytest.mark.parametrize(
    ("found", "who", "code"),
    [
        ((), party(PHARMACY), Code.NOT_HELD),
        ((claim(),), party(MAKER), Code.NOT_AUTHORISED),
        ((claim("suspect", basis="investigation/A"),), party(PHARMACY), Code.HOLD_BOUND),
        ((claim(basis="excursion/E"),), party(REGULATOR, "regulator"), Code.HOLD_BOUND),
        ((claim("illegitimate", basis="investigation/A"),), party(REGULATOR, "regulator"), Code.HOLD_BOUND),
        ((claim("condemned", basis="excursion/E"),), party(REGULATOR, "regulator"), Code.HOLD_BOUND),
    ],
)
def test_nobody_else_and_nothing_else_is_released(found: tuple[Claim, ...], who: Any, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        holds.releasable(held(PACK, *found), who, "ref")
    assert refused.value.code is code


def test_the_strongest_claim_stands_in_the_document() -> None:
    hold = held(PACK, claim(at=1), claim("suspect", basis="investigation/A", at=2), claim(by=MAKER, at=3))
    assert (hold["status"], hold["basis"]) == ("suspect", "investigation/A")
    assert [one["placed_by"] for one in hold["also"]] == [PHARMACY, MAKER]


def test_a_claim_of_the_same_basis_takes_the_others_place() -> None:
    hold = held(PACK, claim("suspect", basis="investigation/A"))
    hold = holds.placed(hold, claim("illegitimate", basis="investigation/A", at=2), [], "ref")
    assert [one["status"] for one in holds.claims(hold)] == ["illegitimate"]


def test_the_last_claim_lifted_says_who_ended_it_and_frees_the_document() -> None:
    hold = holds.lifted(held(PACK, claim()), [claim()], REGULATOR, "recounted", 9)
    assert hold == {
        "doc": "hold",
        "ref": PACK,
        "status": "cleared",
        "reason": "recounted",
        "placed_by": REGULATOR,
        "placed_at": 9,
        "inside": [],
        "guards": [],
    }


def test_what_is_taken_out_takes_the_claims_along_that_it_has_not_itself() -> None:
    outer = held(CASE, claim(), claim("suspect", basis="investigation/A"))
    child = held(PACK, claim("illegitimate", basis="investigation/A"))
    taken = holds.inherited(child, outer, "children")
    assert [one["status"] for one in holds.claims(taken)] == ["illegitimate", "quarantine"]
    assert taken["guards"] == ["PharmacyMSP"]


def test_claims_and_marks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "MAX_CLAIMS", 1)
    monkeypatch.setattr(holds, "MAX_INSIDE", 1)
    for act in (
        lambda: held(PACK, claim(), claim(by=MAKER)),
        lambda: held(PALLET, inside=(CASE, PACK)),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code is Code.BATCH_TOO_LARGE


BASES = ("", "investigation/A", "investigation/B", "excursion/E")
CLAIMS = st.builds(
    claim,
    st.sampled_from(STATUSES),
    st.sampled_from((MAKER, PHARMACY, REGULATOR)),
    st.sampled_from(BASES),
    st.integers(0, 3),
)


class HoldMachine(RuleBasedStateMachine):
    """A hold beside a plain model of it: claims by ground, marks, and whoever placed anything."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = holds.empty(PALLET)
        self.claims: dict[str, Claim] = {}
        self.inside: set[str] = set()
        self.guards: set[str] = set()

    @rule(one=CLAIMS, guard=st.sampled_from("ABC"))
    def place(self, one: Claim, guard: str) -> None:
        kept = deepcopy(self.hold)
        changed = holds.placed(self.hold, one, [guard], "ref")
        assert self.hold == kept
        self.hold = changed
        self.claims[one.get("basis", one["placed_by"])] = one
        self.guards.add(guard)

    @rule(number=st.integers(0, 9))
    def lift(self, number: int) -> None:
        found = holds.claims(self.hold)
        if found:
            ended = found[number % len(found)]
            self.hold = holds.lifted(self.hold, [ended], REGULATOR, "why", 5)
            del self.claims[ended.get("basis", ended["placed_by"])]

    @rule(ref=st.sampled_from((PACK, CASE)), guard=st.sampled_from("ABC"))
    def mark(self, ref: str, guard: str) -> None:
        self.hold = holds.marked(self.hold, ref, [guard], "ref")
        self.inside.add(ref)
        self.guards.add(guard)

    @rule(ref=st.sampled_from((PACK, CASE)))
    def unmark(self, ref: str) -> None:
        self.hold = holds.unmarked(self.hold, [ref])
        self.inside.discard(ref)

    @invariant()
    def nothing_is_lost(self) -> None:
        if not self.claims and not self.inside:
            self.guards.clear()
        found = holds.claims(self.hold)
        assert sorted(map(str, found)) == sorted(map(str, self.claims.values()))
        assert self.hold["inside"] == sorted(self.inside)
        assert self.hold["guards"] == sorted(self.guards)
        ranks = [STATUSES.index(one["status"]) for one in found]
        assert ranks == sorted(ranks, reverse=True)
        assert (self.hold["status"] == "cleared") == (not self.claims)
        assert ("also" in self.hold) == (len(self.claims) > 1)


TestHoldMachine = HoldMachine.TestCase


@given(st.permutations([claim(at=1), claim("suspect", basis="investigation/A"), claim(by=MAKER)]))
def test_the_order_of_placing_makes_no_difference(found: list[Claim]) -> None:
    in_order = held(PACK, claim(at=1), claim("suspect", basis="investigation/A"), claim(by=MAKER))
    assert held(PACK, *found) == in_order
