"""The committed states of goods in all their periods, as a peer keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import orjson

from chaincode.contracts.context import Context
from chaincode.contracts.standing import document_of
from chaincode.model import keys, trays
from chaincode.rules.timeline import Version


async def versions_of(context: Context, key: str) -> list[Version]:
    """A document's states, oldest first; the peer gives the newest first."""
    versions = [
        Version(change.tx_id, change.timestamp_ms, orjson.loads(change.value))
        async for change in context.stub.history(key)
    ]
    return versions[::-1]


async def life_of(context: Context, ref: str) -> list[Version]:
    """The states of goods in all their periods, oldest first; none of goods that are not on the ledger.

    Those of a pack in its tray are the tray's, up to the one that says that it left.
    """
    life: list[Version] = []
    for period in count():
        states = await versions_of(context, keys.period_key(ref, period))
        if not states:
            break
        whole = [replace(state, document=document_of(ref, state.document)) for state in states]
        life += await _in_tray(context, ref, whole) if period == 0 and ref[1] != "0" else whole
    return life


async def _in_tray(context: Context, ref: str, states: Sequence[Version]) -> list[Version]:
    """The states of a pack in its tray; ``states`` are those of its first document."""
    serial = ref[18:]
    tray_states = await versions_of(context, keys.tray_key(*trays.place_of(states[0].document)))
    return [
        replace(state, document=trays.pack_in(state.document, serial))  # type: ignore[arg-type]
        for state in tray_states
        if serial not in state.document["left"]
    ]
