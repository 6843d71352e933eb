"""Endpoints for parties."""

from __future__ import annotations

from typing import Any

from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Gln
from gateway.core.ledger import REGISTRY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.schemas import Reason
from gateway.core.state import Core, RegistryWriter, Written
from gateway.core.submissions import Receipt
from gateway.mirror import tables
from gateway.parties.schemas import LicenceName, NewLicence, NewParty, Party, PartyChange, Role

router = router_for("/parties", "Parties")


@router.post("", status_code=201, summary="Register a party", response_model=Written[Party])
async def register(body: NewParty, write: RegistryWriter) -> Receipt:
    """By a regulator."""
    return await write.registry("RegisterParty", **body.model_dump(mode="json", exclude_none=True))


@router.get("", summary="List parties", response_model=Page[Party])
async def list_parties(
    core: Core, _: Reader, role: Role | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """From this member's mirror, by GLN."""
    where = [tables.party.c.role == role] if role else []
    return await mirrored.listed(core.engine, tables.party, where, limit, cursor)


@router.get("/{gln}", summary="A party", response_model=Party)
async def get(core: Core, _: Reader, gln: Gln) -> Any:
    """As it stands on the ledger now, with all its licences."""
    return await core.ledger.evaluate(REGISTRY, "GetParty", {"gln": gln})


@router.post("/{gln}/licences", status_code=201, summary="Add a licence", response_model=Written[Party])
async def add_licence(gln: Gln, body: NewLicence, write: RegistryWriter) -> Receipt:
    """Adds a licence, or renews the active one of that authority and number; by a regulator."""
    return await write.registry(
        "AddLicence", gln=gln, licence=body.model_dump(mode="json", exclude_none=True)
    )


@router.post("/{gln}/licences/suspend", summary="Suspend a licence", response_model=Written[Party])
async def suspend_licence(gln: Gln, body: LicenceName, write: RegistryWriter) -> Receipt:
    """By a regulator; until it is reinstated it is none."""
    return await write.registry("SuspendLicence", gln=gln, **body.model_dump())


@router.post("/{gln}/licences/reinstate", summary="Reinstate a licence", response_model=Written[Party])
async def reinstate_licence(gln: Gln, body: LicenceName, write: RegistryWriter) -> Receipt:
    """By a regulator; ends a suspension."""
    return await write.registry("ReinstateLicence", gln=gln, **body.model_dump())


@router.post("/{gln}/licences/revoke", summary="Revoke a licence", response_model=Written[Party])
async def revoke_licence(gln: Gln, body: LicenceName, write: RegistryWriter) -> Receipt:
    """By a regulator; for good."""
    return await write.registry("RevokeLicence", gln=gln, **body.model_dump())


@router.post("/{gln}/update", summary="Change a party's name or address", response_model=Written[Party])
async def update(gln: Gln, body: PartyChange, write: RegistryWriter) -> Receipt:
    """By a regulator; offers made before keep the transaction information that they have."""
    return await write.registry("UpdateParty", gln=gln, **body.model_dump(exclude_none=True))


@router.post("/{gln}/suspend", summary="Suspend a party", response_model=Written[Party])
async def suspend(gln: Gln, body: Reason, write: RegistryWriter) -> Receipt:
    """By a regulator; whatever its licences, it trades no more until it is reinstated."""
    return await write.registry("SuspendParty", gln=gln, reason=body.reason)


@router.post("/{gln}/reinstate", summary="Reinstate a party", response_model=Written[Party])
async def reinstate(gln: Gln, body: Reason, write: RegistryWriter) -> Receipt:
    """By a regulator; ends a suspension."""
    return await write.registry("ReinstateParty", gln=gln, reason=body.reason)
