"""Quarantine: put on goods by whoever has or owns them, ended by who placed it or a regulator."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, ref
from chaincode.contracts.context import Context, acting, resolve
from chaincode.contracts.holds import holds_of, place, where_of
from chaincode.contracts.standing import standing
from chaincode.rules import goods, holds, parties


async def quarantine(context: Context, arguments: Arguments) -> Any:
    """Put a loose unit, or a container, on hold; by whoever has or owns it, or a regulator.

    A packed unit is held by its innermost container: what is on hold alone would not show outside.
    """
    name, gln, reason = _hold_arguments(arguments)
    one = await standing(context, name, "ref")
    if one.document["doc"] == "unit":
        context.check(goods.loose, one, "ref")
    context.check(goods.in_circulation, one, "ref")
    resolved = await resolve(context, [gln])
    party = resolved.party(gln, "gln")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(holds.possessed, party, (one.owner, one.custodian), name, "ref")
    await place(context, one, "quarantine", reason, gln, resolved)
    context.event("Quarantined", {"ref": name, "gln": gln})
    return {"ref": name, "hold": "quarantine"}


async def release_quarantine(context: Context, arguments: Arguments) -> Any:
    """End a quarantine; by who placed it, or a regulator. Other holds on the goods stay."""
    name, gln, reason = _hold_arguments(arguments)
    one = await standing(context, name, "ref")
    found = await holds_of(context, [one])
    party = await acting(context, gln)
    hold = found.own(one)
    context.check(holds.releasable, hold, party, "ref")
    ended = [
        claim
        for claim in holds.claims(hold)
        if "basis" not in claim and (party["role"] == "regulator" or claim["placed_by"] == gln)
    ]
    found.lift(context, where_of(one), ended, gln, reason)
    found.save(context)
    context.event("QuarantineReleased", {"ref": name, "gln": gln, "reason": reason})
    return {"ref": name, "hold": found.own(one)["status"]}


def _hold_arguments(arguments: Arguments) -> tuple[str, str, str]:
    field, value = arguments.take("ref")
    name, gln, reason = ref(value, field), arguments.gln(), arguments.text("reason")
    arguments.done()
    return name, gln, reason
