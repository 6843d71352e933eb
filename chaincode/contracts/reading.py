"""Looking things up: a unit as it stands, and any document's history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context
from chaincode.contracts.standing import standing
from chaincode.contracts.tracing import told
from chaincode.model import gs1, keys, trays
from chaincode.model.periods import whole

MAX_HISTORY = 1000
# Kinds of document, with the numbers of attributes that their keys have.
KINDS: dict[str, tuple[int, ...]] = {
    "lot": (2,),
    "unit": (2, 3),
    "container": (1, 2),
    "packing": (1,),
    "tray": (2,),
    "repackaging": (1,),
    "hold": (1, 2),
    "transfer": (1,),
    "device": (1,),
    "sensor_anchor": (1,),
    "excursion": (1,),
    "recall": (1,),
    "recall_ack": (2,),
    "recall_check": (3,),
    "verification": (1,),
    "verified": (3,),
    "trace_request": (1,),
    "investigation": (1,),
    "sample": (2,),
    "notification": (1,),
    "notification_response": (2,),
    "high_risk": (1,),
}
# Kinds that live through periods.
_PERIODS = ("container", "unit")


async def get_unit(context: Context, arguments: Arguments) -> Any:
    """A unit, the containers around it, and who has it."""
    gtin, serial = arguments.gtin(), arguments.serial()
    arguments.done()
    return await told(context, await standing(context, gs1.unit_ref(gtin, serial), "serial"))


async def history(context: Context, arguments: Arguments) -> Any:
    """Every committed state of one document, oldest first; at most a thousand, the newest.

    Goods have a document for each of their periods, whose numbers end its ``attributes``; without a number
    the states of all periods are told, those of a pack in its tray as the tray's document says them.
    """
    kind = arguments.choice("key_type", KINDS)
    field, attributes = arguments.batch("attributes", max(KINDS[kind]))
    arguments.done()
    if len(attributes) not in KINDS[kind] or not all(
        isinstance(attribute, str) and attribute.isprintable() for attribute in attributes
    ):
        counts = " or ".join(map(str, KINDS[kind]))
        raise invalid(field, f"are the {counts} texts of a {kind}'s key")
    items = await _states(context, kind, attributes)
    if kind not in _PERIODS or len(attributes) != KINDS[kind][0]:
        return {"items": items}
    if kind == "unit":
        items = await _in_tray(context, items)
    later, period = items, 0
    while later:
        period += 1
        later = await _states(context, kind, [*attributes, str(period)])
        items = [*items, *later][-MAX_HISTORY:]
    return {"items": items}


async def _in_tray(context: Context, first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The states of a pack in its tray, by those of its first document; up to the one in which it left."""
    if not first or "doc" not in first[0]:
        return first
    born = first[0]["doc"]
    items = await _states(context, "tray", trays.place_of(born))
    inside = [item for item in items if "doc" in item and born["serial"] not in item["doc"]["left"]]
    return [{**item, "doc": trays.pack_in(item["doc"], born["serial"])} for item in inside]


async def _states(context: Context, kind: str, attributes: Sequence[str]) -> list[dict[str, Any]]:
    """The newest states of a document, the oldest of them first; the peer gives the newest first."""
    items: list[dict[str, Any]] = []
    async for change in context.stub.history(keys.composite(kind, *attributes)):
        item: dict[str, Any] = {
            "tx_id": change.tx_id,
            "at": change.timestamp_ms,
            "is_delete": change.is_delete,
        }
        if not change.is_delete:
            found = orjson.loads(change.value)
            item["doc"] = whole(found, *attributes[:2]) if kind == "unit" else found
        items.append(item)
        if len(items) == MAX_HISTORY:
            break
    return items[::-1]
