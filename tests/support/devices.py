"""Devices at a broker, as the gateway's API provisions them."""

from __future__ import annotations

from gateway.devices.broker import BrokerAddress, provision


async def admit(mqtt_url: str, device_id: str, password: str) -> None:
    """Give ``device_id`` its credentials and rights at the broker of an administrator's URL."""
    await provision(BrokerAddress.parse(mqtt_url), device_id, password)
