"""Prices of transfers: laid down with the two parties' peers alone, salted so that a hash betrays nothing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

from chaincode.model import canonical
from gateway.core.ledger import CUSTODY, REGISTRY
from gateway.core.state import Gateway, Writer
from gateway.core.submissions import Receipt
from gateway.transfers.schemas import Price


async def record(core: Gateway, write: Writer, transfer_id: str, price: Price) -> Receipt:
    """Lay a price down; a repeat of the request brings the same salt, so that it is the same request."""
    transfer = await core.ledger.evaluate(CUSTODY, "GetTransfer", {"id": transfer_id})
    members = await _members(core, (transfer["from"], transfer["to"]))
    secret = core.settings.token_secret.get_secret_value().encode()
    salt = hmac.new(secret, f"price {write.derived_id}".encode(), hashlib.sha256).hexdigest()
    return await write.between(members, _transient(price, salt), "RecordPrice", transfer=transfer_id)


async def check(core: Gateway, transfer_id: str, price: Price) -> Any:
    """Whether each side holds just this price, by the salt of the one that this member holds."""
    held = await core.ledger.evaluate(CUSTODY, "GetPrice", {"transfer": transfer_id})
    private = _transient(price, held["salt"])
    return await core.ledger.evaluate(CUSTODY, "CheckPrice", {"transfer": transfer_id}, private)


async def _members(core: Gateway, glns: tuple[str, ...]) -> tuple[str, ...]:
    """The MSP ids of registered parties."""
    asked = (core.ledger.evaluate(REGISTRY, "GetParty", {"gln": gln}) for gln in sorted(set(glns)))
    return tuple(sorted({party["msp_id"] for party in await asyncio.gather(*asked)}))


def _transient(price: Price, salt: str) -> dict[str, bytes]:
    return {"price": canonical.dumps({**price.model_dump(exclude_none=True), "salt": salt})}
