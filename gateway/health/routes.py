"""Endpoints for whoever runs or balances this gateway; no login, no detail that a stranger could use."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from gateway.core.progress import progress
from gateway.core.routing import router_for
from gateway.core.state import Core, Gateway

log = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
# Behind this far, lists would show a state that users no longer recognise.
MAX_LAG_MS = 60_000

router = router_for("", "Health")

State = Literal["up", "down", "behind"]


class Live(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "live"}})

    status: Literal["live"]


class Ready(BaseModel):
    """What this gateway needs, each up or down; ``mirror`` may be behind."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ready",
                "database": "up",
                "redis": "up",
                "ledger": "up",
                "mirror": "up",
                "mirror_lag_ms": 0,
            }
        }
    )

    status: Literal["ready", "not ready"]
    database: State
    redis: State
    ledger: State
    mirror: State
    mirror_lag_ms: int | None = None


@router.get("/health", summary="Live?", response_model=Live)
async def health() -> Live:
    """200 as long as the process serves requests."""
    return Live(status="live")


@router.get("/ready", summary="Ready?", response_model=Ready, responses={503: {"model": Ready}})
async def ready(core: Core, response: Response) -> dict[str, Any]:
    """200 when database, Redis, ledger and mirror can be used, else 503 and which cannot."""
    database, redis, lag = await asyncio.gather(
        _within(_database(core)), _within(_redis(core)), _within(_lag(core))
    )
    mirror: State = "down" if lag is None else "up" if lag <= MAX_LAG_MS else "behind"
    checks: dict[str, State] = {
        "database": "down" if database is None else "up",
        "redis": "down" if redis is None else "up",
        "ledger": "down" if await _within(core.ledger.height()) is None else "up",
        "mirror": mirror,
    }
    good = all(state == "up" for state in checks.values())
    if not good:
        response.status_code = 503
        log.warning("not ready", extra={"checks": checks})
    answer: dict[str, Any] = {"status": "ready" if good else "not ready", **checks}
    return answer if lag is None else answer | {"mirror_lag_ms": lag}


async def _within(check: Awaitable[int]) -> int | None:
    """What ``check`` answers, None where it fails or takes too long."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check
    except Exception as error:
        log.info("a readiness check failed: %s", type(error).__name__)
        return None


async def _database(core: Gateway) -> int:
    async with core.engine.connect() as connection:
        return int((await connection.execute(text("SELECT 1"))).scalar_one())


async def _redis(core: Gateway) -> int:
    return int(await core.redis.ping())


async def _lag(core: Gateway) -> int:
    return (await progress(core.engine, core.ledger)).lag_ms
