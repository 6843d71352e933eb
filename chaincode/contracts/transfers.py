"""Changes of ownership: an offer by one party, closed by the other, or withdrawn."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.lots import lots_in
from chaincode.contracts.standing import Standing, standings
from chaincode.model import keys
from chaincode.model.documents.trade import Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, lots, parties

MAX_WHAT = 200


async def offer_transfer(context: Context, arguments: Arguments) -> Any:
    """Offer outermost goods to another authorised trading partner, with the transaction statement.

    The statement is the seller's under the FD&C Act, section 581(27).
    """
    transfer_id = arguments.identifier("id")
    refs = arguments.refs("what", MAX_WHAT)
    sender, receiver = arguments.gln("from"), arguments.gln("to")
    arguments.truth("transaction_statement")
    arguments.done()
    if sender == receiver:
        raise invalid("to", "is another party than from")
    key = keys.transfer_key(transfer_id)
    if await context.read(key) is not None:
        raise Refusal(Code.TRANSFER_EXISTS, f"transfer {transfer_id} exists", "id")
    fields = [f"what[{place}]" for place in range(len(refs))]
    offered = await standings(context, refs, fields)
    held = await holds_of(context, offered)
    inside = await lots_in(context, offered, fields)
    resolved = await resolve(context, [sender, receiver])
    context.check(parties.acting_for, resolved.party(sender, "from"), context.msp_id, "from")
    context.check(parties.authorised, resolved.party(sender, "from"), parties.OWNERS, context.today, "from")
    context.check(parties.authorised, resolved.party(receiver, "to"), parties.OWNERS, context.today, "to")
    for one, of, field in zip(offered, inside, fields, strict=True):
        context.check(goods.loose, one, field)
        context.check(goods.in_circulation, one, field)
        context.check(goods.in_custody, one, sender, field)
        context.check(goods.not_offered, one, field)
        held.check(context, one, field)
        for lot in of:
            context.check(lots.released, lot, field)
            context.check(lots.unexpired, lot, context.today, field)
    transfer: Transfer = {
        "doc": "transfer",
        "id": transfer_id,
        "what": refs,
        "from": sender,
        "to": receiver,
        "status": "offered",
        "transaction_statement": True,
        "offered_at": context.now,
    }
    both = [resolved.party(sender, "from")["msp_id"], resolved.party(receiver, "to")["msp_id"]]
    context.write(key, transfer, protected_by=both)
    for one in offered:
        context.write(one.key, {**one.document, "offer": transfer_id})
    context.event("TransferOffered", {"id": transfer_id, "from": sender, "to": receiver})
    return transfer


async def accept_transfer(context: Context, arguments: Arguments) -> Any:
    """Take over what was offered; by the receiver, both sides licensed."""
    transfer = await _open(context, arguments)
    arguments.done()
    resolved = await resolve(context, [transfer["from"], transfer["to"]])
    _receiver(context, resolved.party(transfer["to"], "id"))
    sender, receiver = resolved.party(transfer["from"], "id"), resolved.party(transfer["to"], "id")
    context.check(parties.authorised, sender, parties.OWNERS, context.today, "from")
    context.check(parties.authorised, receiver, parties.OWNERS, context.today, "to")
    gln, msp = receiver["gln"], receiver["msp_id"]
    for one in await _offered(context, transfer):
        moved = {**_unoffered(one), "owner": gln, "owner_msp": msp, "custodian": gln}
        context.write(one.key, moved, protected_by=[msp])
    return _close(context, transfer, "accepted", None)


async def reject_transfer(context: Context, arguments: Arguments) -> Any:
    """Refuse what was offered; by the receiver."""
    transfer = await _open(context, arguments)
    reason = arguments.text("reason")
    arguments.done()
    _receiver(context, (await resolve(context, [transfer["to"]])).party(transfer["to"], "id"))
    return await _undo(context, transfer, "rejected", reason)


async def cancel_transfer(context: Context, arguments: Arguments) -> Any:
    """Withdraw an offer; by the sender."""
    transfer = await _open(context, arguments)
    reason = arguments.text("reason") if arguments.has("reason") else None
    arguments.done()
    sender = (await resolve(context, [transfer["from"]])).party(transfer["from"], "id")
    parties.acting_for(sender, context.msp_id, "id")
    return await _undo(context, transfer, "cancelled", reason)


async def get_transfer(context: Context, arguments: Arguments) -> Any:
    """A transfer by its id."""
    transfer_id = arguments.identifier("id")
    arguments.done()
    return await _transfer(context, transfer_id)


async def _transfer(context: Context, transfer_id: str) -> Transfer:
    what = f"transfer {transfer_id}"
    return await context.need(keys.transfer_key(transfer_id), Code.TRANSFER_UNKNOWN, what, "id")


async def _open(context: Context, arguments: Arguments) -> Transfer:
    transfer = await _transfer(context, arguments.identifier("id"))
    if transfer["status"] != "offered":
        raise Refusal(Code.TRANSFER_CLOSED, f"transfer {transfer['id']} is {transfer['status']}", "id")
    return transfer


def _receiver(context: Context, party: Any) -> None:
    if party["msp_id"] != context.msp_id:
        raise Refusal(Code.WRONG_RECEIVER, f"the transfer is offered to {party['gln']}", "id")


async def _offered(context: Context, transfer: Transfer) -> list[Standing]:
    refs = transfer["what"]
    return await standings(context, refs, ["id"] * len(refs))


async def _undo(context: Context, transfer: Transfer, status: str, reason: str | None) -> Transfer:
    for one in await _offered(context, transfer):
        context.write(one.key, _unoffered(one))
    return _close(context, transfer, status, reason)


def _unoffered(one: Standing) -> dict[str, Any]:
    """Goods of which no offer is open any more."""
    return {name: value for name, value in one.document.items() if name != "offer"}


def _close(context: Context, transfer: Transfer, status: str, reason: str | None) -> Transfer:
    closed: Any = {**transfer, "status": status, "closed_at": context.now}
    if reason is not None:
        closed["reason"] = reason
    context.write(keys.transfer_key(transfer["id"]), closed)
    event = f"Transfer{status.capitalize()}"
    context.event(event, {"id": transfer["id"], "from": transfer["from"], "to": transfer["to"]})
    return closed
