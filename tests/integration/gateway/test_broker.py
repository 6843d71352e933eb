"""A device's access at a real broker: its own topics, nothing else, and a new password each time."""

from __future__ import annotations

import asyncio
import json

import aiomqtt
import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from gateway.core.errors import BrokerUnavailable
from gateway.core.state import Gateway
from gateway.devices import broker
from gateway.devices.broker import BrokerAddress
from tests.integration.gateway.desk import GLN, OTHER, Desk


def client_of(address: BrokerAddress, username: str, password: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        address.host,
        address.port,
        username=username,
        password=password,
        protocol=aiomqtt.ProtocolVersion.V5,
        timeout=5,
    )


@pytest.fixture
def address(mqtt_url: str) -> BrokerAddress:
    return BrokerAddress.parse(mqtt_url)


async def test_a_device_publishes_its_own_readings_only(address: BrokerAddress) -> None:
    await broker.provision(address, "truck-1", "first password")
    async with (
        client_of(address, address.username, address.password) as admin,
        client_of(address, "truck-1", "first password") as device,
    ):
        await admin.subscribe("mediledger/#", qos=1)
        for topic in (
            broker.readings_topic("truck-2"),
            broker.acks_topic("truck-1"),
            broker.CONTROL,
            broker.readings_topic("truck-1"),
        ):
            await device.publish(topic, topic, qos=1)
        async with asyncio.timeout(5):
            first = await anext(aiter(admin.messages))
        # What came before in order was not let through.
        assert str(first.topic) == broker.readings_topic("truck-1")


async def test_a_device_hears_its_own_acknowledgements_only(address: BrokerAddress) -> None:
    await broker.provision(address, "truck-3", "first password")
    async with client_of(address, "truck-3", "first password") as device:
        await device.subscribe(broker.acks_topic("truck-3"), qos=1)
        for topic in ("#", broker.acks_topic("truck-4"), broker.RESPONSE):
            granted = await device.subscribe(topic, qos=1)
            assert [getattr(code, "value", code) for code in granted] == [0x87]  # type: ignore[union-attr]
        async with client_of(address, address.username, address.password) as admin:
            await admin.publish(broker.acks_topic("truck-3"), "{}", qos=1)
        async with asyncio.timeout(5):
            assert str((await anext(aiter(device.messages))).topic) == broker.acks_topic("truck-3")


async def test_a_repeat_sets_a_new_password(address: BrokerAddress) -> None:
    await broker.provision(address, "truck-5", "first password")
    await broker.provision(address, "truck-5", "second password")
    async with client_of(address, "truck-5", "second password") as device:
        await device.publish(broker.readings_topic("truck-5"), "{}", qos=1)
    with pytest.raises(aiomqtt.MqttError):
        async with client_of(address, "truck-5", "first password"):
            pass


async def test_many_at_once(address: BrokerAddress) -> None:
    names = [f"many-{number}" for number in range(8)]
    await asyncio.gather(*(broker.provision(address, name, f"password of {name}") for name in names))
    for name in names:
        async with client_of(address, name, f"password of {name}"):
            pass


async def test_a_broker_that_is_away() -> None:
    with pytest.raises(BrokerUnavailable):
        await broker.provision(BrokerAddress("127.0.0.1", 1, "admin", "x"), "truck-1", "password")


async def test_who_is_no_administrator(address: BrokerAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "SECONDS", 1.0)
    await broker.provision(address, "truck-6", "first password")
    device = BrokerAddress(address.host, address.port, "truck-6", "first password")
    with pytest.raises(BrokerUnavailable):
        await broker.provision(device, "truck-7", "password")


async def test_registering_a_device(
    app: FastAPI,
    client: httpx.AsyncClient,
    gateway: Gateway,
    desk: Desk,
    address: BrokerAddress,
    mqtt_url: str,
) -> None:
    gateway.settings.mqtt_url = SecretStr(mqtt_url)
    truck, others = desk.serial(8), desk.serial(9)
    headers = {"Idempotency-Key": "device-1"}
    body = {"id": truck, "kind": "temperature"}
    answers = [await client.post("/devices", json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, second = (answer.json() for answer in answers)
    assert first["transaction_id"] == second["transaction_id"]
    assert await desk.valid("RegisterDevice") == [first["transaction_id"]]
    assert first["device"].items() >= {"id": truck, "gln": GLN, "kind": "temperature"}.items()
    assert first["mqtt"]["password"] != second["mqtt"]["password"]
    async with client_of(address, truck, second["mqtt"]["password"]):
        pass

    renewed = (await client.post(f"/devices/{truck}/credentials")).json()["mqtt"]
    async with client_of(address, renewed["username"], renewed["password"]) as device:
        await device.publish(renewed["topic"], json.dumps({"readings": []}), qos=1)
    await desk.call("custody", "RegisterDevice", {"id": others, "gln": OTHER, "kind": "temperature"})
    assert (await client.post(f"/devices/{others}/credentials")).json()["code"] == "not_authorised"
