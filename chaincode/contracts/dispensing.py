"""Dispensing to patients, and quarantine."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, ref
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.reading import ancestors, key_of, need_goods
from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, parties

MAX_DISPENSE = 200


async def dispense(context: Context, arguments: Arguments) -> Any:
    """Hand loose units to patients; by a licensed dispenser who has them. All of them or none."""
    gln = arguments.gln()
    refs = arguments.each("units", MAX_DISPENSE, _unit_ref)
    arguments.done()
    fields = [f"units[{place}]" for place in range(len(refs))]
    units: Any = await need_goods(context, refs, fields)
    lot_keys = list(dict.fromkeys(keys.lot_key(unit["gtin"], unit["lot"]) for unit in units))
    lots = dict(zip(lot_keys, await context.read_all(lot_keys), strict=True))
    for unit, field in zip(units, fields, strict=True):
        goods.in_circulation(unit, field)
        goods.loose(unit, field)
        goods.in_custody(unit, gln, field)
        goods.not_offered(unit, field)
        goods.not_held(unit, field)
        goods.marketable(lots[keys.lot_key(unit["gtin"], unit["lot"])], context.today, field)
    party = (await resolve(context, [gln])).party(gln, "gln")
    parties.acting_for(party, context.msp_id, "gln")
    context.check(parties.authorised, party, ("dispenser",), context.today, "gln")
    for name, unit in zip(refs, units, strict=True):
        context.write(key_of(name), goods.dispensed(unit, context.now))
    context.event("UnitsDispensed", {"gln": gln, "count": len(refs)})
    return {"gln": gln, "count": len(refs)}


async def quarantine(context: Context, arguments: Arguments) -> Any:
    """Put a loose unit, or a container, on hold; by whoever has it."""
    name, gln, reason = _hold_arguments(arguments)
    [one] = await need_goods(context, [name], ["ref"])
    if one["doc"] == "unit":
        # Its container's hold is the unit's too: a packed unit on hold alone would travel unseen.
        goods.loose(one, "ref")
    goods.in_circulation(one, "ref")
    goods.not_held(one, "ref")
    around = await ancestors(context, one)
    goods.in_custody(around[-1] if around else one, gln, "ref")
    party = (await resolve(context, [gln])).party(gln, "gln")
    parties.acting_for(party, context.msp_id, "gln")
    context.write(key_of(name), goods.quarantined(one, reason))
    context.event("Quarantined", {"ref": name, "gln": gln})
    return {"ref": name, "hold": "quarantine"}


async def release_quarantine(context: Context, arguments: Arguments) -> Any:
    """End a hold; by whoever has the goods, or a regulator."""
    name, gln, reason = _hold_arguments(arguments)
    [one] = await need_goods(context, [name], ["ref"])
    if "hold" not in one:
        raise Refusal(Code.NOT_HELD, f"{name} is not on hold", "ref")
    party = (await resolve(context, [gln])).party(gln, "gln")
    parties.acting_for(party, context.msp_id, "gln")
    if party["role"] != "regulator":
        around = await ancestors(context, one)
        goods.in_custody(around[-1] if around else one, gln, "ref")
    context.write(key_of(name), goods.released(one))
    context.event("QuarantineReleased", {"ref": name, "gln": gln, "reason": reason})
    return {"ref": name}


def _hold_arguments(arguments: Arguments) -> tuple[str, str, str]:
    field, value = arguments.take("ref")
    name, gln, reason = ref(value, field), arguments.gln(), arguments.text("reason")
    arguments.done()
    return name, gln, reason


def _unit_ref(value: Any, field: str) -> str:
    unit = ref(value, field)
    if unit.startswith("00"):
        raise Refusal(Code.INVALID_ARGUMENT, "units are dispensed, not containers", field)
    return unit
