"""Where transactions stand on the ledger: from the mirror, or from the peer while the mirror lags."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.ledger import Ledger
from gateway.mirror.tables import ledger_transaction

MIRROR_SECONDS = 2.0
POLL_SECONDS = 0.1
PEER_CALLS = 8


@dataclass(frozen=True)
class Place:
    """One transaction: its block and position in it, its validation code (0 is valid), who endorsed it."""

    tx_id: str
    block_number: int
    position: int
    type: str
    validation_code: int
    creator_msp: str
    chaincode: str
    function: str
    at: datetime
    endorsers: list[str]
    event_name: str | None


async def places(engine: AsyncEngine, ledger: Ledger, tx_ids: Collection[str]) -> dict[str, Place]:
    """Each of ``tx_ids`` with its place; TransactionUnknown where the peer has none of it.

    The mirror is asked for two seconds, as it may be a moment behind, then the peer.
    """
    wanted = set(tx_ids)
    found: dict[str, Place] = {}
    deadline = asyncio.get_running_loop().time() + MIRROR_SECONDS
    while True:
        found |= await mirrored(engine, wanted - found.keys())
        if len(found) == len(wanted) or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(POLL_SECONDS)
    missing = sorted(wanted - found.keys())
    for start in range(0, len(missing), PEER_CALLS):
        some = missing[start : start + PEER_CALLS]
        for place in await asyncio.gather(*(on_peer(ledger, tx_id) for tx_id in some)):
            found[place.tx_id] = place
    return found


async def mirrored(engine: AsyncEngine, tx_ids: Collection[str]) -> dict[str, Place]:
    """Those of ``tx_ids`` that the mirror has. One sent twice is where it stands first: there it counted."""
    query = (
        select(*(ledger_transaction.c[name] for name in Place.__dataclass_fields__))
        .where(ledger_transaction.c.tx_id.in_(tx_ids))
        .order_by(ledger_transaction.c.block_number.desc(), ledger_transaction.c.position.desc())
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).mappings()
        return {row["tx_id"]: Place(**row) for row in rows}


async def on_peer(ledger: Ledger, tx_id: str) -> Place:
    """A transaction as this member's peer has it; TransactionUnknown."""
    block_number, view = await ledger.transaction(tx_id)
    return Place(
        tx_id,
        block_number,
        view.index,
        view.type,
        view.validation_code,
        view.creator_msp,
        view.chaincode,
        view.function,
        datetime.fromtimestamp(view.timestamp_ms / 1000, UTC),
        list(view.endorsers),
        view.event.name if view.event else None,
    )


def rfc3339(at: datetime) -> str:
    """A time for people and programs: UTC, milliseconds, ``Z`` (RFC 3339)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
