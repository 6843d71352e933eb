"""Differences between what was offered and what came: settled when both sides say the same."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.standing import change
from chaincode.contracts.transfers import need_transfer
from chaincode.contracts.transfers_accepting import MAX_EXCEPTIONS, concerned, take_over
from chaincode.contracts.transfers_closing import unbound
from chaincode.contracts.transfers_offering import load
from chaincode.model import keys
from chaincode.model.documents.trade import Discrepancy, Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules import offers, parties, receipts

_WAYS = sorted({way for ways in receipts.RESOLUTIONS.values() for way in ways})


async def resolve_exception(context: Context, arguments: Arguments) -> Any:
    """Say how an exception is to be settled; it is, once the other side says the same.

    ``{id, gln, exception, resolution}``: ``exception`` is its place in the transfer's list, from 0; by the
    sender or by who took the goods in. What was kept back is then free again: with the sender, or where it
    was ``delivered`` after all, taken over as by an acceptance. What is ``lost`` stays the sender's and
    missing.
    """
    transfer = await need_transfer(context, arguments.identifier("id"), "id")
    gln, place = arguments.gln(), arguments.integer("exception", 0, MAX_EXCEPTIONS - 1)
    resolution = arguments.choice("resolution", _WAYS)
    arguments.done()
    listed = transfer.get("exceptions", [])
    if place >= len(listed):
        raise Refusal(Code.EXCEPTION_UNKNOWN, f"transfer {transfer['id']} has {len(listed)}", "exception")
    exception = listed[place]
    kept_back = [exception["ref"]] if _is_kept_back(transfer, exception) else []
    lading = await load(context, kept_back, ["exception"] * len(kept_back))
    resolved = await resolve(context, {gln, *concerned(transfer, lading)})
    taker = offers.receiver(transfer)
    context.check(parties.acting_for, resolved.party(gln, "gln"), context.msp_id, "gln")
    context.check(receipts.between, gln, (transfer["from"], taker), "gln")
    context.check(receipts.unresolved, exception, "exception")
    context.check(offers.in_state, transfer, "resolve", "id")
    context.check(receipts.resolution_fits, exception, resolution, "resolution")
    changed = receipts.proposed(exception, gln, resolution, context.now)
    settled = changed["status"] == "resolved"
    if settled and resolution == "delivered":
        await take_over(context, transfer, lading.standings, resolved)
    elif settled:
        for one in lading.standings:
            context.check(offers.bound, one.ref, one.document.get("offer"), transfer, "id")
            free = unbound(one.document)
            change(context, one, free | {"missing": transfer["id"]} if resolution == "lost" else free)
    exceptions = [*listed[:place], changed, *listed[place + 1 :]]
    after: Transfer = {**transfer, "exceptions": exceptions}
    if all(one["status"] == "resolved" for one in exceptions):
        after["status"] = offers.after("resolve")
    context.write(keys.transfer_key(transfer["id"]), after)
    event = {"id": transfer["id"], "exception": place, "resolution": resolution}
    context.event("ExceptionResolved" if settled else "ExceptionResolutionProposed", event)
    return after


def _is_kept_back(transfer: Transfer, exception: Discrepancy) -> bool:
    """Whether it is of goods that were offered, not received, and wait for it."""
    ref = exception.get("ref")
    return ref in transfer["what"] and ref not in transfer["received"]
