"""Sensors and what they recorded: anchors over readings, excursions that quarantine."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, identifier, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.holds import place as place_hold
from chaincode.contracts.standing import standing
from chaincode.model import coldchain, gs1, keys
from chaincode.model.documents.coldchain import Device, Excursion, SensorAnchor, Storage
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, parties

MAX_DEVICES = 50
MAX_READINGS = 10_000_000


async def register_device(context: Context, arguments: Arguments) -> Any:
    """Register a sensor; by its owner."""
    device_id, gln = arguments.identifier("id"), arguments.gln()
    kind = arguments.choice("kind", ("temperature",))
    arguments.done()
    key = keys.device_key(device_id)
    if await context.read(key) is not None:
        raise Refusal(Code.DEVICE_EXISTS, f"device {device_id} is registered", "id")
    parties.acting_for((await resolve(context, [gln])).party(gln, "gln"), context.msp_id, "gln")
    device: Device = {
        "doc": "device",
        "id": device_id,
        "gln": gln,
        "kind": kind,  # type: ignore[typeddict-item]
        "status": "active",
        "registered_at": context.now,
    }
    context.write(key, device)
    context.event("DeviceRegistered", {"id": device_id, "gln": gln})
    return device


async def attach_device(context: Context, arguments: Arguments) -> Any:
    """Let a sensor watch a container; by its owner, who has the container."""
    device_id, sscc = arguments.identifier("id"), arguments.sscc()
    arguments.done()
    device = await _own(context, device_id)
    container = await standing(context, gs1.container_ref(sscc), "sscc")
    context.check(goods.in_circulation, container, "sscc")
    context.check(goods.in_custody, container, device["gln"], "sscc")
    changed: Device = {**device, "container": sscc, "attached_at": context.now}
    context.write(keys.device_key(device_id), changed)
    context.event("DeviceAttached", {"id": device_id, "sscc": sscc})
    return changed


async def detach_device(context: Context, arguments: Arguments) -> Any:
    """Take a sensor off its container; by its owner."""
    device_id = arguments.identifier("id")
    arguments.done()
    device = await _own(context, device_id)
    if "container" not in device:
        raise Refusal(Code.DEVICE_NOT_ATTACHED, f"device {device_id} watches nothing", "id")
    changed = device.copy()
    del changed["container"], changed["attached_at"]
    context.write(keys.device_key(device_id), changed)
    context.event("DeviceDetached", {"id": device_id, "sscc": device["container"]})
    return changed


async def anchor_readings(context: Context, arguments: Arguments) -> Any:
    """Anchor a container's readings of a window; by the owner of the sensors that watch it.

    Readings outside the container's storage profile are an excursion: the same transaction records it and
    puts the container in quarantine.
    """
    anchor: SensorAnchor = {
        "doc": "sensor_anchor",
        "id": arguments.identifier("id"),
        "container": arguments.sscc("container"),
        "devices": arguments.each("devices", MAX_DEVICES, identifier),
        "window_start": arguments.time("window_start"),
        "window_end": arguments.time("window_end"),
        "root": arguments.digest("root"),
        "count": arguments.integer("count", 1, MAX_READINGS),
        "min_mc": arguments.temperature("min_mc"),
        "max_mc": arguments.temperature("max_mc"),
        "mean_mc": arguments.temperature("mean_mc"),
        "mkt_mc": arguments.temperature("mkt_mc"),
        "anchored_at": context.now,
    }
    arguments.done()
    if anchor["window_end"] < anchor["window_start"]:
        raise invalid("window_end", "is not before window_start")
    for name in ("mean_mc", "mkt_mc"):
        if not anchor["min_mc"] <= anchor[name] <= anchor["max_mc"]:
            raise invalid(name, "is between min_mc and max_mc")
    sscc, key = anchor["container"], keys.anchor_key(anchor["id"])
    existing, *devices = await context.read_all([key, *map(keys.device_key, anchor["devices"])])
    if existing is not None:
        raise Refusal(Code.ANCHOR_EXISTS, f"anchor {anchor['id']} exists", "id")
    container = await standing(context, gs1.container_ref(sscc), "container")
    held = await holds_of(context, [container])
    storage: Storage = container.document["storage"]  # type: ignore[typeddict-item]
    await _check_devices(context, anchor, devices)
    excursion = coldchain.outside(storage, anchor["min_mc"], anchor["max_mc"])
    if excursion:
        anchor["excursion"] = anchor["id"]
        document: Excursion = {
            "doc": "excursion",
            "id": anchor["id"],
            "container": sscc,
            "anchor": anchor["id"],
            "min_mc": anchor["min_mc"],
            "max_mc": anchor["max_mc"],
            "limit": storage,
            "detected_at": context.now,
        }
        context.write(keys.excursion_key(anchor["id"]), document)
        if not held.held(container):
            resolved = await resolve(context, [container.custodian])
            reason = f"excursion {anchor['id']}"
            await place_hold(context, container, "quarantine", reason, container.custodian, resolved)
    context.write(key, anchor)
    context.event("ReadingsAnchored", {"id": anchor["id"], "container": sscc, "excursion": excursion})
    return anchor


async def get_device(context: Context, arguments: Arguments) -> Any:
    """A device by its id."""
    device_id = arguments.identifier("id")
    arguments.done()
    return await context.need(keys.device_key(device_id), Code.DEVICE_UNKNOWN, f"device {device_id}", "id")


async def get_anchor(context: Context, arguments: Arguments) -> Any:
    """An anchor by its id."""
    anchor_id = arguments.identifier("id")
    arguments.done()
    return await context.need(keys.anchor_key(anchor_id), Code.ANCHOR_UNKNOWN, f"anchor {anchor_id}", "id")


async def get_excursion(context: Context, arguments: Arguments) -> Any:
    """An excursion by its id."""
    excursion_id = arguments.identifier("id")
    arguments.done()
    return await context.need(
        keys.excursion_key(excursion_id), Code.EXCURSION_UNKNOWN, f"excursion {excursion_id}", "id"
    )


async def _own(context: Context, device_id: str) -> Device:
    device = await context.need(keys.device_key(device_id), Code.DEVICE_UNKNOWN, f"device {device_id}", "id")
    owner = (await resolve(context, [device["gln"]])).party(device["gln"], "id")
    parties.acting_for(owner, context.msp_id, "id")
    return device


async def _check_devices(context: Context, anchor: SensorAnchor, devices: list[Any]) -> None:
    for place, device in enumerate(devices):
        field, name = f"devices[{place}]", anchor["devices"][place]
        if device is None:
            raise Refusal(Code.DEVICE_UNKNOWN, f"device {name} is not registered", field)
        if device.get("container") != anchor["container"]:
            raise Refusal(Code.DEVICE_NOT_ATTACHED, f"device {name} does not watch that container", field)
    resolved = await resolve(context, [device["gln"] for device in devices])
    for place, device in enumerate(devices):
        field = f"devices[{place}]"
        parties.acting_for(resolved.party(device["gln"], field), context.msp_id, field)
