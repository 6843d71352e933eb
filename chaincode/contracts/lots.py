"""Lots, and the units that are commissioned from them."""

from __future__ import annotations

from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments, invalid, unrepeated
from chaincode.contracts.context import Context, resolve
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Lot
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, parties

MAX_COMMISSION = 1000


async def create_lot(context: Context, arguments: Arguments) -> Any:
    """Create a lot of a product; by its manufacturer, licensed."""
    gtin, lot = arguments.gtin(), arguments.lot()
    expiry, manufactured = arguments.expiry("expiry", context.today), arguments.day("manufactured")
    arguments.done()
    if manufactured > context.today:
        raise invalid("manufactured", "is not in the future")
    if expiry <= manufactured:
        raise invalid("expiry", "is after the day of manufacture")
    manufacturer = await _manufacturer(context, gtin)
    key = keys.lot_key(gtin, lot)
    if await context.read(key) is not None:
        raise Refusal(Code.LOT_EXISTS, f"lot {lot} of {gtin} exists", "lot")
    document: Lot = {
        "doc": "lot",
        "gtin": gtin,
        "lot": lot,
        "manufacturer": manufacturer,
        "expiry": expiry,
        "manufactured": manufactured,
        "status": "released",
        "created_at": context.now,
    }
    context.write(key, document)
    context.event("LotCreated", {"gtin": gtin, "lot": lot})
    return document


async def commission(context: Context, arguments: Arguments) -> Any:
    """Commission up to a thousand units of a lot; all of them or none."""
    gtin, lot = arguments.gtin(), arguments.lot()
    field, raw = arguments.batch("serials", MAX_COMMISSION)
    arguments.done()
    serials = gs1.serials(raw, field)
    unrepeated(serials, field, Code.SERIAL_DUPLICATE)
    unit_keys = [keys.unit_key(gtin, serial) for serial in serials]
    document, *existing = await context.stub.get_states([keys.lot_key(gtin, lot), *unit_keys])
    if document is None:
        raise Refusal(Code.LOT_UNKNOWN, f"lot {lot} of {gtin} is not on the ledger", "lot")
    lot_document: Lot = orjson.loads(document)
    goods.marketable(lot_document, context.today, "lot")
    for place, value in enumerate(existing):
        if value is not None:
            message = f"serial number {serials[place]} of {gtin} was commissioned"
            raise Refusal(Code.SERIAL_DUPLICATE, message, f"{field}[{place}]")
    manufacturer = await _manufacturer(context, gtin, lot_document["manufacturer"])
    before, after = _template(gtin, lot, manufacturer, context.now)
    put = context.stub.put_state
    for key, serial in zip(unit_keys, serials, strict=True):
        put(key, b'%b"%b"%b' % (before, serial.replace('"', '\\"').encode(), after))
    context.event("UnitsCommissioned", {"gtin": gtin, "lot": lot, "count": len(serials)})
    return {"gtin": gtin, "lot": lot, "count": len(serials)}


async def get_lot(context: Context, arguments: Arguments) -> Any:
    """A lot by GTIN and lot number."""
    gtin, lot = arguments.gtin(), arguments.lot()
    arguments.done()
    return await context.need(keys.lot_key(gtin, lot), Code.LOT_UNKNOWN, f"lot {lot} of {gtin}", "lot")


async def _manufacturer(context: Context, gtin: str, *likely: str) -> str:
    """The GLN of the product's manufacturer, for whom the creator acts and who is licensed.

    Where it is the ``likely`` one, the registry has to read but once.
    """
    resolved = await resolve(context, likely, [gtin])
    product = resolved.product(gtin, "gtin")
    gln = product["manufacturer"]
    party = resolved.party(gln, "gtin")
    parties.acting_for(party, context.msp_id, "gtin")
    context.check(parties.authorised, party, parties.MAKERS, context.today, "gtin")
    return gln


def _template(gtin: str, lot: str, manufacturer: str, now: int) -> tuple[bytes, bytes]:
    """A new unit's canonical JSON before and after its serial number.

    A thousand units differ in nothing else, and set 82 has one character that JSON escapes, the quotation
    mark: made once, the rest is copied. A test holds this against ``canonical.dumps``.
    """
    marker = "\x00"
    whole = orjson.dumps(
        {
            "commissioned_at": now,
            "custodian": manufacturer,
            "doc": "unit",
            "gtin": gtin,
            "lot": lot,
            "owner": manufacturer,
            "serial": marker,
            "status": "commissioned",
        }
    )
    before, after = whole.split(b'"\\u0000"')
    return before, after
