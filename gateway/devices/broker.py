"""Giving a sensor its credentials at the broker: Mosquitto's dynamic security plugin, over MQTT.

A device may publish its own readings and hear its own acknowledgements, nothing else.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import aiomqtt

from chaincode.model.errors import MediLedgerError
from gateway.core.errors import BrokerUnavailable

CONTROL = "$CONTROL/dynamic-security/v1"
RESPONSE = f"{CONTROL}/response"
SECONDS = 10.0
DEFAULT_PORT = 1883


class BrokerRefused(MediLedgerError):
    """The plugin did not carry a command out; the message is its own."""


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is, and as whom to administer it."""

    host: str
    port: int
    username: str
    password: str

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """From ``mqtt://user:password@host:port``; ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError("an MQTT URL is mqtt://user:password@host:port")
        return cls(
            parts.hostname,
            parts.port or DEFAULT_PORT,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )


def readings_topic(device_id: str) -> str:
    """Where a device publishes."""
    return f"mediledger/v1/devices/{device_id}/readings"


def acks_topic(device_id: str) -> str:
    """Where the bridge acknowledges what is stored."""
    return f"mediledger/v1/devices/{device_id}/acks"


async def provision(address: BrokerAddress, device_id: str, password: str) -> None:
    """Let ``device_id`` in with ``password``; one that was let in before gets this password instead.

    Raises BrokerUnavailable where the broker cannot be reached in time or refuses.
    """
    try:
        async with (
            asyncio.timeout(SECONDS),
            aiomqtt.Client(
                address.host,
                address.port,
                username=address.username,
                password=address.password,
                identifier=f"gateway-{uuid.uuid4().hex}",
                timeout=SECONDS,
            ) as client,
        ):
            await client.subscribe(RESPONSE, qos=1)
            await _provision(_Plugin(client), device_id, password)
    except (aiomqtt.MqttError, TimeoutError, BrokerRefused) as error:
        raise BrokerUnavailable(f"device {device_id}: {type(error).__name__}") from error


class _Plugin:
    """Commands to the plugin; its answers to all administrators come on one topic."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._messages: AsyncIterable[aiomqtt.Message] = client.messages

    async def run(self, commands: Sequence[dict[str, Any]]) -> dict[str, str]:
        """Each command's error by its name, empty where it was carried out."""
        mark = uuid.uuid4().hex
        marked = [{**command, "correlationData": mark} for command in commands]
        await self._client.publish(CONTROL, json.dumps({"commands": marked}), qos=1)
        async for message in self._messages:
            answers = _answers(message.payload, mark)
            if answers:
                return {answer["command"]: answer.get("error", "") for answer in answers}
        raise BrokerRefused("the broker ended the connection")


async def _provision(plugin: _Plugin, device_id: str, password: str) -> None:
    role = f"device-{device_id}"
    rules = [
        {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
        for kind, topic in (
            ("publishClientSend", readings_topic(device_id)),
            ("subscribeLiteral", acks_topic(device_id)),
        )
    ]
    roles = [{"rolename": role, "priority": 0}]
    made = await plugin.run(
        [
            {"command": "createRole", "rolename": role, "acls": rules},
            {"command": "createClient", "username": device_id, "password": password, "roles": roles},
        ]
    )
    # What exists already is given the same rights again, and the new password.
    again: list[dict[str, Any]] = []
    if _exists(made["createRole"]):
        again.append({"command": "modifyRole", "rolename": role, "acls": rules})
    if _exists(made["createClient"]):
        again += [
            {"command": "modifyClient", "username": device_id, "password": password, "roles": roles},
            {"command": "enableClient", "username": device_id},
        ]
    if again:
        _check(await plugin.run(again))


def _exists(error: str) -> bool:
    """Whether there was one of that name; BrokerRefused for any other error."""
    if error and "already exists" not in error:
        raise BrokerRefused(error)
    return bool(error)


def _check(errors: dict[str, str]) -> None:
    for error in errors.values():
        if error:
            raise BrokerRefused(error)


def _answers(payload: Any, mark: str) -> list[dict[str, Any]]:
    """The plugin's answers to the commands marked ``mark``; others' are none of ours."""
    try:
        responses = json.loads(payload)["responses"]
        return [one for one in responses if one.get("correlationData") == mark]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
