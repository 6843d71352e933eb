"""Registering sensors, and their access to the broker."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from chaincode.model.errors import Code, Refusal
from gateway.core.ledger import CUSTODY
from gateway.core.state import Gateway, Writer
from gateway.devices import broker
from gateway.devices.broker import BrokerAddress

log = logging.getLogger(__name__)

PASSWORD_BYTES = 24


async def register(core: Gateway, write: Writer, device_id: str, kind: str) -> dict[str, Any]:
    """Register a sensor of this member's, then let it in at the broker.

    A repeat with the same Idempotency-Key registers nothing anew but sets a new password, as the one before
    is not kept. Raises Refusal, BrokerUnavailable (repeat it), and what ``Writer`` raises.
    """
    receipt = await write.custody("RegisterDevice", id=device_id, gln=write.gln, kind=kind)
    access = await _let_in(core, device_id)
    return {
        "transaction_id": receipt.transaction_id,
        "block_number": receipt.block_number,
        "device": receipt.result,
        "mqtt": access,
    }


async def renew(core: Gateway, device_id: str) -> dict[str, Any]:
    """A new password for a sensor of this member's; Refusal where it is another's or not registered."""
    device = await core.ledger.evaluate(CUSTODY, "GetDevice", {"id": device_id})
    if device["gln"] != core.settings.gln:
        raise Refusal(Code.NOT_AUTHORISED, f"device {device_id} is not this member's", "device_id")
    return {"mqtt": await _let_in(core, device_id)}


async def _let_in(core: Gateway, device_id: str) -> dict[str, Any]:
    address = BrokerAddress.parse(core.settings.mqtt_url.get_secret_value())
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    await broker.provision(address, device_id, password)
    log.info("device let in at the broker", extra={"device": device_id})
    return {
        "host": address.host,
        "port": address.port,
        "username": device_id,
        "password": password,
        "topic": broker.readings_topic(device_id),
        "acks_topic": broker.acks_topic(device_id),
    }
