"""High risks that a manufacturer's product is illegitimate: raised with it, and notified of by it."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.form3911 import MAX_DESCRIPTION, Form
from chaincode.contracts.notifications import begin, filed, need_notification
from chaincode.model import keys
from chaincode.model.documents.safety import CLASSIFICATIONS, HighRisk
from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks, parties, suspect
from chaincode.rules import notification as rules


async def raise_high_risk(context: Context, arguments: Arguments) -> Any:
    """Tell a manufacturer of a high risk that a product of it is illegitimate, or determine that as one.

    By the manufacturer, an authorised trading partner or a regulator. It starts the manufacturer's clock.
    """
    risk_id, gln, gtin = arguments.identifier("id"), arguments.gln(), arguments.gtin()
    description = arguments.text("description", MAX_DESCRIPTION)
    arguments.done()
    key = keys.high_risk_key(risk_id)
    if await context.read(key) is not None:
        raise Refusal(Code.HIGH_RISK_EXISTS, f"high risk {risk_id} exists", "id")
    resolved = await resolve(context, [gln], [gtin])
    party = resolved.party(gln, "gln")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    if party["role"] != "regulator":
        context.check(parties.authorised, party, parties.KEEPERS, context.today, "gln")
    manufacturer = resolved.party(resolved.product(gtin, "gtin")["manufacturer"], "gtin")
    risk: HighRisk = {
        "doc": "high_risk",
        "id": risk_id,
        "gtin": gtin,
        "manufacturer": manufacturer["gln"],
        "raised_by": gln,
        "description": description,
        "raised_at": context.now,
        "notify_by": clocks.due(context.now, context.settings.parameter("notification_hours")),
        "guards": sorted({party["msp_id"], manufacturer["msp_id"]}),
    }
    context.write(key, risk, protected_by=risk["guards"])
    context.event(
        "HighRiskRaised",
        {"id": risk_id, "gtin": gtin, "manufacturer": manufacturer["gln"], "notify_by": risk["notify_by"]},
    )
    return risk


async def notify_high_risk(context: Context, arguments: Arguments) -> Any:
    """Notify the regulator and trading partners of a high risk that was raised; by the manufacturer."""
    notification_id, risk_id = arguments.identifier("id"), arguments.identifier("high_risk")
    classification = arguments.choice("classification", CLASSIFICATIONS)
    risk = await _risk(context, risk_id, "high_risk")
    form = Form(arguments, risk["manufacturer"])
    context.check(rules.raised, risk, "high_risk")
    notification = await begin(context, form, notification_id, risk["manufacturer"], risk["gtin"])
    notification |= {
        "kind": "high_risk",
        "high_risk": risk_id,
        "classification": classification,
        "determined_at": risk["raised_at"],
        "notify_by": risk["notify_by"],
    }
    changed: HighRisk = {**risk, "notification": notification_id}
    context.write(keys.high_risk_key(risk_id), changed, protected_by=risk["guards"])
    return filed(context, notification)


async def get_high_risk(context: Context, arguments: Arguments) -> Any:
    """A high risk, and whether the notification that it asks for is overdue."""
    risk_id = arguments.identifier("id")
    arguments.done()
    risk = await _risk(context, risk_id, "id")
    filed_at = None
    if "notification" in risk:
        filed_at = (await need_notification(context, risk["notification"]))["filed_at"]
    return {"high_risk": risk, "overdue": suspect.overdue(risk, filed_at, context.now)}


async def _risk(context: Context, risk_id: str, field: str) -> HighRisk:
    key = keys.high_risk_key(risk_id)
    return await context.need(key, Code.HIGH_RISK_UNKNOWN, f"high risk {risk_id}", field)
