"""Notifications of illegitimate product and of a high risk of it, as Form FDA 3911 has them."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, acting, resolve
from chaincode.contracts.form3911 import MAX_DESCRIPTION, Form
from chaincode.contracts.investigations import need_investigation
from chaincode.contracts.investigations import save as save_investigation
from chaincode.model import keys
from chaincode.model.documents.safety import (
    Investigation,
    Notification,
    NotificationResponse,
    Report,
)
from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks, parties, suspect
from chaincode.rules import notification as rules

MAX_PACKS = 10_000_000


async def notify_illegitimate(context: Context, arguments: Arguments) -> Any:
    """Notify the regulator and trading partners of illegitimate product; by who investigated it.

    Its clock began when the product was declared illegitimate.
    """
    notification_id, investigation_id = arguments.identifier("id"), arguments.identifier("investigation")
    investigation = await need_investigation(context, investigation_id, "investigation")
    form = Form(arguments, investigation["gln"])
    context.check(rules.determined, investigation, "investigation")
    notification = await begin(context, form, notification_id, investigation["gln"], investigation["gtin"])
    notification |= {"kind": "illegitimate", "investigation": investigation_id}
    notification |= rules.grounds(investigation)
    changed: Investigation = {**investigation, "notification": notification_id}
    save_investigation(context, changed)
    return filed(context, notification)


async def acknowledge_notification(context: Context, arguments: Arguments) -> Any:
    """Acknowledge a notification and give it its incident number; by a regulator."""
    notification_id, gln = arguments.identifier("id"), arguments.gln()
    incident = arguments.identifier("incident")
    arguments.done()
    notification = await need_notification(context, notification_id)
    await _regulator(context, gln)
    context.check(rules.in_force, notification, "id")
    context.check(rules.unnumbered, notification, "id")
    changed: Notification = {**notification, "incident": incident}
    return save(context, changed, "NotificationAcknowledged", {"incident": incident})


async def follow_up_notification(context: Context, arguments: Arguments) -> Any:
    """Add a report to a notification; by who filed it."""
    return await _report(context, arguments, "follow_up", "NotificationFollowedUp")


async def request_termination(context: Context, arguments: Arguments) -> Any:
    """Ask the regulator to terminate a notification; by who filed it."""
    return await _report(context, arguments, "termination_request", "TerminationRequested")


async def answer_termination(context: Context, arguments: Arguments) -> Any:
    """Agree that a notification is no longer necessary or was made in error, or not; by a regulator.

    One made in error clears its investigation: the holds can be settled.
    """
    notification_id, gln = arguments.identifier("id"), arguments.gln()
    outcome = arguments.choice("outcome", ("in_error", "no_longer_necessary", "still_necessary"))
    answer = arguments.text("answer", MAX_DESCRIPTION)
    arguments.done()
    notification = await need_notification(context, notification_id)
    await _regulator(context, gln)
    context.check(rules.asked, notification, "id")
    if outcome == "still_necessary":
        changed = rules.kept(notification, answer)
    else:
        changed = rules.terminated(notification, outcome, answer, context.now)
    if outcome == "in_error" and "investigation" in notification:
        investigation = await need_investigation(context, notification["investigation"], "id")
        save_investigation(context, suspect.cleared(investigation, answer, context.now))
    return save(context, changed, "TerminationAnswered", {"outcome": outcome})


async def respond_notification(context: Context, arguments: Arguments) -> Any:
    """Say how many packs of a notification's product a notified partner has; it may find more later."""
    notification_id, gln = arguments.identifier("id"), arguments.gln()
    packs = arguments.integer("packs", 0, MAX_PACKS)
    investigation_id = arguments.identifier("investigation") if arguments.has("investigation") else None
    arguments.done()
    notification = await need_notification(context, notification_id)
    party = await acting(context, gln)
    context.check(rules.notified, notification, gln, "gln")
    context.check(rules.in_force, notification, "id")
    investigation = None
    if investigation_id is not None:
        investigation = await need_investigation(context, investigation_id, "investigation")
    context.check(rules.investigates, notification, gln, packs, investigation, "investigation")
    response: NotificationResponse = {
        "doc": "notification_response",
        "notification": notification_id,
        "gln": gln,
        "packs": packs,
        "responded_at": context.now,
    }
    if investigation_id is not None:
        response["investigation"] = investigation_id
    key = keys.notification_response_key(notification_id, gln)
    context.write(key, response, protected_by=[party["msp_id"]])
    context.event("NotificationAnswered", {"id": notification_id, "gln": gln, "packs": packs})
    return response


async def get_notification(context: Context, arguments: Arguments) -> Any:
    """A notification with its partners' responses, and whether it was filed late."""
    notification_id = arguments.identifier("id")
    arguments.done()
    notification = await need_notification(context, notification_id)
    wanted = [keys.notification_response_key(notification_id, gln) for gln in notification["partners"]]
    found = await context.read_all(wanted) if wanted else []
    return {
        "notification": notification,
        "responses": [response for response in found if response is not None],
        "late": clocks.overdue(notification["notify_by"], notification["filed_at"], context.now),
    }


async def begin(context: Context, form: Form, notification_id: str, filer: str, gtin: str) -> Any:
    """The notification as far as the form says it; the filer's own, and for registered partners."""
    if await context.read(keys.notification_key(notification_id)) is not None:
        raise Refusal(Code.NOTIFICATION_EXISTS, f"notification {notification_id} exists", "id")
    resolved = await resolve(context, [filer, *form.partners], [gtin])
    party = resolved.party(filer, "id")
    context.check(parties.acting_for, party, context.msp_id, "id")
    for place, gln in enumerate(form.partners):
        resolved.party(gln, f"partners[{place}]")
    return {
        "doc": "notification",
        "id": notification_id,
        "filer": filer,
        "role": party["role"],
        "gtin": gtin,
        "drug": form.drug(resolved.product(gtin, "id")),
        "location": form.location,
        "reports": [{"kind": "initial", "description": form.description, "at": context.now}],
        "other_reports": form.other_reports,
        "partners": form.partners,
        "filed_at": context.now,
        "status": "open",
        "guards": sorted({party["msp_id"], *context.settings.regulators}),
    }


async def _report(context: Context, arguments: Arguments, kind: Any, event: str) -> Notification:
    notification_id = arguments.identifier("id")
    description = arguments.text("description", MAX_DESCRIPTION)
    arguments.done()
    notification = await need_notification(context, notification_id)
    filer = (await resolve(context, [notification["filer"]])).party(notification["filer"], "id")
    context.check(parties.acting_for, filer, context.msp_id, "id")
    context.check(rules.in_force, notification, "id")
    context.check(rules.unasked, notification, "id")
    context.check(rules.reportable, notification, "id")
    report: Report = {"kind": kind, "description": description, "at": context.now}
    return save(context, rules.reported(notification, report), event, {})


async def _regulator(context: Context, gln: str) -> None:
    party = await acting(context, gln)
    context.check(parties.in_role, party, ("regulator",), "gln")


async def need_notification(context: Context, notification_id: str) -> Notification:
    """A notification; Refusal where there is none."""
    what = f"notification {notification_id}"
    key = keys.notification_key(notification_id)
    return await context.need(key, Code.NOTIFICATION_UNKNOWN, what, "id")


def filed(context: Context, notification: Notification) -> Notification:
    """Write a new notification, and tell its partners and the regulator of it."""
    told = {
        "kind": notification["kind"],
        "filer": notification["filer"],
        "gtin": notification["gtin"],
        "partners": notification["partners"],
    }
    return save(context, notification, "NotificationFiled", told)


def save(context: Context, notification: Notification, event: str, payload: dict[str, Any]) -> Notification:
    """Write it under the policy of who filed it and of the regulators, and tell of it."""
    key = keys.notification_key(notification["id"])
    context.write(key, notification, protected_by=notification["guards"])
    context.event(event, {"id": notification["id"], **payload})
    return notification
