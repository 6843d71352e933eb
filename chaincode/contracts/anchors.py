"""Anchors: roots over sensors' readings, what they add up to, and the proof of a single reading."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson

from chaincode.contracts import claims, excursions
from chaincode.contracts.arguments import Arguments, digest
from chaincode.contracts.claims import Claim
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.standing import standing
from chaincode.model import coldchain, gs1, keys, merkle
from chaincode.model.documents.coldchain import ContainerTemperature, Device, SensorAnchor, Storage
from chaincode.model.errors import Code, Refusal
from chaincode.rules import coldchain as law
from chaincode.rules import parties, sensors

# A path through a tree of as many leaves as an anchor has readings.
MAX_PATH = 24


async def anchor_readings(context: Context, arguments: Arguments) -> Any:
    """Anchor a container's readings; by the owner of the sensors, which watched it while they were taken.

    ``{id, container, root, runs: [{device, first, last, since, until, outside}], min_mc, max_mc, sum_mc,
    rates}``: see ``SensorAnchor``. What the container's storage profile does not allow is an excursion: the
    same transaction records it and puts the container, and what it held meanwhile, on hold.
    """
    claim = claims.read(arguments)
    key = keys.anchor_key(claim.id)
    existing, *devices = await context.read_all([key, *map(keys.device_key, claim.devices)])
    if existing is not None:
        raise Refusal(Code.ANCHOR_EXISTS, f"anchor {claim.id} exists", "id")
    container = await standing(context, gs1.container_ref(claim.container), "container")
    storage: Storage = container.document["storage"]  # type: ignore[typeddict-item]
    outside_ms = await _take(context, claim, dict(zip(claim.devices, devices, strict=True)))
    context.check(sensors.consistent, claim.readings, "")
    context.check(sensors.counted, claim.readings, claim.runs, storage, "runs")
    records = await _records(context, claim.container)
    before = law.account(list(records.values()), storage) if records else None
    earlier = sorted({record["excursion"] for record in records.values() if "excursion" in record})
    own = records.get(context.msp_id)
    told = (claim.readings, claim.window_start, claim.window_end, outside_ms, storage)
    record = law.recorded(own, *told) if own else law.first_record(claim.container, context.msp_id, *told)
    after = law.account([*(one for one in records.values() if one is not own), record], storage)
    least_ms = context.settings.parameter("mkt_least_hours") * law.HOUR_MS
    causes = law.causes(storage, claim.readings, outside_ms, before, after, least_ms)
    anchor: SensorAnchor = {
        **claim.readings,
        "doc": "sensor_anchor",
        "id": claim.id,
        "container": claim.container,
        "msp_id": context.msp_id,
        "devices": claim.devices,
        "runs": claim.runs,
        "window_start": claim.window_start,
        "window_end": claim.window_end,
        "root": claim.root,
        "mean_mc": coldchain.mean_mc(claim.readings),
        "mkt_mc": coldchain.mkt_mc(claim.readings),
        "outside_ms": outside_ms,
        "anchored_at": context.now,
    }
    if causes:
        gln = devices[0]["gln"]
        excursion = await excursions.record(context, anchor, gln, container, causes, after, earlier)
        anchor["excursion"] = record["excursion"] = excursion
    context.write_once(key, anchor)
    record_key = keys.container_temperature_key(claim.container, context.msp_id)
    context.write(record_key, record, protected_by=None if own else [context.msp_id])
    event = {"id": claim.id, "container": claim.container, "excursion": bool(causes)}
    context.event("ReadingsAnchored", event)
    return anchor


async def get_anchor(context: Context, arguments: Arguments) -> Any:
    """``{id}``: an anchor."""
    anchor_id = arguments.identifier("id")
    arguments.done()
    return await _anchor(context, anchor_id, "id")


async def verify_reading(context: Context, arguments: Arguments) -> Any:
    """Whether a reading is under an anchor: ``{anchor, device, sequence, at, temperature_mc, path}``.

    ``path`` is the reading's audit path (RFC 6962, section 2.1.1), leaf upwards, in hexadecimal digits; its
    place among the leaves follows from the anchor's runs. Answers ``{anchor, container, proved}``.
    """
    anchor_id, device = arguments.identifier("anchor"), arguments.identifier("device")
    sequence = arguments.integer("sequence", 0, claims.MAX_SEQUENCE)
    at, value = arguments.time("at"), arguments.temperature("temperature_mc")
    raw = arguments.values("path")
    arguments.done()
    if len(raw) > MAX_PATH:
        raise Refusal(Code.BATCH_TOO_LARGE, f"path has {len(raw)} entries, at most {MAX_PATH}", "path")
    path = [bytes.fromhex(digest(one, f"path[{place}]")) for place, one in enumerate(raw)]
    anchor = await _anchor(context, anchor_id, "anchor")
    index = sensors.place(anchor["runs"], device, sequence)
    leaf = merkle.leaf(coldchain.reading_leaf(device, sequence, at, value))
    proved = index is not None and merkle.verify(
        bytes.fromhex(anchor["root"]), leaf, index, anchor["count"], path
    )
    return {"anchor": anchor_id, "container": anchor["container"], "proved": proved}


async def get_container_temperature(context: Context, arguments: Arguments) -> Any:
    """What all anchors of a container say together: ``{sscc}``.

    Answers ``{container, storage, anchors, count, since?, until?, min_mc?, max_mc?, mean_mc?, mkt_mc?,
    window_mkt_mc?, outside_minutes}``: those with ``?`` only where there are readings, ``window_mkt_mc`` over
    the profile's window up to the newest one, the minutes outside the limits rounded up.
    """
    sscc = arguments.sscc()
    arguments.done()
    container = await standing(context, gs1.container_ref(sscc), "sscc")
    storage: Storage = container.document["storage"]  # type: ignore[typeddict-item]
    answer: dict[str, Any] = {"container": sscc, "storage": storage}
    records = list((await _records(context, sscc)).values())
    if not records:
        return answer | {"anchors": 0, "count": 0, "outside_minutes": 0}
    total = coldchain.merged([record["total"] for record in records])
    account = law.account(records, storage)
    return answer | {
        "anchors": sum(record["anchors"] for record in records),
        "count": total["count"],
        "since": min(record["since"] for record in records),
        "until": max(record["until"] for record in records),
        "min_mc": total["min_mc"],
        "max_mc": total["max_mc"],
        "mean_mc": coldchain.mean_mc(total),
        "mkt_mc": coldchain.mkt_mc(total),
        "window_mkt_mc": account.mkt_mc,
        "outside_minutes": -(-account.outside_ms // law.MINUTE_MS),
    }


async def _take(context: Context, claim: Claim, devices: dict[str, Device | None]) -> int:
    """Check the claim's runs and mark their readings as anchored; for how long they were outside the limits.

    Devices watch side by side: the one that was outside for longest counts.
    """
    fields = {run["device"]: f"runs[{place}]" for place, run in reversed(list(enumerate(claim.runs)))}
    known: dict[str, Device] = {}
    for name, device in devices.items():
        if device is None:
            raise Refusal(Code.DEVICE_UNKNOWN, f"device {name} is not registered", fields[name])
        known[name] = device
    resolved = await resolve(context, [device["gln"] for device in known.values()])
    for name, device in known.items():
        owner = resolved.party(device["gln"], fields[name])
        context.check(parties.acting_for, owner, context.msp_id, fields[name])
    tolerance_ms = context.settings.parameter("sensor_clock_seconds") * 1000
    outside_ms: dict[str, int] = defaultdict(int)
    for place, run in enumerate(claim.runs):
        name, field = run["device"], f"runs[{place}]"
        device = known[name]
        context.check(sensors.taken, run, context.now, tolerance_ms, field)
        context.check(sensors.watched, device, claim.container, run, tolerance_ms, field)
        context.check(sensors.anchored_once, device, run, field)
        outside_ms[name] += sensors.outside_ms(device, claim.container, run, tolerance_ms)
        known[name] = sensors.with_anchor(device, run)
    for name, device in known.items():
        context.write(keys.device_key(name), device)
    return max(outside_ms.values())


async def _records(context: Context, sscc: str) -> dict[str, ContainerTemperature]:
    """A container's records by MSP id; no more than there are members."""
    prefix = context.stub.iterate_prefix("container_temperature", [sscc])
    found = [orjson.loads(item.value) async for item in prefix]
    return {record["msp_id"]: record for record in found}


async def _anchor(context: Context, anchor_id: str, field: str) -> SensorAnchor:
    return await context.need(keys.anchor_key(anchor_id), Code.ANCHOR_UNKNOWN, f"anchor {anchor_id}", field)
