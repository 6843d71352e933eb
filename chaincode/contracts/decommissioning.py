"""Decommissioning: how goods leave the supply chain other than to a patient, and its reversal."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, acting, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.lots import lots_in
from chaincode.contracts.recalled import check_recalls
from chaincode.contracts.standing import change, standings
from chaincode.model.documents.goods import Decommissioning
from chaincode.rules import goods, lots, parties, serialisation

MAX_REFS = 200


async def decommission(context: Context, arguments: Arguments) -> Any:
    """Take loose units, and outermost containers with all in them, out of the supply chain.

    ``{refs, gln, reason, note?}``, by their owner, or as damaged or stolen by who stores them.
    """
    refs, gln = arguments.refs("refs", MAX_REFS), arguments.gln()
    reason = arguments.choice("reason", serialisation.REASONS)
    done: Decommissioning = {"reason": reason, "gln": gln, "at": context.now}  # type: ignore[typeddict-item]
    if arguments.has("note"):
        done["note"] = arguments.text("note")
    arguments.done()
    fields = [f"refs[{place}]" for place in range(len(refs))]
    found = await standings(context, refs, fields)
    held = await holds_of(context, found)
    await acting(context, gln)
    for one, field in zip(found, fields, strict=True):
        context.check(goods.loose, one, field)
        context.check(goods.in_circulation, one, field)
        context.check(serialisation.may_end, one, gln, reason, field)
        context.check(goods.not_offered, one, field)
        held.check_disposal(context, one, reason, field)
    for one in found:
        change(context, one, {**one.document, "status": "decommissioned", "decommissioning": done})
    context.event("Decommissioned", {"gln": gln, "reason": reason, "count": len(refs)})
    return {"gln": gln, "reason": reason, "count": len(refs)}


async def reverse_decommission(context: Context, arguments: Arguments) -> Any:
    """Undo a decommissioning that was made in error: ``{refs, gln}``, by who made it, within days."""
    refs, gln = arguments.refs("refs", MAX_REFS), arguments.gln()
    arguments.done()
    fields = [f"refs[{place}]" for place in range(len(refs))]
    found = await standings(context, refs, fields)
    inside = await lots_in(context, found, fields)
    party = (await resolve(context, [gln])).party(gln, "gln")
    days = context.settings.parameter("reversal_days")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    for one, of, field in zip(found, inside, fields, strict=True):
        context.check(goods.loose, one, field)
        context.check(serialisation.decommissioned, one, field)
        if "decommissioning" in one.document:
            context.check(serialisation.returnable, one, field)
            context.check(serialisation.reversed_in_place, one, gln, field)
            context.check(serialisation.reversed_in_time, one, context.now, days, field)
        for lot in of:
            context.check(lots.unexpired, lot, context.today, field)
    await check_recalls(context, [one.document for one in found], fields)
    for one in found:
        document = {**one.document, "status": "commissioned" if one.document["doc"] == "unit" else "packed"}
        document.pop("decommissioning", None)
        change(context, one, document)
    context.event("DecommissioningReversed", {"gln": gln, "count": len(refs)})
    return {"gln": gln, "count": len(refs)}
