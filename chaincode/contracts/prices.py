"""Prices of transfers: in the two parties' implicit collections, for everybody else a hash.

Whoever endorses a transaction sees its transient data, and keeps it on disk for a while. So a price is
recorded by a transaction of its own that writes nothing but the two collections: Fabric asks for no other
endorsements than the two members' whose collections they are.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, Resolved, resolve
from chaincode.contracts.transfers import need_transfer
from chaincode.model import canonical, keys
from chaincode.model.documents.trade import Price, Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules import offers, parties, prices

COLLECTION = "_implicit_org_"
TRANSIENT = "price"
MAX_AMOUNT = 10**15
_SALT = re.compile(r"[0-9a-f]{32,128}")


async def record_price(context: Context, arguments: Arguments) -> Any:
    """Lay down an offer's price for both of its parties; by the sender, again where it changes.

    ``{transfer}``, and as transient data ``price``: ``{amount, currency, incoterm?, salt}``, the amount in
    the currency's minor units, ``salt`` at least 32 random hexadecimal digits. To be endorsed by the two
    parties' peers alone. Returns the price's hash.
    """
    transfer = await need_transfer(context, arguments.identifier("transfer"), "transfer")
    arguments.done()
    price = _price(context, transfer)
    resolved = await resolve(context, [transfer["from"], transfer["to"]])
    context.check(
        parties.acting_for, resolved.party(transfer["from"], "transfer"), context.msp_id, "transfer"
    )
    context.check(prices.of_a_sale, transfer, "transfer")
    context.check(offers.in_state, transfer, "confirm", "transfer")
    for collection in _collections(transfer, resolved):
        context.stub.put_private(collection, keys.price_key(transfer["id"]), canonical.dumps(price))
    context.event("PriceRecorded", {"id": transfer["id"], "from": transfer["from"], "to": transfer["to"]})
    return {"transfer": transfer["id"], "price_hash": _hash(price)}


async def get_price(context: Context, arguments: Arguments) -> Any:
    """A transfer's price and its hash, from the collection of the member that asks. ``{transfer}``."""
    transfer = await need_transfer(context, arguments.identifier("transfer"), "transfer")
    arguments.done()
    resolved = await resolve(context, [transfer["from"], transfer["to"]])
    sides = [resolved.party(transfer[side], "transfer") for side in ("from", "to")]
    context.check(prices.known_to, sides, context.msp_id, "transfer")
    value = await context.stub.get_private(COLLECTION + context.msp_id, keys.price_key(transfer["id"]))
    if value is None:
        raise Refusal(Code.PRICE_UNKNOWN, f"transfer {transfer['id']} has no price", "transfer")
    return {**orjson.loads(value), "price_hash": hashlib.sha256(value).hexdigest()}


async def check_price(context: Context, arguments: Arguments) -> Any:
    """Whether a price, given as to ``RecordPrice``, is the one that each side holds. ``{transfer}``.

    Answers ``{from, to, price_hash}``: true or false for either side.
    """
    transfer = await need_transfer(context, arguments.identifier("transfer"), "transfer")
    arguments.done()
    price = _price(context, transfer)
    resolved = await resolve(context, [transfer["from"], transfer["to"]])
    sender, receiver = await hashes_of(context, transfer, resolved)
    given = _hash(price)
    return {"from": sender == given, "to": receiver == given, "price_hash": given}


async def hashes_of(
    context: Context, transfer: Transfer, resolved: Resolved
) -> tuple[str | None, str | None]:
    """Hashes (hexadecimal) of the prices that sender and buyer hold, None where one holds none."""
    key = keys.price_key(transfer["id"])
    found = [await context.stub.get_private_hash(where, key) for where in _collections(transfer, resolved)]
    sender, receiver = (None if one is None else one.hex() for one in found)
    return sender, receiver


def _collections(transfer: Transfer, resolved: Resolved) -> list[str]:
    sides = (transfer["from"], transfer["to"])
    return [COLLECTION + resolved.party(gln, "transfer")["msp_id"] for gln in sides]


def _price(context: Context, transfer: Transfer) -> Price:
    value = context.stub.transient.get(TRANSIENT)
    if value is None:
        raise invalid(TRANSIENT, "is required, as transient data")
    inner = Arguments(canonical.loads(value, TRANSIENT), TRANSIENT)
    price: Price = {
        "transfer": transfer["id"],
        "amount": inner.integer("amount", 0, MAX_AMOUNT),
        "currency": inner.choice("currency", prices.CURRENCIES),
        "salt": _salt(inner),
    }
    if inner.has("incoterm"):
        price["incoterm"] = inner.choice("incoterm", prices.INCOTERMS)
    inner.done()
    return price


def _salt(inner: Arguments) -> str:
    field, value = inner.take("salt")
    if not isinstance(value, str) or _SALT.fullmatch(value) is None:
        raise invalid(field, "is 32 to 128 lower-case hexadecimal digits")
    return value


def _hash(price: Price) -> str:
    return hashlib.sha256(canonical.dumps(price)).hexdigest()
