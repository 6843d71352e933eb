"""Notifications on Form FDA 3911: what they rest on, who answers, and how they end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chaincode.model.errors import Code, Refusal
from chaincode.rules import notification

MAKER, WHOLESALER, PHARMACY = "9521234000013", "9521234000020", "9521234000037"
GTIN = "09521234000013"


def filed(**more: Any) -> Any:
    report = {"kind": "initial", "description": "odd print", "at": 1}
    return {
        "id": "N",
        "filer": WHOLESALER,
        "gtin": GTIN,
        "partners": [PHARMACY],
        "reports": [report],
        "status": "open",
        **more,
    }


def refused(check: Any, *args: Any) -> Code:
    with pytest.raises(Refusal) as caught:
        check(*args, "id")
    assert caught.value.field == "id"
    return caught.value.code


@pytest.mark.allows("notification.determined")
@pytest.mark.refuses("notification.determined")
def test_it_rests_on_illegitimate_product() -> None:
    found = {"id": "I", "status": "illegitimate"}
    notification.determined(found, "id")  # type: ignore[arg-type]
    for status in ("open", "cleared"):
        assert refused(notification.determined, found | {"status": status}) is Code.NOT_ILLEGITIMATE
    assert refused(notification.determined, found | {"notification": "N"}) is Code.NOTIFICATION_EXISTS


@pytest.mark.allows("notification.raised")
@pytest.mark.refuses("notification.raised")
def test_a_high_risk_is_notified_of_once() -> None:
    notification.raised({"id": "R"}, "id")  # type: ignore[typeddict-item]
    assert refused(notification.raised, {"id": "R", "notification": "N"}) is Code.NOTIFICATION_EXISTS


@pytest.mark.allows("notification.in_force")
@pytest.mark.refuses("notification.in_force")
def test_after_its_termination_nothing_is_added() -> None:
    for status in ("open", "termination_requested"):
        notification.in_force(filed(status=status), "id")
    assert refused(notification.in_force, filed(status="terminated")) is Code.NOTIFICATION_CLOSED


@pytest.mark.allows("notification.notified")
@pytest.mark.refuses("notification.notified")
def test_named_partners_answer() -> None:
    notification.notified(filed(), PHARMACY, "id")
    assert refused(notification.notified, filed(), MAKER) is Code.NOT_NOTIFIED


@pytest.mark.allows("notification.investigates")
@pytest.mark.refuses("notification.investigates")
def test_who_has_product_investigates_it() -> None:
    own: Any = {"id": "I", "gln": PHARMACY, "gtin": GTIN}
    notification.investigates(filed(), PHARMACY, 0, None, "id")
    notification.investigates(filed(), PHARMACY, 2, own, "id")
    for other in (None, own | {"gln": MAKER}, own | {"gtin": "09521234000020"}):
        code = refused(notification.investigates, filed(), PHARMACY, 2, other)
        assert code is Code.INVESTIGATION_REQUIRED


@pytest.mark.allows("notification.reportable")
@pytest.mark.refuses("notification.reportable")
def test_later_reports_bear_the_incident_number(monkeypatch: pytest.MonkeyPatch) -> None:
    notification.reportable(filed(incident="FDA-1"), "id")
    assert refused(notification.reportable, filed()) is Code.INCIDENT_MISSING
    monkeypatch.setattr(notification, "MAX_REPORTS", 1)
    assert refused(notification.reportable, filed(incident="FDA-1")) is Code.BATCH_TOO_LARGE


@pytest.mark.allows("notification.unnumbered")
@pytest.mark.refuses("notification.unnumbered")
def test_one_incident_number() -> None:
    notification.unnumbered(filed(), "id")
    assert refused(notification.unnumbered, filed(incident="FDA-1")) is Code.INCIDENT_EXISTS


@pytest.mark.allows("notification.unasked")
@pytest.mark.allows("notification.asked")
@pytest.mark.refuses("notification.unasked")
@pytest.mark.refuses("notification.asked")
def test_termination_is_asked_for_and_answered_once() -> None:
    asked = filed(status="termination_requested")
    notification.unasked(filed(), "id")
    notification.asked(asked, "id")
    assert refused(notification.unasked, asked) is Code.TERMINATION_ASKED
    for status in ("open", "terminated"):
        assert refused(notification.asked, filed(status=status)) is Code.TERMINATION_NOT_ASKED


class NotificationMachine(RuleBasedStateMachine):
    """Whatever is tried: terminated only as asked for and answered, and no report is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.document = filed(incident="FDA-1")
        self.reports = 1
        self.history = ["open"]

    def _allowed(self, *checks: Any) -> bool:
        try:
            for check in checks:
                check(self.document, "id")
        except Refusal:
            return False
        return True

    @rule(kind=st.sampled_from(("follow_up", "termination_request")))
    def report(self, kind: Any) -> None:
        if self._allowed(notification.in_force, notification.unasked, notification.reportable):
            report: Any = {"kind": kind, "description": "more", "at": 2}
            self.document = notification.reported(self.document, report)
            self.reports += 1

    @rule(outcome=st.sampled_from(("in_error", "no_longer_necessary", "still_necessary")))
    def answer(self, outcome: str) -> None:
        if not self._allowed(notification.asked):
            return
        if outcome == "still_necessary":
            self.document = notification.kept(self.document, "no")
        else:
            self.document = notification.terminated(self.document, outcome, "yes", 3)

    @invariant()
    def it_ends_only_on_request(self) -> None:
        if self.document["status"] != self.history[-1]:
            self.history.append(self.document["status"])
        assert len(self.document["reports"]) == self.reports
        for before, after in zip(self.history, self.history[1:], strict=False):
            assert (before, after) in {
                ("open", "termination_requested"),
                ("termination_requested", "open"),
                ("termination_requested", "terminated"),
            }
        assert ("outcome" in self.document) == (self.document["status"] == "terminated")


TestNotificationMachine = NotificationMachine.TestCase
