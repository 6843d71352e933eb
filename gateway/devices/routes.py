"""Endpoints for devices; their readings are in ``gateway.coldchain``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Security

from gateway.core import mirrored
from gateway.core.auth import Reader, User, authenticated
from gateway.core.fields import Gln, Identifier, Sscc
from gateway.core.ledger import CUSTODY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.schemas import Nothing
from gateway.core.state import Core, DeviceWriter, Written
from gateway.core.submissions import Receipt
from gateway.devices import service
from gateway.devices.schemas import Attachment, Device, NewDevice, Registered, Renewed
from gateway.mirror import tables

router = router_for("/devices", "Devices")


@router.post("", status_code=201, summary="Register a device", response_model=Registered)
async def register(core: Core, body: NewDevice, write: DeviceWriter) -> dict[str, Any]:
    """On the ledger, then at the broker. Repeated with its Idempotency-Key it sets a new password."""
    return await service.register(core, write, body.id, body.kind)


@router.get("", summary="List devices", response_model=Page[Device])
async def list_devices(
    core: Core,
    _: Reader,
    gln: Gln | None = None,
    container: Sscc | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """From this member's mirror, by id."""
    device = tables.device.c
    given = {device.gln: gln, device.container: container}
    where = [column == value for column, value in given.items() if value is not None]
    return await mirrored.listed(core.engine, tables.device, where, limit, cursor)


@router.get("/{device_id}", summary="A device", response_model=Device)
async def get(core: Core, _: Reader, device_id: Identifier) -> Any:
    """As it stands on the ledger now."""
    return await core.ledger.evaluate(CUSTODY, "GetDevice", {"id": device_id})


@router.post("/{device_id}/credentials", summary="Renew a device's password", response_model=Renewed)
async def renew(
    core: Core,
    _: Annotated[User, Security(authenticated, scopes=["devices"])],
    device_id: Identifier,
) -> dict[str, Any]:
    """For one of this member's devices whose password is lost or known to others."""
    return await service.renew(core, device_id)


@router.post("/{device_id}/attach", summary="Attach a device", response_model=Written[Device])
async def attach(device_id: Identifier, body: Attachment, write: DeviceWriter) -> Receipt:
    """Lets it watch a container in this member's custody, from now or an earlier time on."""
    since = {} if body.since is None else {"since": body.since}
    return await write.custody("AttachDevice", id=device_id, sscc=body.sscc, **since)


@router.post("/{device_id}/detach", summary="Detach a device", response_model=Written[Device])
async def detach(device_id: Identifier, write: DeviceWriter, _: Nothing | None = None) -> Receipt:
    """Takes it off its container."""
    return await write.custody("DetachDevice", id=device_id)
