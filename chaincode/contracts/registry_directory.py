"""What the registry tells custody of in its own transactions, so that custody need not ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chaincode.contracts.context import CUSTODY, Context, ask
from chaincode.model import keys
from chaincode.model.documents.registry import Party, Settings


async def write_parties(context: Context, *parties: Party) -> None:
    """Write parties, here and in custody's directory."""
    await _write(context, parties, {})


async def write_settings(context: Context, settings: Settings, parties: Iterable[Party] = ()) -> None:
    """Write the settings and what they change of parties, here and in custody's directory."""
    context.write(keys.parameter_key("consortium"), settings)
    await _write(context, list(parties), {"settings": settings})


async def _write(context: Context, parties: Iterable[Party], others: dict[str, Any]) -> None:
    for party in parties:
        context.write(keys.party_key(party["gln"]), party)
    if not context.is_dry:
        await ask(context, CUSTODY, "Enter", {"parties": [*parties], **others})
