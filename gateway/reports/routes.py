"""Endpoints that show the analytics' reports."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import HTMLResponse

from gateway.core.auth import Reader
from gateway.core.routing import router_for
from gateway.core.state import Core
from gateway.reports.service import Reports

router = router_for("/analytics", "Analytics")
_reports = Reports()


@router.get(
    "/supply-chain",
    summary="Supply-chain metrics",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def supply_chain(core: Core, _: Reader) -> Response:
    """Dwell time per stage, cold-chain compliance, stock by member, from this member's mirror."""
    report = await _reports.supply_chain(core)
    return Response(report.json, media_type="application/json")


@router.get("/supply-chain.html", summary="Supply-chain metrics as a page", response_class=HTMLResponse)
async def supply_chain_page(core: Core, _: Reader) -> HTMLResponse:
    """The same as a page with plots, which loads nothing from elsewhere."""
    return HTMLResponse((await _reports.supply_chain(core)).html)
