"""Returns: offers that go back along the way the goods came."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.transfers import need_transfer
from chaincode.contracts.transfers_offering import MAX_WHAT, Lading, Offer, load, place
from chaincode.rules import returns
from chaincode.rules.offers import RETURN_KINDS


async def return_goods(context: Context, arguments: Arguments) -> Any:
    """Offer goods back; what comes of it is a transfer like any other.

    ``{id, kind, what: [ref], from, to, original?}``. A saleable return is of packs, names the transfer that
    they were bought with, goes to who sold them, and is accepted only once they have verified each pack's
    identifier. What is not saleable or is recalled goes to its seller or its manufacturer.
    """
    kind = arguments.choice("kind", RETURN_KINDS)
    transfer_id, refs = arguments.identifier("id"), arguments.refs("what", MAX_WHAT)
    sender, receiver = arguments.gln("from"), arguments.gln("to")
    named = arguments.has("original") or kind == "saleable_return"
    original_id = arguments.identifier("original") if named else None
    arguments.done()
    fields = [f"what[{place}]" for place in range(len(refs))]
    lading = await load(context, refs, fields)
    original = await need_transfer(context, original_id, "original") if original_id else None
    if original is not None:
        context.check(returns.to_the_seller, original, sender, receiver, "original")
        context.check(returns.associated, lading.contents, original, "what")
    else:
        context.check(returns.to_the_source, receiver, await _makers(context, lading), "to")
    if kind == "saleable_return":
        for ref, field in zip(refs, fields, strict=True):
            context.check(returns.loose_packs, ref, field)
    offer = Offer(transfer_id, kind, refs, sender, receiver, original=original)
    return await place(context, offer, lading)


async def _makers(context: Context, lading: Lading) -> list[str]:
    """The manufacturer, where all of the goods have one and the same; else nobody."""
    gtins = [content["gtin"] for content in lading.contents]
    resolved = await resolve(context, [], gtins)
    makers = {resolved.product(gtin, "what")["manufacturer"] for gtin in gtins}
    return sorted(makers) if len(makers) == 1 else []
