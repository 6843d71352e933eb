"""Repackaging and re-serialising: old serial numbers end in new ones, and each names the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.arguments import Arguments, unit_ref, unrepeated
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.lots import known_lot, lots_in
from chaincode.contracts.recalled import asked_first, check_new_packs, check_recalls
from chaincode.contracts.runs import first_periods
from chaincode.contracts.standing import Standing, change, standing, standings
from chaincode.contracts.units import write_new
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Lot, Repackaging
from chaincode.model.errors import Code
from chaincode.rules import goods, lots, parties, serialisation

MAX_FROM = 200
MAX_TO = 1000


async def repackage(context: Context, arguments: Arguments) -> Any:
    """Make new packs of old ones of one lot: ``{gln, from, to: {gtin, lot, serials}}``.

    By a licensed repackager or manufacturer who owns and has the old ones, into a lot of its own product.
    """
    gln = arguments.gln()
    olds = arguments.each("from", MAX_FROM, unit_ref)
    inner = Arguments(arguments.take("to")[1], "to")
    gtin, lot = inner.gtin(), inner.lot()
    field, raw = inner.batch("serials", MAX_TO)
    inner.done()
    arguments.done()
    fields = [f"from[{place}]" for place in range(len(olds))]
    found = await standings(context, olds, fields)
    return await _transform(context, gln, found, fields, (gtin, lot), (field, gs1.serials(raw, field)))


async def reserialise(context: Context, arguments: Arguments) -> Any:
    """Give one pack another serial number, in its own lot: ``{gln, unit, serial}``; as ``repackage``."""
    gln = arguments.gln()
    field, value = arguments.take("unit")
    old = unit_ref(value, field)
    serial = arguments.serial()
    arguments.done()
    found = await standing(context, old, "unit")
    document: Any = found.document
    same = (document["gtin"], document["lot"])
    return await _transform(context, gln, [found], ["unit"], same, ("serial", [serial]))


async def get_repackaging(context: Context, arguments: Arguments) -> Any:
    """A repackaging by its id, which units name as ``into`` and ``origin``."""
    repackaging = arguments.identifier("id")
    arguments.done()
    what = f"repackaging {repackaging}"
    return await context.need(keys.repackaging_key(repackaging), Code.REPACKAGING_UNKNOWN, what, "id")


async def _transform(
    context: Context,
    gln: str,
    olds: list[Standing],
    fields: list[str],
    to: tuple[str, str],
    new: tuple[str, Sequence[str]],
) -> Any:
    """End the ``olds`` in units of the lot ``to`` (GTIN, lot) with ``new`` serial numbers (field, values)."""
    (gtin, lot), (field, serials) = to, new
    unrepeated(list(serials), field, Code.SERIAL_DUPLICATE)
    held = await holds_of(context, olds)
    originals = [of for [of] in await lots_in(context, olds, fields)]
    first = asked_first([to])
    context.expect(first)
    used = await first_periods(context, gtin, serials)
    target = known_lot((await context.read_all(first))[0], gtin, lot, "to.lot")
    resolved = await resolve(context, [gln], [gtin])
    party, product = resolved.party(gln, "gln"), resolved.product(gtin, "to.gtin")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(parties.authorised, party, parties.MAKERS, context.today, "gln")
    context.check(serialisation.own_product, product, gln, "to.gtin")
    for old, original, name in zip(olds, originals, fields, strict=True):
        context.check(goods.loose, old, name)
        context.check(goods.in_circulation, old, name)
        context.check(goods.present, old, name)
        context.check(goods.in_custody, old, gln, name)
        context.check(goods.owned, old, gln, name)
        context.check(goods.not_offered, old, name)
        held.check(context, old, name)
        context.check(serialisation.one_lot, old.document, originals[0], name)
        context.check(lots.unexpired, original, context.today, name)
    await check_recalls(context, [old.document for old in olds], fields)
    await check_new_packs(context, (gtin, lot), serials, ("to.lot", field))
    context.check(lots.unexpired, target, context.today, "to.lot")
    context.check(lots.expires_no_later, target, originals[0], "to.lot")
    context.check(serialisation.never_used, used, serials, field)
    repackaging: Repackaging = {
        "doc": "repackaging",
        "id": context.stub.tx_id,
        "gln": gln,
        "from": [old.ref for old in olds],
        "to": [gs1.unit_ref(gtin, serial) for serial in serials],
        "repackaged_at": context.now,
    }
    context.write_once(keys.repackaging_key(repackaging["id"]), repackaging)
    for old in olds:
        change(context, old, {**old.document, "status": "repackaged", "into": repackaging["id"]})
    write_new(context, gtin, lot, serials, party, repackaging["id"])
    _link(context, target, originals[0])
    counts = {"id": repackaging["id"], "gln": gln, "from": len(olds), "to": len(serials)}
    context.event("UnitsRepackaged", counts)
    return repackaging


def _link(context: Context, target: Lot, original: Lot) -> None:
    """A recall of the old lot concerns the new one, which names it."""
    linked = lots.with_origin(target, original)
    if (target["gtin"], target["lot"]) != (original["gtin"], original["lot"]) and linked != target:
        context.write(keys.lot_key(target["gtin"], target["lot"]), linked)
