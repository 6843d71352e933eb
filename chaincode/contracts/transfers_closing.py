"""How an offer ends without a change: rejected, cancelled, or expired; and how any transfer is closed."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.standing import change, standings
from chaincode.contracts.transfers import need_transfer
from chaincode.model import keys
from chaincode.model.documents.trade import Status, Transfer
from chaincode.rules import offers, parties


async def reject_transfer(context: Context, arguments: Arguments) -> Any:
    """Refuse what was offered; by the buyer, or who would take it in. ``{id, reason}``."""
    transfer = await need_transfer(context, arguments.identifier("id"), "id")
    reason = arguments.text("reason")
    arguments.done()
    resolved = await resolve(context, offers.parties(transfer))
    takers = [resolved.party(gln, "id") for gln in offers.parties(transfer)[1:]]
    context.check(offers.offered_to, takers, context.msp_id, "id")
    return await _undo(context, transfer, "reject", {"reason": reason})


async def cancel_transfer(context: Context, arguments: Arguments) -> Any:
    """Withdraw an offer; by the sender. ``{id, reason?}``."""
    transfer = await need_transfer(context, arguments.identifier("id"), "id")
    changes = {"reason": arguments.text("reason")} if arguments.has("reason") else {}
    arguments.done()
    resolved = await resolve(context, [transfer["from"]])
    context.check(parties.acting_for, resolved.party(transfer["from"], "id"), context.msp_id, "id")
    return await _undo(context, transfer, "cancel", changes)


async def expire_offer(context: Context, arguments: Arguments) -> Any:
    """End an offer whose time is over, so that the goods are free again; by any of its parties. ``{id}``."""
    transfer = await need_transfer(context, arguments.identifier("id"), "id")
    arguments.done()
    resolved = await resolve(context, offers.parties(transfer))
    sides = [resolved.party(gln, "id") for gln in offers.parties(transfer)]
    context.check(offers.offered_to, sides, context.msp_id, "id")
    context.check(offers.overdue, transfer, context.now, "id")
    return await _undo(context, transfer, "expire", {})


def close(context: Context, transfer: Transfer, status: Status, changes: dict[str, Any]) -> Transfer:
    """Write a transfer\'s new status, with whatever else changes of it, and tell of it."""
    closed: Any = {**transfer, **changes, "status": status, "closed_at": context.now}
    context.write(keys.transfer_key(transfer["id"]), closed)
    names = {"accepted_with_exceptions": "Accepted"}
    tell(context, f"Transfer{names.get(status, status.capitalize())}", closed)
    return closed


def tell(context: Context, event: str, transfer: Transfer) -> None:
    """The event of a transfer."""
    context.event(event, {"id": transfer["id"], "from": transfer["from"], "to": transfer["to"]})


def unbound(document: Any) -> dict[str, Any]:
    """Goods that are in no offer any more, nor missing."""
    return {name: value for name, value in document.items() if name not in ("offer", "missing")}


async def _undo(
    context: Context, transfer: Transfer, action: offers.Action, changes: dict[str, Any]
) -> Transfer:
    """Free the goods; an offer whose time is over has expired, whoever touches it."""
    context.check(offers.in_state, transfer, action, "id")
    status = offers.after("expire" if context.now > transfer["due_at"] else action)
    what = transfer["what"]
    for one in await standings(context, what, ["id"] * len(what)):
        context.check(offers.bound, one.ref, one.document.get("offer"), transfer, "id")
        change(context, one, unbound(one.document))
    return close(context, transfer, status, changes)
