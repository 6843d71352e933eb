"""Endpoints for readings, anchors, excursions and quarantine."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from gateway.coldchain import store
from gateway.coldchain.schemas import (
    Anchor,
    Decision,
    Excursion,
    Hold,
    NewDecision,
    NewHold,
    Proof,
    Reading,
    Settled,
    Settlement,
    Temperature,
    Verdict,
)
from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Identifier, Sscc
from gateway.core.ledger import CUSTODY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.state import Core, QuarantineWriter, Written
from gateway.core.submissions import Receipt
from gateway.mirror import tables

Time = Annotated[int | None, Query(ge=0, le=253_402_300_799_999, description="epoch milliseconds")]

router = APIRouter()
_readings = router_for("", "Cold chain")
_quarantines = router_for("/quarantines", "Quarantine")


@_readings.get("/containers/{sscc}/readings", summary="A container's readings", response_model=Page[Reading])
async def container_readings(
    core: Core,
    _: Reader,
    sscc: Sscc,
    since: Time = None,
    until: Time = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What this member's sensors recorded, by time; only the member that runs the bridge has them."""
    where = tables.reading.c.container == sscc
    return await store.readings(core.engine, where, since, until, limit, cursor)


@_readings.get("/devices/{device_id}/readings", summary="A device's readings", response_model=Page[Reading])
async def device_readings(
    core: Core,
    _: Reader,
    device_id: Identifier,
    since: Time = None,
    until: Time = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What one of this member's sensors recorded, by time."""
    where = tables.reading.c.device_id == device_id
    return await store.readings(core.engine, where, since, until, limit, cursor)


@_readings.get("/anchors", summary="List anchors", response_model=Page[Anchor])
async def anchors(
    core: Core, _: Reader, container: Sscc | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """From this member's mirror, by time of anchoring."""
    anchor = tables.sensor_anchor
    where = [anchor.c.container == container] if container else []
    order = (anchor.c.anchored_at, anchor.c.id)
    return await mirrored.listed(core.engine, anchor, where, limit, cursor, order)


@_readings.get("/anchors/{anchor_id}", summary="An anchor", response_model=Anchor)
async def anchor(core: Core, _: Reader, anchor_id: Identifier) -> Any:
    """As it stands on the ledger."""
    return await core.ledger.evaluate(CUSTODY, "GetAnchor", {"id": anchor_id})


@_readings.post("/anchors/{anchor_id}/verify", summary="Verify a reading", response_model=Verdict)
async def verify(core: Core, _: Reader, anchor_id: Identifier, body: Proof) -> Any:
    """Whether a reading is under an anchor, by its audit path (RFC 6962, section 2.1.1)."""
    proof = {"anchor": anchor_id, **body.model_dump(mode="json")}
    return await core.ledger.evaluate(CUSTODY, "VerifyReading", proof)


@_readings.get(
    "/containers/{sscc}/temperature", summary="A container's temperature", response_model=Temperature
)
async def temperature(core: Core, _: Reader, sscc: Sscc) -> Any:
    """What all anchors of a container say together, of whoever's sensors."""
    return await core.ledger.evaluate(CUSTODY, "GetContainerTemperature", {"sscc": sscc})


@_readings.get("/excursions/{excursion_id}", summary="An excursion", response_model=Excursion)
async def excursion(core: Core, _: Reader, excursion_id: Identifier) -> Any:
    """As it stands on the ledger, with what was decided of it."""
    return await core.ledger.evaluate(CUSTODY, "GetExcursion", {"id": excursion_id})


@_readings.post(
    "/excursions/{excursion_id}/decision", summary="Decide an excursion", response_model=Written[Decision]
)
async def decide(excursion_id: Identifier, body: NewDecision, write: QuarantineWriter) -> Receipt:
    """Releases the goods, or condemns them; by their owner's quality unit."""
    decision = body.model_dump(mode="json", exclude_none=True)
    return await write.custody("DecideExcursion", id=excursion_id, gln=write.gln, **decision)


@_readings.post(
    "/excursions/{excursion_id}/settle",
    summary="Settle goods of an excursion",
    response_model=Written[Settled],
)
async def settle(excursion_id: Identifier, body: Settlement, write: QuarantineWriter) -> Receipt:
    """Lets goods that were taken out of a held container follow its decision; by their owner."""
    return await write.custody("SettleExcursion", id=excursion_id, refs=body.refs)


@_readings.get("/excursions", summary="List excursions", response_model=Page[Excursion])
async def excursions(
    core: Core, _: Reader, container: Sscc | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """From this member's mirror, by time of detection."""
    excursion = tables.excursion
    where = [excursion.c.container == container] if container else []
    order = (excursion.c.detected_at, excursion.c.id)
    return await mirrored.listed(core.engine, excursion, where, limit, cursor, order)


@_quarantines.post("", status_code=201, summary="Put goods on hold", response_model=Written[Hold])
async def quarantine(body: NewHold, write: QuarantineWriter) -> Receipt:
    """A loose unit, or a container with all in it; by whoever has it."""
    return await write.custody("Quarantine", ref=body.ref, gln=write.gln, reason=body.reason)


@_quarantines.post("/release", summary="Release goods", response_model=Written[Hold])
async def release(body: NewHold, write: QuarantineWriter) -> Receipt:
    """Ends a hold; by whoever has the goods, or a regulator."""
    return await write.custody("ReleaseQuarantine", ref=body.ref, gln=write.gln, reason=body.reason)


router.include_router(_readings)
router.include_router(_quarantines)
