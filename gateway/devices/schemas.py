"""Devices as the API takes and gives them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.core.fields import Identifier, Sscc
from gateway.core.schemas import GLN, SSCC, TIME_MS, LedgerDocument, Request

_DEVICE: dict[str, Any] = {
    "doc": "device",
    "id": "truck-7",
    "gln": GLN,
    "kind": "temperature",
    "status": "active",
    "registered_at": TIME_MS,
}
_MQTT: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 17005,
    "username": "truck-7",
    "password": "shown this once",
    "topic": "mediledger/v1/devices/truck-7/readings",
    "acks_topic": "mediledger/v1/devices/truck-7/acks",
}


class NewDevice(Request):
    """A sensor to register."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": "truck-7", "kind": "temperature"}})

    id: Identifier
    kind: Literal["temperature"] = "temperature"


class Attachment(Request):
    """The container that a sensor is to watch; ``since`` (epoch milliseconds) if it began before now."""

    model_config = ConfigDict(json_schema_extra={"example": {"sscc": SSCC, "since": TIME_MS - 3_600_000}})

    sscc: Sscc
    since: int | None = Field(default=None, ge=0, le=253_402_300_799_999)


class Device(LedgerDocument):
    """A sensor on the ledger; times in epoch milliseconds."""

    model_config = ConfigDict(json_schema_extra={"example": _DEVICE})

    id: str
    gln: str
    kind: str
    status: str
    registered_at: int
    container: str | None = None
    attached_at: int | None = None


class MqttAccess(BaseModel):
    """How the device connects. The password is shown this once: the broker keeps a hash of it."""

    model_config = ConfigDict(json_schema_extra={"example": _MQTT})

    host: str
    port: int
    username: str
    password: str
    topic: str
    acks_topic: str


class Registered(BaseModel):
    """A registered device with its access to the broker."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "transaction_id": "3f8a1c52e07b4d96…",
                "block_number": 42,
                "device": _DEVICE,
                "mqtt": _MQTT,
            }
        }
    )

    transaction_id: str
    block_number: int
    device: Device
    mqtt: MqttAccess


class Renewed(BaseModel):
    """A device's new access to the broker; the password before is no longer valid."""

    model_config = ConfigDict(json_schema_extra={"example": {"mqtt": _MQTT}})

    mqtt: MqttAccess
