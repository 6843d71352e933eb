"""Sensors: registered by their owner, watching containers that the owner has."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.standing import standing
from chaincode.model import gs1, keys
from chaincode.model.documents.coldchain import Device
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods, parties, sensors


async def register_device(context: Context, arguments: Arguments) -> Any:
    """``{id, gln, kind}``: register a sensor; by its owner."""
    device_id, gln = arguments.identifier("id"), arguments.gln()
    kind = arguments.choice("kind", ("temperature",))
    arguments.done()
    key = keys.device_key(device_id)
    if await context.read(key) is not None:
        raise Refusal(Code.DEVICE_EXISTS, f"device {device_id} is registered", "id")
    owner = (await resolve(context, [gln])).party(gln, "gln")
    context.check(parties.acting_for, owner, context.msp_id, "gln")
    device: Device = {
        "doc": "device",
        "id": device_id,
        "gln": gln,
        "kind": kind,  # type: ignore[typeddict-item]
        "status": "active",
        "registered_at": context.now,
        "past": [],
        "anchored": [],
    }
    context.write(key, device, protected_by=[owner["msp_id"]])
    context.event("DeviceRegistered", {"id": device_id, "gln": gln})
    return device


async def attach_device(context: Context, arguments: Arguments) -> Any:
    """``{id, sscc, since?}``: let a sensor watch a container; by its owner, who has the container.

    ``since`` (epoch milliseconds, the transaction's time where it is absent) is when it began to.
    """
    device_id, sscc = arguments.identifier("id"), arguments.sscc()
    since = arguments.time("since") if arguments.has("since") else context.now
    arguments.done()
    device = await _own(context, device_id)
    container = await standing(context, gs1.container_ref(sscc), "sscc")
    context.check(goods.in_circulation, container, "sscc")
    context.check(goods.in_custody, container, device["gln"], "sscc")
    context.check(sensors.attachable_since, device, since, context.now, "since")
    changed = sensors.attached(device, sscc, since)
    context.write(keys.device_key(device_id), changed)
    context.event("DeviceAttached", {"id": device_id, "sscc": sscc})
    return changed


async def detach_device(context: Context, arguments: Arguments) -> Any:
    """``{id}``: take a sensor off its container; by its owner."""
    device_id = arguments.identifier("id")
    arguments.done()
    device = await _own(context, device_id)
    if "container" not in device:
        raise Refusal(Code.DEVICE_NOT_ATTACHED, f"device {device_id} watches nothing", "id")
    changed = sensors.detached(device, context.now)
    context.write(keys.device_key(device_id), changed)
    context.event("DeviceDetached", {"id": device_id, "sscc": device["container"]})
    return changed


async def get_device(context: Context, arguments: Arguments) -> Any:
    """``{id}``: a device."""
    device_id = arguments.identifier("id")
    arguments.done()
    return await context.need(keys.device_key(device_id), Code.DEVICE_UNKNOWN, f"device {device_id}", "id")


async def _own(context: Context, device_id: str) -> Device:
    device: Device = await context.need(
        keys.device_key(device_id), Code.DEVICE_UNKNOWN, f"device {device_id}", "id"
    )
    owner = (await resolve(context, [device["gln"]])).party(device["gln"], "id")
    context.check(parties.acting_for, owner, context.msp_id, "id")
    return device
