"""Lots, and the units that are commissioned from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.arguments import Arguments, unrepeated
from chaincode.contracts.context import Context, Resolved, resolve
from chaincode.contracts.recalled import asked_first, check_new_packs
from chaincode.contracts.runs import first_periods
from chaincode.contracts.units import write_new
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Lot
from chaincode.model.documents.registry import Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules import contents, lots, parties, serialisation
from chaincode.rules.goods import Goods

MAX_COMMISSION = 5000


async def create_lot(context: Context, arguments: Arguments) -> Any:
    """Create a lot of a product; by its manufacturer or repackager, licensed, who alone can change it."""
    gtin, lot = arguments.gtin(), arguments.lot()
    expiry, manufactured = arguments.expiry("expiry", context.today), arguments.day("manufactured")
    arguments.done()
    key = keys.lot_key(gtin, lot)
    found = await context.read(key)
    party = maker(context, await resolve(context, gtins=[gtin]), gtin)
    context.check(lots.made, manufactured, context.today, "manufactured")
    context.check(lots.keeps, expiry, manufactured, "expiry")
    context.check(lots.unused, found, lot, "lot")
    document: Lot = {
        "doc": "lot",
        "gtin": gtin,
        "lot": lot,
        "manufacturer": party["gln"],
        "expiry": expiry,
        "manufactured": manufactured,
        "created_at": context.now,
    }
    context.write(key, document, protected_by=[party["msp_id"]])
    context.event("LotCreated", {"gtin": gtin, "lot": lot})
    return document


async def commission(context: Context, arguments: Arguments) -> Any:
    """Commission up to five thousand units of a lot; by its manufacturer, licensed. All of them or none."""
    gtin, lot = arguments.gtin(), arguments.lot()
    field, raw = arguments.batch("serials", MAX_COMMISSION)
    arguments.done()
    serials = gs1.serials(raw, field)
    unrepeated(serials, field, Code.SERIAL_DUPLICATE)
    first = asked_first([(gtin, lot)])
    context.expect(first)
    found = await first_periods(context, gtin, serials)
    document = known_lot((await context.read_all(first))[0], gtin, lot, "lot")
    # With the manufacturer named, the registry has to read but once.
    resolved = await resolve(context, [document["manufacturer"]], [gtin])
    party = maker(context, resolved, gtin)
    context.check(lots.unexpired, document, context.today, "lot")
    await check_new_packs(context, (gtin, lot), serials, ("lot", field))
    context.check(serialisation.never_used, found, serials, field)
    write_new(context, gtin, lot, serials, party)
    context.event("UnitsCommissioned", {"gtin": gtin, "lot": lot, "count": len(serials)})
    return {"gtin": gtin, "lot": lot, "count": len(serials)}


async def get_lot(context: Context, arguments: Arguments) -> Any:
    """A lot by GTIN and lot number."""
    gtin, lot = arguments.gtin(), arguments.lot()
    arguments.done()
    return await context.need(keys.lot_key(gtin, lot), Code.LOT_UNKNOWN, f"lot {lot} of {gtin}", "lot")


async def lots_in(context: Context, goods: Sequence[Goods], fields: Sequence[str]) -> list[list[Lot]]:
    """The lots of everything in each of some units and containers, in one reading.

    Whether their products were ever recalled comes in the same message: who asks for lots asks for that next.
    """
    inside = [
        [(content["gtin"], content["lot"]) for content in contents.total([one.document])] for one in goods
    ]
    field_of = {name: field for names, field in zip(inside, fields, strict=True) for name in names}
    stored = (await context.read_all(asked_first(field_of)))[: len(field_of)]
    found = {
        name: known_lot(document, *name, field)
        for (name, field), document in zip(field_of.items(), stored, strict=True)
    }
    return [[found[name] for name in names] for names in inside]


def known_lot(document: Lot | None, gtin: str, lot: str, field: str) -> Lot:
    """A lot as it was read; Refusal where there is none."""
    if document is None:
        raise Refusal(Code.LOT_UNKNOWN, f"lot {lot} of {gtin} is not on the ledger", field)
    return document


def maker(context: Context, resolved: Resolved, gtin: str) -> Party:
    """The manufacturer or repackager of a product, for whom the creator acts and who is licensed."""
    party = resolved.party(resolved.product(gtin, "gtin")["manufacturer"], "gtin")
    context.check(parties.acting_for, party, context.msp_id, "gtin")
    context.check(parties.authorised, party, parties.MAKERS, context.today, "gtin")
    return party
