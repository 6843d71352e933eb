"""Offers taken up: a drop shipment confirmed by its buyer, goods taken over in whole or in part."""

from __future__ import annotations

from typing import Any

from chaincode.contracts import holds
from chaincode.contracts.arguments import MAX_TEXT, Arguments, ref, unrepeated
from chaincode.contracts.context import Context, Resolved, resolve
from chaincode.contracts.prices import hashes_of
from chaincode.contracts.standing import Standing, change, standings
from chaincode.contracts.transfers import need_transfer
from chaincode.contracts.transfers_closing import close, tell, unbound
from chaincode.contracts.transfers_offering import MAX_WHAT, Lading, check_fit, check_sides, load
from chaincode.contracts.verification import verified_for_return
from chaincode.model import keys
from chaincode.model.documents.trade import Discrepancy, Status, Transfer
from chaincode.rules import contents, offers, prices, receipts

MAX_EXCEPTIONS = 200
MAX_COUNT = 1_000_000


async def confirm_transfer(context: Context, arguments: Arguments) -> Any:
    """Buy what is then shipped to a third party, who takes it in; by the buyer. ``{id, price_hash?}``."""
    transfer = await need_transfer(context, arguments.identifier("id"), "id")
    price_hash = _price_hash(arguments)
    arguments.done()
    resolved = await resolve(context, offers.parties(transfer))
    context.check(offers.offered_to, [resolved.party(transfer["to"], "id")], context.msp_id, "id")
    _check_open(context, transfer, "confirm")
    check_sides(context, transfer["kind"], _sides(transfer, resolved))
    await _agree(context, transfer, resolved, price_hash)
    confirmed: Transfer = {**transfer, "status": offers.after("confirm"), "confirmed_at": context.now}
    context.write(keys.transfer_key(transfer["id"]), confirmed)
    tell(context, "TransferConfirmed", transfer)
    return confirmed


async def accept_transfer(context: Context, arguments: Arguments) -> Any:
    """Take over what was received of an offer, in its time; by who takes the goods in.

    ``{id, received?: [ref], exceptions?: [{kind, ref | gtin, lot, count, note?}], price_hash?}``: without
    ``received`` it is all that was offered; the buyer of a drop shipment has named the price before. What was
    not received stays the sender's, bound to the transfer until its exception is resolved, and what is short
    is missing until then. What is damaged is put in quarantine.
    """
    transfer = await need_transfer(context, arguments.identifier("id"), "id")
    received = arguments.refs("received", MAX_WHAT) if arguments.has("received") else transfer["what"]
    exceptions = _exceptions(arguments)
    price_hash = _price_hash(arguments)
    arguments.done()
    fields = ["id"] * len(transfer["what"])
    lading = await load(context, transfer["what"], fields)
    inner = await _inner(context, transfer, exceptions)
    resolved = await resolve(context, concerned(transfer, lading))
    taker = resolved.party(offers.receiver(transfer), "id")
    context.check(offers.offered_to, [taker], context.msp_id, "id")
    _check_open(context, transfer, "accept")
    inside = [one.ref for one in inner if one.outermost.ref in received]
    context.check(receipts.reconciled, transfer["what"], transfer["contents"], received, exceptions, inside)
    if transfer["status"] != "confirmed":
        await _agree(context, transfer, resolved, price_hash)
    taken = [one for one in lading.standings if one.ref in set(received)]
    await take_over(context, transfer, taken, resolved)
    missing = {one.get("ref") for one in exceptions if one["kind"] == "shortage"}
    for one in lading.standings:
        if one.ref in missing and one.ref not in received:
            change(context, one, {**one.document, "missing": transfer["id"]})
    await _hold_damaged(context, transfer, [*lading.standings, *inner], received, exceptions, resolved)
    changes: dict[str, Any] = {}
    if exceptions:
        changes = {"exceptions": exceptions, "received": list(received)}
    status: Status = "accepted_with_exceptions" if exceptions else offers.after("accept")
    return close(context, transfer, status, changes)


async def take_over(context: Context, transfer: Transfer, taken: list[Standing], resolved: Resolved) -> None:
    """Give goods to who takes them, with the owner's and custodian's policy; both sides and goods checked.

    ``resolved`` knows the transfer's parties and the goods' owners and custodians.
    """
    kind, taker = offers.KINDS[transfer["kind"]], offers.receiver(transfer)
    check_sides(context, transfer["kind"], _sides(transfer, resolved))
    fields = ["id"] * len(taken)
    for one in taken:
        context.check(offers.bound, one.ref, one.document.get("offer"), transfer, "id")
    lading = Lading(taken, fields, contents.total(one.document for one in taken))
    await check_fit(context, transfer["kind"], (transfer["from"], transfer["to"]), lading, resolved)
    if transfer["kind"] == "saleable_return":
        refs = [one.ref for one in taken]
        await verified_for_return(context, refs, fields, transfer["to"], transfer["offered_at"])
    for one in taken:
        changed: Any = unbound(one.document)
        if kind.ownership:
            changed["owner"] = transfer["to"]
            changed["owner_msp"] = resolved.party(transfer["to"], "id")["msp_id"]
        if kind.custody:
            changed["custodian"] = taker
        keeper = resolved.party(changed["custodian"], "id")["msp_id"]
        change(context, one, changed, protected_by=[changed["owner_msp"], keeper])


def concerned(transfer: Transfer, lading: Lading) -> list[str]:
    """The GLNs of the parties and of whoever keeps the goods."""
    return sorted({*offers.parties(transfer), *(one.custodian for one in lading.standings)})


def _check_open(context: Context, transfer: Transfer, action: offers.Action) -> None:
    context.check(offers.in_state, transfer, action, "id")
    context.check(offers.buyer_first, transfer, action, "id")
    context.check(offers.in_time, transfer, context.now, "id")


async def _agree(context: Context, transfer: Transfer, resolved: Resolved, price_hash: str | None) -> None:
    """The buyer names the price that both sides hold, where there is one."""
    context.check(prices.agreed, await hashes_of(context, transfer, resolved), price_hash, "price_hash")


def _price_hash(arguments: Arguments) -> str | None:
    return arguments.digest("price_hash") if arguments.has("price_hash") else None


def _sides(transfer: Transfer, resolved: Resolved) -> dict[str, Any]:
    names = ("from", "to", "ship_to") if "ship_to" in transfer else ("from", "to")
    return {name: resolved.party(transfer[name], name) for name in names}  # type: ignore[literal-required]


async def _inner(context: Context, transfer: Transfer, exceptions: list[Discrepancy]) -> list[Standing]:
    """What exceptions name that may be inside what was offered; it must be on the ledger if it is damaged."""
    named = [
        (one["ref"], f"exceptions[{place}].ref")
        for place, one in enumerate(exceptions)
        if one["kind"] == "damaged" and "ref" in one and one["ref"] not in transfer["what"]
    ]
    return await standings(context, [name for name, _ in named], [field for _, field in named])


async def _hold_damaged(
    context: Context,
    transfer: Transfer,
    known: list[Standing],
    received: list[str],
    exceptions: list[Discrepancy],
    resolved: Resolved,
) -> None:
    """Quarantine what is damaged, in the name of who has it now; guarded by its owner too."""
    by_ref = {one.ref: one for one in known}
    damaged = [by_ref[one["ref"]] for one in exceptions if one["kind"] == "damaged"]
    found = await holds.holds_of(context, damaged)
    for one in damaged:
        came = one.outermost.ref in received
        gln = offers.receiver(transfer) if came else transfer["from"]
        sold = came and offers.KINDS[transfer["kind"]].ownership
        owner = resolved.party(transfer["to"], "id")["msp_id"] if sold else holds.owner_msp(one)
        claim = holds.claim_of(context, "quarantine", f"damaged in transfer {transfer['id']}", gln)
        guards = (owner, resolved.party(gln, "id")["msp_id"])
        found.place(context, holds.where_of(one), claim, guards, "exceptions")
    found.save(context)


def _exceptions(arguments: Arguments) -> list[Discrepancy]:
    if not arguments.has("exceptions"):
        return []
    field, values = arguments.batch("exceptions", MAX_EXCEPTIONS)
    found = [_exception(value, f"{field}[{place}]") for place, value in enumerate(values)]
    unrepeated([one["ref"] for one in found if "ref" in one], field)
    return found


def _exception(value: Any, field: str) -> Discrepancy:
    inner = Arguments(value, field)
    read: Any = {"kind": inner.choice("kind", receipts.KINDS), "status": "open"}
    if inner.has("ref"):
        name, raw = inner.take("ref")
        read["ref"] = ref(raw, name)
    else:
        read["gtin"], read["lot"] = inner.gtin(), inner.lot()
        read["count"] = inner.integer("count", 1, MAX_COUNT)
    if inner.has("note"):
        read["note"] = inner.text("note", MAX_TEXT)
    inner.done()
    return read
