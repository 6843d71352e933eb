"""The trace of a unit: the ledger's steps, each with where its transaction stands and who endorsed it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gateway.core.ledger import CUSTODY
from gateway.core.state import Gateway
from gateway.core.transactions import Place, places, rfc3339

_SHOWN = ("block_number", "position", "validation_code", "creator_msp")


async def trace(core: Gateway, gtin: str, serial: str) -> dict[str, Any]:
    """A unit's standing and its whole way, oldest step first; Refusal where it is not on the ledger."""
    traced = await core.ledger.evaluate(CUSTODY, "Trace", {"gtin": gtin, "serial": serial})
    ways = [traced, *traced["predecessors"]]
    found = await places(core.engine, core.ledger, {step["tx_id"] for way in ways for step in way["steps"]})
    own, *before = (
        {**way, "steps": [_step(step, found[step["tx_id"]]) for step in way["steps"]]} for way in ways
    )
    return {**own, "predecessors": before}


def _step(step: dict[str, Any], place: Place) -> dict[str, Any]:
    shown = asdict(place)
    return {
        **step,
        "at": rfc3339(datetime.fromtimestamp(step["at"] / 1000, UTC)),
        **{name: shown[name] for name in _SHOWN},
        # A member whose two peers both endorsed is one member.
        "endorsers": list(dict.fromkeys(place.endorsers)),
    }
