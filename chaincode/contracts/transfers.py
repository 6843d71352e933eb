"""Changes of ownership: an offer by one party, closed by the other, or withdrawn."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.reading import containers_inside, key_of, need_goods
from chaincode.model import keys
from chaincode.model.documents.goods import Container, Unit
from chaincode.model.documents.trade import Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, parties

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
    offered = await need_goods(context, refs, fields)
    for one, field in zip(offered, fields, strict=True):
        goods.loose(one, field)
        goods.in_custody(one, sender, field)
        goods.not_offered(one, field)
        goods.not_held(one, field)
        goods.in_circulation(one, field)
    await _check_lots(context, offered, fields)
    containers = [one for one in offered if one["doc"] == "container"]
    for inside in await containers_inside(context, containers, "what"):
        goods.not_held(inside, "what")
    resolved = await resolve(context, [sender, receiver])
    parties.acting_for(resolved.party(sender, "from"), context.msp_id, "from")
    context.check(parties.authorised, resolved.party(sender, "from"), parties.OWNERS, context.today, "from")
    context.check(parties.authorised, resolved.party(receiver, "to"), parties.OWNERS, context.today, "to")
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
    context.write(key, transfer)
    for ref, one in zip(refs, offered, strict=True):
        context.write(key_of(ref), goods.offered(one, transfer_id))
    context.event("TransferOffered", {"id": transfer_id, "from": sender, "to": receiver})
    return transfer


async def accept_transfer(context: Context, arguments: Arguments) -> Any:
    """Take over what was offered; by the receiver, both sides licensed."""
    transfer = await _open(context, arguments)
    arguments.done()
    resolved = await resolve(context, [transfer["from"], transfer["to"]])
    _receiver(context, resolved.party(transfer["to"], "id"))
    context.check(
        parties.authorised, resolved.party(transfer["from"], "id"), parties.OWNERS, context.today, "from"
    )
    context.check(
        parties.authorised, resolved.party(transfer["to"], "id"), parties.OWNERS, context.today, "to"
    )
    for ref, one in await _offered(context, transfer):
        context.write(key_of(ref), goods.moved(one, transfer["to"]))
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


async def _offered(context: Context, transfer: Transfer) -> list[tuple[str, Unit | Container]]:
    refs = transfer["what"]
    return list(zip(refs, await need_goods(context, refs, ["id"] * len(refs)), strict=True))


async def _undo(context: Context, transfer: Transfer, status: str, reason: str | None) -> Transfer:
    for ref, one in await _offered(context, transfer):
        context.write(key_of(ref), goods.no_longer_offered(one))
    return _close(context, transfer, status, reason)


def _close(context: Context, transfer: Transfer, status: str, reason: str | None) -> Transfer:
    closed: Any = {**transfer, "status": status, "closed_at": context.now}
    if reason is not None:
        closed["reason"] = reason
    context.write(keys.transfer_key(transfer["id"]), closed)
    event = f"Transfer{status.capitalize()}"
    context.event(event, {"id": transfer["id"], "from": transfer["from"], "to": transfer["to"]})
    return closed


async def _check_lots(context: Context, offered: list[Unit | Container], fields: list[str]) -> None:
    """Loose units of a lot that may not be sold are not offered."""
    field_of: dict[str, str] = {}
    for one, field in zip(offered, fields, strict=True):
        if one["doc"] == "unit":
            field_of.setdefault(keys.lot_key(one["gtin"], one["lot"]), field)
    for lot, field in zip(await context.read_all(list(field_of)), field_of.values(), strict=True):
        if lot is None:
            raise Refusal(Code.LOT_UNKNOWN, "its lot is not on the ledger", field)
        goods.marketable(lot, context.today, field)
