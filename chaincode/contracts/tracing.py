"""Looking a unit up, tracing it, and any document's history."""

from __future__ import annotations

from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.reading import MAX_DEPTH, ancestors
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Container, Unit
from chaincode.model.errors import Code, Refusal
from chaincode.rules import timeline
from chaincode.rules.timeline import Version

MAX_HISTORY = 1000
MAX_CONTAINERS = 200
# Kinds of document by their number of key attributes.
KINDS = {
    "lot": 2,
    "unit": 2,
    "container": 1,
    "transfer": 1,
    "device": 1,
    "sensor_anchor": 1,
    "excursion": 1,
    "recall": 1,
    "recall_ack": 2,
    "recall_check": 3,
    "verification": 1,
    "verified": 3,
    "trace_request": 1,
}


async def get_unit(context: Context, arguments: Arguments) -> Any:
    """A unit, the containers around it, and who has it."""
    unit = await _unit(context, arguments)
    arguments.done()
    around = await ancestors(context, unit)
    return _standing(unit, around)


async def trace(context: Context, arguments: Arguments) -> Any:
    """A unit's whole custody history: its own steps and, while it was packed, its containers'."""
    unit = await _unit(context, arguments)
    arguments.done()
    around = await ancestors(context, unit)
    gtin = unit["gtin"]
    history = await _versions(context, keys.unit_key(gtin, unit["serial"]))
    containers: dict[str, list[Version]] = {}
    level = timeline.parents(history)
    for _ in range(MAX_DEPTH):
        fresh = [sscc for sscc in level if sscc not in containers]
        if len(containers) + len(fresh) > MAX_CONTAINERS:
            raise Refusal(Code.BATCH_TOO_LARGE, f"it was in more than {MAX_CONTAINERS} containers")
        for sscc in fresh:
            containers[sscc] = await _versions(context, keys.container_key(sscc))
        level = [outer for sscc in fresh for outer in timeline.parents(containers[sscc])]
    offers = {
        version.document["offer"]
        for versions in (history, *containers.values())
        for version in versions
        if "offer" in version.document
    }
    names = sorted(offers)
    transfers = await context.read_all([keys.transfer_key(name) for name in names]) if names else []
    lot = await context.read(keys.lot_key(gtin, unit["lot"]))
    resolved = await resolve(context, gtins=[gtin])
    return _standing(unit, around) | {
        "lot": lot,
        "product": resolved.product(gtin, "gtin"),
        "steps": timeline.merge(history, containers, dict(zip(names, transfers, strict=True))),
    }


async def history(context: Context, arguments: Arguments) -> Any:
    """Every committed state of one document, oldest first; at most a thousand, the newest."""
    kind = arguments.choice("key_type", KINDS)
    field, attributes = arguments.batch("attributes", KINDS[kind])
    arguments.done()
    if len(attributes) != KINDS[kind] or not all(isinstance(a, str) and a.isprintable() for a in attributes):
        raise invalid(field, f"are the {KINDS[kind]} texts of a {kind}'s key")
    items = []
    async for change in context.stub.history(keys.composite(kind, *attributes)):
        item: dict[str, Any] = {
            "tx_id": change.tx_id,
            "at": change.timestamp_ms,
            "is_delete": change.is_delete,
        }
        if not change.is_delete:
            item["doc"] = orjson.loads(change.value)
        items.append(item)
        if len(items) == MAX_HISTORY:
            break
    return {"items": items[::-1]}


async def _unit(context: Context, arguments: Arguments) -> Unit:
    gtin, serial = arguments.gtin(), arguments.serial()
    what = gs1.unit_ref(gtin, serial)
    return await context.need(keys.unit_key(gtin, serial), Code.UNIT_UNKNOWN, what, "serial")


def _standing(unit: Unit, around: list[Container]) -> dict[str, Any]:
    outermost = around[-1] if around else unit
    return {
        "unit": unit,
        "ancestors": [{k: v for k, v in outer.items() if k != "children"} for outer in around],
        "owner": outermost["owner"],
        "custodian": outermost["custodian"],
        "held": any("hold" in one for one in (unit, *around)),
    }


async def _versions(context: Context, key: str) -> list[Version]:
    """A document's states, oldest first; the peer gives the newest first."""
    versions = [
        Version(change.tx_id, change.timestamp_ms, orjson.loads(change.value))
        async for change in context.stub.history(key)
        if not change.is_delete
    ]
    return versions[::-1]
