"""Offers of any kind: the goods and both sides checked, the papers made, the goods bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chaincode.contracts.arguments import invalid
from chaincode.contracts.context import Context, Resolved, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.lots import lots_in
from chaincode.contracts.recalled import check_recalls
from chaincode.contracts.standing import Standing, change, standings
from chaincode.model import keys
from chaincode.model.documents.goods import Content
from chaincode.model.documents.registry import Party
from chaincode.model.documents.trade import Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules import contents, goods, lots, offers, parties, statements

MAX_WHAT = 200
# Lots whose packs one transfer is of: each is read, and named in the transaction information.
MAX_LOTS = 500


@dataclass(frozen=True)
class Offer:
    """What is asked for; parties are GLNs, ``original`` is what returned goods were bought with."""

    id: str
    kind: str
    refs: list[str]
    sender: str
    receiver: str
    ship_to: str | None = None
    statement: dict[str, Any] | None = None
    shipment_date: str | None = None
    original: Transfer | None = None

    @property
    def glns(self) -> list[str]:
        """Everybody who takes part."""
        return [self.sender, self.receiver, *([self.ship_to] if self.ship_to else [])]


@dataclass(frozen=True)
class Lading:
    """The goods of an offer: how they stand, and the packs of each lot in them all."""

    standings: list[Standing]
    fields: list[str]
    contents: list[Content]


async def load(context: Context, refs: Sequence[str], fields: Sequence[str]) -> Lading:
    """Goods by their refs."""
    found = await standings(context, refs, fields)
    inside = contents.total(one.document for one in found)
    if len(inside) > MAX_LOTS:
        raise Refusal(Code.BATCH_TOO_LARGE, f"packs of more than {MAX_LOTS} lots", "what")
    return Lading(found, list(fields), inside)


async def place(context: Context, offer: Offer, lading: Lading) -> Transfer:
    """Check an offer, write it, and bind the goods to it."""
    if len(set(offer.glns)) < len(offer.glns):
        raise invalid("to", "and every other party of a transfer are different ones")
    key = keys.transfer_key(offer.id)
    if await context.read(key) is not None:
        raise Refusal(Code.TRANSFER_EXISTS, f"transfer {offer.id} exists", "id")
    gtins = [content["gtin"] for content in lading.contents]
    resolved = await resolve(context, offer.glns, gtins)
    kind = offers.KINDS[offer.kind]
    _check_parties(context, offer, resolved)
    for one, field in zip(lading.standings, lading.fields, strict=True):
        context.check(goods.loose, one, field)
        context.check(goods.in_circulation, one, field)
        context.check(goods.present, one, field)
        context.check(goods.not_offered, one, field)
        if kind.custody:
            context.check(goods.in_custody, one, offer.sender, field)
        if kind.ownership:
            context.check(goods.owned, one, offer.sender, field)
        else:
            context.check(offers.sent_home, one.ref, one.owner, offer.sender, offer.receiver, field)
    await check_fit(context, offer.kind, (offer.sender, offer.receiver), lading, resolved)
    transfer: Transfer = {
        "doc": "transfer",
        "id": offer.id,
        "kind": offer.kind,
        "what": offer.refs,
        "contents": lading.contents,
        "from": offer.sender,
        "to": offer.receiver,
        "status": "offered",
        "offered_at": context.now,
        "due_at": context.now + context.settings.parameter("offer_days") * offers.DAY_MS,
    }
    if offer.ship_to is not None:
        transfer["ship_to"] = offer.ship_to
    if offer.original is not None:
        transfer["original"] = offer.original["id"]
    _give_papers(context, offer, lading, resolved, transfer)
    context.write(key, transfer, protected_by=[resolved.party(gln, "to")["msp_id"] for gln in offer.glns])
    for one in lading.standings:
        change(context, one, {**one.document, "offer": offer.id})
    context.event("TransferOffered", {"id": offer.id, "from": offer.sender, "to": offer.receiver})
    return transfer


async def check_fit(
    context: Context, kind: str, sides: tuple[str, str], lading: Lading, resolved: Resolved
) -> None:
    """Nothing on hold moves; what is recalled or past its date only goes back, or home to its owner."""
    held = await holds_of(context, lading.standings)
    for one, field in zip(lading.standings, lading.fields, strict=True):
        held.check(context, one, field)
    back = offers.KINDS[kind].unfit or (
        not offers.KINDS[kind].ownership and all(one.owner == sides[1] for one in lading.standings)
    )
    documents = [one.document for one in lading.standings]
    ways = (resolved.party(sides[0], "from"), resolved.party(sides[1], "to")) if back else None
    await check_recalls(context, documents, lading.fields, ways)
    if back:
        return
    inside = await lots_in(context, lading.standings, lading.fields)
    for found, field in zip(inside, lading.fields, strict=True):
        for lot in found:
            context.check(lots.unexpired, lot, context.today, field)


def check_sides(context: Context, kind: str, sides: dict[str, Party]) -> None:
    """Everybody is an authorised trading partner for the part they play: buying and selling, or keeping.

    ``sides`` are the parties by the name of the field that they stand in.
    """
    if offers.KINDS[kind].ownership:
        context.check(parties.may_own, sides["to"], "to")
    for field, party in sides.items():
        trades = offers.KINDS[kind].ownership and field != "ship_to"
        roles = parties.OWNERS if trades else parties.KEEPERS
        context.check(parties.authorised, party, roles, context.today, field)


def _check_parties(context: Context, offer: Offer, resolved: Resolved) -> None:
    sides = {"from": resolved.party(offer.sender, "from"), "to": resolved.party(offer.receiver, "to")}
    if offer.ship_to is not None:
        sides["ship_to"] = resolved.party(offer.ship_to, "ship_to")
    context.check(parties.acting_for, sides["from"], context.msp_id, "from")
    check_sides(context, offer.kind, sides)


def _give_papers(
    context: Context, offer: Offer, lading: Lading, resolved: Resolved, transfer: Transfer
) -> None:
    """Transaction information with every change of ownership, the statement where one is due."""
    kind = offers.KINDS[offer.kind]
    if offer.shipment_date is not None:
        context.check(statements.shipped_later, offer.shipment_date, context.today, "shipment_date")
    if offer.statement is not None:
        context.check(statements.affirmed, offer.statement, "statement")
        transfer["statement"] = offer.statement
    if kind.ownership:
        information = statements.information(
            lading.contents,
            {content["gtin"]: resolved.product(content["gtin"], "what") for content in lading.contents},
            resolved.party(offer.sender, "from"),
            resolved.party(offer.receiver, "to"),
            context.today,
            offer.shipment_date,
        )
        context.check(statements.complete, information, "what")
        transfer["information"] = information
