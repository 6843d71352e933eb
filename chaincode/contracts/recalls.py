"""Recalls and withdrawals: started, acknowledged by holders, checked and ended."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, acting, resolve
from chaincode.model import keys
from chaincode.model.documents.recall import (
    CLASSES,
    DEPTHS,
    FOUND,
    KINDS,
    LEVELS,
    METHODS,
    Acknowledgement,
    EffectivenessCheck,
    Recall,
    Recalled,
    RecalledProduct,
)
from chaincode.model.documents.registry import Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties
from chaincode.rules import recall as rules

MAX_QUANTITY = 1_000_000_000
# Open and ended ones of a product: whoever moves it reads them all.
MAX_RECALLS = 1_000


async def start_recall(context: Context, arguments: Arguments) -> Any:
    """Recall a product, a lot of it or a range of serial numbers; by its manufacturer or a regulator.

    ``{id, gln, gtin, lot?, serials?: {first, last}, kind, class, depth, effectiveness, reason}``; a
    withdrawal may have no class, being of goods that break no law (21 CFR 7.3(j)). In force for every
    transaction that commits after it, and for none that was endorsed before it and commits later.
    """
    recall_id, gln, gtin = arguments.identifier("id"), arguments.gln(), arguments.gtin()
    document: Any = {"doc": "recall", "id": recall_id, "initiator": gln, "gtin": gtin}
    if arguments.has("lot"):
        document["lot"] = arguments.lot()
    if arguments.has("serials"):
        document["serials"] = _serials(arguments)
    document["kind"] = arguments.choice("kind", KINDS)
    if document["kind"] == "recall" or arguments.has("class"):
        document["class"] = arguments.choice("class", CLASSES)
    document["depth"] = arguments.choice("depth", DEPTHS)
    document["effectiveness"] = arguments.choice("effectiveness", LEVELS)
    document["reason"] = arguments.text("reason")
    arguments.done()
    key = keys.recall_key(recall_id)
    mark_key, lot_key = keys.recalled_product_key(gtin), keys.lot_key(gtin, document.get("lot", "-"))
    existing, mark, lot = await context.read_all([key, mark_key, lot_key])
    if existing is not None:
        raise Refusal(Code.RECALL_EXISTS, f"recall {recall_id} exists", "id")
    resolved = await resolve(context, [gln], [gtin])
    party, product = resolved.party(gln, "gln"), resolved.product(gtin, "gtin")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(rules.started_by, party, product, "gln")
    entries = await context.stub.state_by_partial_key(keys.RECALLED, [gtin])
    if len(entries.items) >= MAX_RECALLS:
        raise Refusal(Code.BATCH_TOO_LARGE, f"{gtin} has had {MAX_RECALLS} recalls", "gtin")
    if "lot" in document and lot is None:
        raise Refusal(Code.LOT_UNKNOWN, f"lot {document['lot']} of {gtin} is not on the ledger", "lot")
    document |= {
        "by_regulator": party["role"] == "regulator",
        "manufacturer": product["manufacturer"],
        "status": "open",
        "started_at": context.now,
    }
    entry: Recalled = {"doc": "recalled", "gtin": gtin, "id": recall_id}
    context.write(key, document, protected_by=[party["msp_id"], *context.settings.regulators])
    context.write_once(keys.recalled_key(gtin, recall_id), entry)
    if mark is None:
        first: RecalledProduct = {"doc": "recalled_product", "gtin": gtin}
        context.write_once(mark_key, first)
    context.event("RecallStarted", {"id": recall_id, "gtin": gtin, "kind": document["kind"]})
    return document


async def acknowledge_recall(context: Context, arguments: Arguments) -> Any:
    """Answer a recall with what was found of it, by any trading partner for itself; again as that changes.

    ``{recall, gln, found: {on_hand, quarantined, dispensed, returned, destroyed}}``, in packs.
    """
    recall_id, gln = arguments.identifier("recall"), arguments.gln()
    field, value = arguments.take("found")
    inner = Arguments(value, field)
    found: Any = {name: inner.integer(name, 0, MAX_QUANTITY) for name in FOUND}
    inner.done()
    arguments.done()
    recall = await need_recall(context, recall_id, "recall")
    party = await acting(context, gln)
    context.check(rules.asked, party, "gln")
    context.check(rules.running, recall, "recall")
    document: Acknowledgement = {
        "doc": "recall_ack",
        "recall": recall_id,
        "gln": gln,
        "found": found,
        "acknowledged_at": context.now,
    }
    context.write(keys.acknowledgement_key(recall_id, gln), document, protected_by=[party["msp_id"]])
    context.event("RecallAcknowledged", {"recall": recall_id, "gln": gln})
    return document


async def record_effectiveness_check(context: Context, arguments: Arguments) -> Any:
    """Record that a consignee was asked whether it had the recall's notice and acted on it.

    ``{recall, gln, checked, method, notified, acted}``, by the recall's initiator or a regulator.
    """
    recall_id, gln, checked = arguments.identifier("recall"), arguments.gln(), arguments.gln("checked")
    method = arguments.choice("method", METHODS)
    notified, acted = arguments.boolean("notified"), arguments.boolean("acted")
    arguments.done()
    if acted and not notified:
        raise invalid("acted", "is true only of who was notified")
    recall = await need_recall(context, recall_id, "recall")
    resolved = await resolve(context, [gln, checked])
    party = _overseer(context, recall, resolved.party(gln, "gln"))
    context.check(rules.asked, resolved.party(checked, "checked"), "checked")
    context.check(rules.running, recall, "recall")
    document: EffectivenessCheck = {
        "doc": "recall_check",
        "recall": recall_id,
        "checked": checked,
        "gln": gln,
        "method": method,  # type: ignore[typeddict-item]
        "notified": notified,
        "acted": acted,
        "checked_at": context.now,
    }
    key = keys.effectiveness_check_key(recall_id, checked, gln)
    context.write(key, document, protected_by=[party["msp_id"]])
    context.event("RecallChecked", {"recall": recall_id, "checked": checked, "acted": acted})
    return document


async def end_recall(context: Context, arguments: Arguments) -> Any:
    """End a recall; by who started it or a regulator, one that a regulator ordered by a regulator alone."""
    recall_id, gln, reason = arguments.identifier("id"), arguments.gln(), arguments.text("reason")
    arguments.done()
    recall = await need_recall(context, recall_id, "id")
    _overseer(context, recall, (await resolve(context, [gln])).party(gln, "gln"))
    context.check(rules.running, recall, "id")
    ended: Any = {
        **recall,
        "status": "ended",
        "ended_at": context.now,
        "ended_by": gln,
        "end_reason": reason,
    }
    context.write(keys.recall_key(recall_id), ended)
    context.event("RecallEnded", {"id": recall_id, "gtin": recall["gtin"]})
    return ended


async def get_recall(context: Context, arguments: Arguments) -> Any:
    """A recall by its id."""
    recall_id = arguments.identifier("id")
    arguments.done()
    return await need_recall(context, recall_id, "id")


async def need_recall(context: Context, recall_id: str, field: str) -> Recall:
    """A recall by its id; Refusal where it is unknown."""
    key = keys.recall_key(recall_id)
    return await context.need(key, Code.RECALL_UNKNOWN, f"recall {recall_id}", field)


def _overseer(context: Context, recall: Recall, party: Party) -> Party:
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(rules.overseen_by, party, recall, "gln")
    return party


def _serials(arguments: Arguments) -> dict[str, str]:
    field, value = arguments.take("serials")
    inner = Arguments(value, field)
    first, last = inner.serial("first"), inner.serial("last")
    inner.done()
    if rules.place(first) > rules.place(last):
        raise invalid(f"{field}.first", "does not come after last; shorter serial numbers come first")
    return {"first": first, "last": last}
