"""Endpoints about the ledger."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gateway.core.auth import Reader
from gateway.core.fields import TransactionId
from gateway.core.progress import progress
from gateway.core.routing import router_for
from gateway.core.state import Core
from gateway.core.transactions import mirrored, on_peer, rfc3339
from gateway.ledger.schemas import LedgerState, Transaction
from gateway.ledger.store import TransactionCount

router = router_for("/ledger", "Ledger")
_counted = TransactionCount()


@router.get("", summary="How far the ledger is", response_model=LedgerState)
async def state(core: Core, _: Reader) -> dict[str, Any]:
    """Heights are numbers of blocks; ``transactions`` are those in the mirror, valid or not."""
    heights = await progress(core.engine, core.ledger)
    transactions = await _counted.up_to(core.engine, heights.mirror_height)
    return {"channel": core.settings.channel, **asdict(heights), "transactions": transactions}


@router.get("/transactions/{tx_id}", summary="A transaction", response_model=Transaction)
async def transaction(core: Core, _: Reader, tx_id: TransactionId) -> dict[str, Any]:
    """From this member's mirror, or its peer where the mirror does not have it yet."""
    found = await mirrored(core.engine, [tx_id])
    place = found.get(tx_id) or await on_peer(core.ledger, tx_id)
    shown = {name: value for name, value in asdict(place).items() if value is not None}
    return {**shown, "at": rfc3339(place.at)}
