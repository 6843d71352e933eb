"""Notifications of illegitimate product and of a high risk of it: who files, answers and ends them, and how.

Every function that changes a document returns a new one; what was read stays as it was.
"""

from __future__ import annotations

from chaincode.model.documents.safety import HighRisk, Investigation, Notification, Report
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# Reports of one incident, the first and those that follow it.
MAX_REPORTS = 50


@rule(Code.NOT_ILLEGITIMATE, Code.NOTIFICATION_EXISTS, parameters=("notification_hours",))
def determined(investigation: Investigation, field: str) -> None:
    """Illegitimate product is notified of, once, and from when it was determined to be illegitimate.

    Its clock of 24 hours starts with the determination. A late notification is taken and marked as late.

    Source: FD&C Act, section 582(b)(4)(B)(ii)(I), (c)(4)(B)(ii), (d)(4)(B)(ii), (e)(4)(B)(ii).
    """
    if investigation["status"] != "illegitimate":
        message = f"investigation {investigation['id']} did not find illegitimate product"
        raise Refusal(Code.NOT_ILLEGITIMATE, message, field)
    _not_filed(investigation, field)


@rule(Code.NOTIFICATION_EXISTS, parameters=("notification_hours",))
def raised(risk: HighRisk, field: str) -> None:
    """Of a high risk its manufacturer notifies once.

    Its clock of 24 hours starts when the manufacturer determines the risk, or the regulator or a trading
    partner tells it of one. A late notification is taken and marked as late.

    Source: FD&C Act, section 582(b)(4)(B)(ii)(II).
    """
    _not_filed(risk, field)


@rule(Code.NOTIFICATION_CLOSED)
def in_force(notification: Notification, field: str) -> None:
    """A notification that was terminated is neither answered nor added to.

    Source: FD&C Act, section 582(b)(4)(B)(iv), (c)(4)(B)(iv), (d)(4)(B)(iv), (e)(4)(B)(iv).
    """
    if notification["status"] == "terminated":
        raise Refusal(Code.NOTIFICATION_CLOSED, f"notification {notification['id']} is terminated", field)


@rule(Code.NOT_NOTIFIED)
def notified(notification: Notification, gln: str, field: str) -> None:
    """A notification is answered by the trading partners that it names.

    Source: FD&C Act, section 582(b)(4)(B)(iii), (c)(4)(B)(iii), (d)(4)(B)(iii), (e)(4)(B)(iii).
    """
    if gln not in notification["partners"]:
        message = f"notification {notification['id']} is not addressed to {gln}"
        raise Refusal(Code.NOT_NOTIFIED, message, field)


@rule(Code.INVESTIGATION_REQUIRED)
def investigates(
    notification: Notification, gln: str, packs: int, investigation: Investigation | None, field: str
) -> None:
    """Whoever has product of a notification has put it on hold and investigates it.

    Source: FD&C Act, section 582(b)(4)(B)(iii), (c)(4)(B)(iii), (d)(4)(B)(iii), (e)(4)(B)(iii): shall perform
    the activities described in subparagraph (A).
    """
    if not packs:
        return
    if investigation is None:
        message = f"{gln} has product of notification {notification['id']}: open an investigation of it"
        raise Refusal(Code.INVESTIGATION_REQUIRED, message, field)
    if investigation["gln"] != gln or investigation["gtin"] != notification["gtin"]:
        message = f"investigation {investigation['id']} is not one of this product by {gln}"
        raise Refusal(Code.INVESTIGATION_REQUIRED, message, field)


@rule(Code.INCIDENT_MISSING, Code.BATCH_TOO_LARGE)
def reportable(notification: Notification, field: str) -> None:
    """Every report after the first bears the incident number that the regulator gave with its receipt.

    Source: Form FDA 3911, items 1 and 2.
    """
    if "incident" not in notification:
        message = f"notification {notification['id']} has no incident number of the regulator yet"
        raise Refusal(Code.INCIDENT_MISSING, message, field)
    if len(notification["reports"]) >= MAX_REPORTS:
        raise Refusal(Code.BATCH_TOO_LARGE, f"it has {MAX_REPORTS} reports already", field)


@rule(Code.INCIDENT_EXISTS)
def unnumbered(notification: Notification, field: str) -> None:
    """A notification has one incident number.

    Source: Form FDA 3911, item 2.
    """
    if "incident" in notification:
        message = f"notification {notification['id']} is incident {notification['incident']}"
        raise Refusal(Code.INCIDENT_EXISTS, message, field)


@rule(Code.TERMINATION_ASKED)
def unasked(notification: Notification, field: str) -> None:
    """The termination of a notification is asked for once, until it is answered.

    Source: FD&C Act, section 582(b)(4)(B)(iv), (c)(4)(B)(iv), (d)(4)(B)(iv), (e)(4)(B)(iv).
    """
    if notification["status"] == "termination_requested":
        message = f"the termination of {notification['id']} is asked for already"
        raise Refusal(Code.TERMINATION_ASKED, message, field)


@rule(Code.TERMINATION_NOT_ASKED)
def asked(notification: Notification, field: str) -> None:
    """A notification is terminated in consultation with the regulator: on request, by its answer.

    Source: FD&C Act, section 582(b)(4)(B)(iv), (c)(4)(B)(iv), (d)(4)(B)(iv), (e)(4)(B)(iv).
    """
    if notification["status"] != "termination_requested":
        message = f"nobody asked for the termination of {notification['id']}"
        raise Refusal(Code.TERMINATION_NOT_ASKED, message, field)


def grounds(investigation: Investigation) -> dict[str, str | int]:
    """What a notification takes over from the investigation that found illegitimate product."""
    if investigation["status"] != "illegitimate":
        return {}
    return {
        "classification": investigation["classification"],
        "determined_at": investigation["decided_at"],
        "notify_by": investigation["notify_by"],
    }


def reported(notification: Notification, report: Report) -> Notification:
    """With one report more."""
    changed: Notification = {**notification, "reports": [*notification["reports"], report]}
    if report["kind"] == "termination_request":
        changed["status"] = "termination_requested"
    return changed


def terminated(notification: Notification, outcome: str, answer: str, at: int) -> Notification:
    """No longer necessary, or made in error."""
    return {
        **notification,
        "status": "terminated",
        "outcome": outcome,  # type: ignore[typeddict-item]
        "answer": answer,
        "terminated_at": at,
    }


def kept(notification: Notification, answer: str) -> Notification:
    """The regulator does not agree to its termination."""
    return {**notification, "status": "open", "answer": answer}


def _not_filed(document: Investigation | HighRisk, field: str) -> None:
    if "notification" in document:
        message = f"{document['id']} was notified of as {document['notification']}"
        raise Refusal(Code.NOTIFICATION_EXISTS, message, field)
