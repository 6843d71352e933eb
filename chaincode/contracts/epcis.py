"""EPCIS events: their hashes, so that what members store of them elsewhere cannot change unseen."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, unrepeated
from chaincode.contracts.context import Context, acting
from chaincode.model import keys
from chaincode.model.documents.epcis import EventHash
from chaincode.model.errors import Code
from chaincode.rules import epcis, identifiers

MAX_EVENTS = 1000


async def anchor_events(context: Context, arguments: Arguments) -> Any:
    """Store the hashes of up to a thousand events, once and for ever; by the party that stands for them."""
    gln = arguments.gln()
    field, raw = arguments.batch("events", MAX_EVENTS)
    arguments.done()
    read = [_event(value, f"{field}[{place}]") for place, value in enumerate(raw)]
    hashes = [value for value, _ in read]
    unrepeated(hashes, field)
    event_keys = [keys.event_hash_key(value) for value in hashes]
    for place, existing in enumerate(await context.read_all(event_keys)):
        context.check(epcis.not_anchored, existing, f"{field}[{place}].hash")
    await acting(context, gln)
    for key, (value, event_time) in zip(event_keys, read, strict=True):
        document: EventHash = {
            "doc": "event_hash",
            "hash": value,
            "gln": gln,
            "msp_id": context.msp_id,
            "anchored_at": context.now,
        }
        if event_time is not None:
            document["event_time"] = event_time
        context.write_once(key, document)
    context.event("EventsAnchored", {"gln": gln, "count": len(read)})
    return {"gln": gln, "count": len(read), "anchored_at": context.now}


async def get_event_hash(context: Context, arguments: Arguments) -> Any:
    """Who anchored an event's hash, and when."""
    field, value = arguments.take("hash")
    arguments.done()
    wanted = identifiers.event_hash(value, field)
    return await context.need(keys.event_hash_key(wanted), Code.EVENT_HASH_UNKNOWN, wanted, field)


def _event(value: Any, field: str) -> tuple[str, int | None]:
    """An event's hash, and its time where given."""
    inner = Arguments(value, field)
    name, text = inner.take("hash")
    event_time = inner.time("event_time") if inner.has("event_time") else None
    inner.done()
    return identifiers.event_hash(text, name), event_time
