"""Offers of goods to other trading partners, and the transfers that they begin."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context
from chaincode.contracts.transfers_offering import MAX_WHAT, Offer, load, place
from chaincode.model import keys
from chaincode.model.documents.trade import AFFIRMATIONS, Transfer
from chaincode.model.errors import Code
from chaincode.rules.offers import KINDS, OFFERED_KINDS


async def offer_transfer(context: Context, arguments: Arguments) -> Any:
    """Offer outermost goods to another authorised trading partner.

    ``{id, kind, what: [ref], from, to, ship_to?, statement?, shipment_date?}``: a drop shipment names with
    ``ship_to`` who takes the goods in; where ownership changes, ``statement`` holds the seller's seven
    affirmations, and the transaction information is made from the registry and the goods.
    """
    kind = arguments.choice("kind", OFFERED_KINDS)
    refs = arguments.refs("what", MAX_WHAT)
    offer = Offer(
        id=arguments.identifier("id"),
        kind=kind,
        refs=refs,
        sender=arguments.gln("from"),
        receiver=arguments.gln("to"),
        ship_to=arguments.gln("ship_to") if KINDS[kind].shipped_to_third else None,
        statement=_statement(arguments) if KINDS[kind].stated else None,
        shipment_date=_shipment_date(arguments) if KINDS[kind].ownership else None,
    )
    arguments.done()
    lading = await load(context, refs, [f"what[{place}]" for place in range(len(refs))])
    return await place(context, offer, lading)


async def get_transfer(context: Context, arguments: Arguments) -> Any:
    """A transfer by its id, with ``overdue``: whether it still waits though its time is over."""
    transfer_id = arguments.identifier("id")
    arguments.done()
    transfer = await need_transfer(context, transfer_id, "id")
    waiting = transfer["status"] in ("offered", "confirmed")
    return {**transfer, "overdue": waiting and context.now > transfer["due_at"]}


async def need_transfer(context: Context, transfer_id: str, field: str) -> Transfer:
    """A transfer; Refusal where there is none."""
    what = f"transfer {transfer_id}"
    return await context.need(keys.transfer_key(transfer_id), Code.TRANSFER_UNKNOWN, what, field)


def _statement(arguments: Arguments) -> dict[str, Any]:
    field, value = arguments.take("statement")
    inner = Arguments(value, field)
    given = {name: inner.take(name)[1] for name in AFFIRMATIONS if inner.has(name)}
    inner.done()
    return given


def _shipment_date(arguments: Arguments) -> str | None:
    return arguments.day("shipment_date") if arguments.has("shipment_date") else None
