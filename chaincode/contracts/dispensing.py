"""Dispensing to patients."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, unit_ref
from chaincode.contracts.context import Context, acting, foresee
from chaincode.contracts.holds import asked_of_loose, holds_of
from chaincode.contracts.lots import lots_in
from chaincode.contracts.recalled import check_recalls
from chaincode.contracts.standing import change, standings
from chaincode.rules import goods, lots, parties

MAX_DISPENSE = 200


async def dispense(context: Context, arguments: Arguments) -> Any:
    """Hand loose units to patients; by a licensed dispenser who owns and has them. All of them or none."""
    gln = arguments.gln()
    refs = arguments.each("units", MAX_DISPENSE, unit_ref)
    arguments.done()
    fields = [f"units[{place}]" for place in range(len(refs))]
    foresee(context, gln)
    units = await standings(context, refs, fields, asked_of_loose)
    held = await holds_of(context, units)
    of = await lots_in(context, units, fields)
    party = await acting(context, gln)
    context.check(parties.authorised, party, ("dispenser",), context.today, "gln")
    for unit, [lot], field in zip(units, of, fields, strict=True):
        context.check(goods.loose, unit, field)
        context.check(goods.in_circulation, unit, field)
        context.check(goods.present, unit, field)
        context.check(goods.in_custody, unit, gln, field)
        context.check(goods.owned, unit, gln, field)
        context.check(goods.not_offered, unit, field)
        held.check(context, unit, field)
        context.check(lots.unexpired, lot, context.today, field)
    await check_recalls(context, [unit.document for unit in units], fields)
    for unit in units:
        change(context, unit, {**unit.document, "status": "dispensed", "dispensed_at": context.now})
    context.event("UnitsDispensed", {"gln": gln, "count": len(refs)})
    return {"gln": gln, "count": len(refs)}
