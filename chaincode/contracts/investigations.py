"""Investigations of suspect product: opened, and cleared or found illegitimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.arguments import MAX_TEXT, Arguments, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import Holds, claim_of, holds_of, lot_holds, owner_msp, where_of
from chaincode.contracts.standing import Standing, standings
from chaincode.model import keys
from chaincode.model.documents.safety import CLASSIFICATIONS, Investigation
from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks, goods, holds, parties, suspect

MAX_REFS = 200
MAX_PACKS = 10_000_000
MAX_DESCRIPTION = 2000


async def open_investigation(context: Context, arguments: Arguments) -> Any:
    """Investigate suspect product and hold it meanwhile; by who has or owns it, or a regulator.

    ``refs`` name the goods, or ``lot`` with ``packs`` says how many packs of a lot the party has: all of that
    lot that it has, now or later, is held.
    """
    investigation_id, gln, gtin = arguments.identifier("id"), arguments.gln(), arguments.gtin()
    lot = arguments.lot() if arguments.has("lot") else None
    names = arguments.refs("refs", MAX_REFS) if lot is None else []
    packs = 0 if lot is None else arguments.integer("packs", 1, MAX_PACKS)
    reasons = arguments.each("reasons", len(CLASSIFICATIONS), _reason)
    description = arguments.text("description", MAX_DESCRIPTION)
    arguments.done()
    key = keys.investigation_key(investigation_id)
    if await context.read(key) is not None:
        raise Refusal(Code.INVESTIGATION_EXISTS, f"investigation {investigation_id} exists", "id")
    fields = [f"refs[{place}]" for place in range(len(names))]
    suspects = await standings(context, names, fields) if names else []
    _apart(suspects, fields)
    resolved = await resolve(context, [gln], [gtin])
    resolved.product(gtin, "gtin")
    party = resolved.party(gln, "gln")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(suspect.investigator, party, lot is not None, "gln")
    claim = claim_of(context, "suspect", ", ".join(reasons), gln, suspect.basis(investigation_id))
    guards = {party["msp_id"], *map(owner_msp, suspects)}
    if lot is None:
        found = await holds_of(context, suspects)
        for one, field in zip(suspects, fields, strict=True):
            if one.document["doc"] == "unit":
                context.check(goods.loose, one, field)
            context.check(goods.in_circulation, one, field)
            context.check(holds.possessed, party, (one.owner, one.custodian), one.ref, field)
            packs += _packs(one, gtin, field)
            found.place(context, where_of(one), claim, (owner_msp(one), party["msp_id"]), field)
    else:
        where = [keys.lot_hold_key(gtin, lot, gln)]
        found = await lot_holds(context, gtin, lot, gln)
        found.put(where[0], {**found.of(where[0]), "gln": gln})
        found.place(context, where, claim, guards, "lot")
    found.save(context)
    parameter = context.settings.parameter
    investigation: Investigation = {
        "doc": "investigation",
        "id": investigation_id,
        "gln": gln,
        "gtin": gtin,
        "packs": packs,
        "sample": suspect.sample_size(
            party["role"],
            packs,
            parameter("sample_packs"),
            parameter("sample_percent"),
            parameter("sample_percent_others"),
        ),
        "good": 0,
        "bad": 0,
        "reasons": reasons,
        "description": description,
        "status": "open",
        "opened_at": context.now,
        "guards": sorted(guards),
    }
    if lot is None:
        investigation["refs"] = names
    else:
        investigation["lot"] = lot
    save(context, investigation)
    context.event("InvestigationOpened", {"id": investigation_id, "gln": gln, "gtin": gtin})
    return investigation


async def clear_investigation(context: Context, arguments: Arguments) -> Any:
    """End an investigation: the product is not illegitimate, and its holds are lifted; by who opened it."""
    investigation_id, decision = arguments.identifier("id"), arguments.text("decision", MAX_DESCRIPTION)
    arguments.done()
    investigation = await open_one(context, investigation_id)
    context.check(suspect.sampled, investigation, "id")
    context.check(suspect.sound, investigation, "id")
    changed = suspect.cleared(investigation, decision, context.now)
    await _follow(context, changed)
    save(context, changed)
    context.event("InvestigationCleared", {"id": investigation_id, "gln": changed["gln"]})
    return changed


async def declare_illegitimate(context: Context, arguments: Arguments) -> Any:
    """End an investigation: the product is illegitimate, its holds are for good; by who opened it.

    This starts the clock of the notification to the regulator and the trading partners.
    """
    investigation_id, decision = arguments.identifier("id"), arguments.text("decision", MAX_DESCRIPTION)
    classification: Any = arguments.choice("classification", CLASSIFICATIONS)
    arguments.done()
    investigation = await open_one(context, investigation_id)
    notify_by = clocks.due(context.now, context.settings.parameter("notification_hours"))
    changed = suspect.illegitimate(investigation, classification, decision, context.now, notify_by)
    await _follow(context, changed)
    save(context, changed)
    context.event(
        "ProductIllegitimate",
        {"id": investigation_id, "gln": changed["gln"], "gtin": changed["gtin"], "notify_by": notify_by},
    )
    return changed


async def settle_holds(context: Context, arguments: Arguments) -> Any:
    """Let holds that came from an investigation's follow its decision; by who opened it.

    They are on goods taken out of a held container meanwhile, or on goods of a notification made in error.
    """
    investigation_id, names = arguments.identifier("id"), arguments.refs("refs", MAX_REFS)
    arguments.done()
    investigation = await need_investigation(context, investigation_id, "id")
    await _acting(context, investigation)
    context.check(suspect.decided, investigation, "id")
    fields = [f"refs[{place}]" for place in range(len(names))]
    settled = await standings(context, names, fields)
    found = await holds_of(context, settled)
    for one, field in zip(settled, fields, strict=True):
        context.check(suspect.under_investigation, one.ref, [found.own(one)], investigation_id, field)
        _settle(context, found, where_of(one), investigation, field)
    found.save(context)
    context.event("HoldsSettled", {"id": investigation_id, "count": len(names)})
    return {"id": investigation_id, "status": investigation["status"], "count": len(names)}


async def get_investigation(context: Context, arguments: Arguments) -> Any:
    """An investigation, and whether the notification that it asks for is overdue."""
    investigation_id = arguments.identifier("id")
    arguments.done()
    investigation = await need_investigation(context, investigation_id, "id")
    return {"investigation": investigation, "overdue": await _overdue(context, investigation)}


async def need_investigation(context: Context, investigation_id: str, field: str) -> Investigation:
    """An investigation; Refusal where there is none."""
    what = f"investigation {investigation_id}"
    key = keys.investigation_key(investigation_id)
    return await context.need(key, Code.INVESTIGATION_UNKNOWN, what, field)


def save(context: Context, investigation: Investigation) -> None:
    """Write an investigation under the policy of its opener and of the owners of the goods."""
    key = keys.investigation_key(investigation["id"])
    context.write(key, investigation, protected_by=investigation["guards"])


async def open_one(context: Context, investigation_id: str) -> Investigation:
    """An investigation that goes on, for who opened it; Refusal of any other."""
    investigation = await need_investigation(context, investigation_id, "id")
    await _acting(context, investigation)
    context.check(suspect.undecided, investigation, "id")
    return investigation


async def _acting(context: Context, investigation: Investigation) -> None:
    resolved = await resolve(context, [investigation["gln"]])
    context.check(parties.acting_for, resolved.party(investigation["gln"], "id"), context.msp_id, "id")


async def _overdue(context: Context, investigation: Investigation) -> bool:
    filed_at = None
    if "notification" in investigation:
        notification = await context.read(keys.notification_key(investigation["notification"]))
        filed_at = notification["filed_at"]
    return suspect.overdue(investigation, filed_at, context.now)


async def _follow(context: Context, investigation: Investigation) -> None:
    """The holds that were placed with the investigation follow its decision."""
    if "lot" in investigation:
        gtin, lot, gln = investigation["gtin"], investigation["lot"], investigation["gln"]
        where = [keys.lot_hold_key(gtin, lot, gln)]
        found = await lot_holds(context, gtin, lot, gln)
        _settle(context, found, where, investigation, "id")
    else:
        names = investigation["refs"]
        suspects = await standings(context, names, ["id"] * len(names))
        found = await holds_of(context, suspects)
        for one in suspects:
            _settle(context, found, where_of(one), investigation, "id")
    found.save(context)


def _settle(
    context: Context, found: Holds, where: Sequence[str], investigation: Investigation, field: str
) -> None:
    """A claim of the investigation is lifted, or becomes one of illegitimate product."""
    basis, gln = suspect.basis(investigation["id"]), investigation["gln"]
    ended = [claim for claim in holds.claims(found.of(where[0])) if claim.get("basis") == basis]
    if investigation["status"] == "cleared":
        found.lift(context, where, ended, gln, investigation["decision"][:MAX_TEXT])
    elif investigation["status"] == "illegitimate" and ended and ended[0]["status"] == "suspect":
        claim = claim_of(context, "illegitimate", investigation["classification"], gln, basis)
        found.place(context, where, claim, (), field)


def _apart(suspects: Sequence[Standing], fields: Sequence[str]) -> None:
    """No goods stand beside what they are packed in: they would count, and be held, twice."""
    names = {one.ref for one in suspects}
    for one, field in zip(suspects, fields, strict=True):
        for outer in one.around:
            if outer.ref in names:
                raise invalid(field, f"is packed in {outer.ref}, which stands here too")


def _packs(standing: Standing, gtin: str, field: str) -> int:
    """How many packs of a product the goods are; Refusal of none."""
    document = standing.document
    if document["doc"] == "unit":
        count = int(document["gtin"] == gtin)
    else:
        count = sum(content["count"] for content in document["contents"] if content["gtin"] == gtin)
    if not count:
        raise invalid(field, f"has nothing of product {gtin} in it")
    return count


def _reason(value: Any, field: str) -> str:
    return Arguments({field: value}).choice(field, CLASSIFICATIONS)
