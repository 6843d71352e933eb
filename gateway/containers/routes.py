"""Endpoints for containers; their sensor readings are in ``gateway.coldchain``."""

from __future__ import annotations

from typing import Any

from gateway.containers import store
from gateway.containers.schemas import (
    ContainerStanding,
    ContainerStatus,
    ListedContainer,
    NewContainer,
    Packed,
    Unpacked,
    Unpacking,
)
from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Gln, Sscc
from gateway.core.holds import with_holds
from gateway.core.ledger import CUSTODY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.state import Core, CustodyWriter, Written
from gateway.core.submissions import Receipt
from gateway.mirror import tables

router = router_for("/containers", "Containers")


@router.post("", status_code=201, summary="Pack a container", response_model=Written[Packed])
async def pack(body: NewContainer, write: CustodyWriter) -> Receipt:
    """Up to a thousand loose units and containers in this member's custody."""
    return await write.custody("Pack", gln=write.gln, **body.model_dump())


@router.get("", summary="List containers", response_model=Page[ListedContainer])
async def list_containers(
    core: Core,
    _: Reader,
    custodian: Gln | None = None,
    parent: Sscc | None = None,
    status: ContainerStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """From this member's mirror, by SSCC. ``custodian`` finds outermost containers."""
    container = tables.container.c
    given = {container.custodian: custodian, container.parent: parent, container.status: status}
    where = [column == value for column, value in given.items() if value is not None]
    page = await mirrored.listed(core.engine, tables.container, where, limit, cursor)
    opened = await store.with_children(core.engine, page["items"])
    return {**page, "items": await with_holds(core.engine, opened)}


@router.get("/{sscc}", summary="A container", response_model=ContainerStanding)
async def get(core: Core, _: Reader, sscc: Sscc) -> Any:
    """As it stands on the ledger now, with the containers around it and who has it."""
    return await core.ledger.evaluate(CUSTODY, "GetContainer", {"sscc": sscc})


@router.post("/{sscc}/unpack", summary="Unpack a container", response_model=Written[Unpacked])
async def unpack(sscc: Sscc, write: CustodyWriter, body: Unpacking | None = None) -> Receipt:
    """Takes the children named, or all, out of an outermost container; a hold on it goes with them."""
    some = {"children": body.children} if body and body.children is not None else {}
    return await write.custody("Unpack", sscc=sscc, gln=write.gln, **some)
