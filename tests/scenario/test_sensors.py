"""Sensors that send what cannot be true: refused or counted, and the ledger as it was."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import aiomqtt
import psycopg
import pytest

from chaincode.model import gs1
from iot_bridge.device import DeviceClient, Reading
from tests.support.system import RunningSystem
from tests.support.world import World


async def dead_letter(running: RunningSystem, device: str, seconds: float = 40.0) -> str:
    """The reason of the first dead letter of a device, waited for."""
    owner = next(o for o in running.system.topology.organizations if o.role == "wholesaler")
    url = running.system.services().database_url(owner.name)
    deadline = time.monotonic() + seconds
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database:
        while True:
            cursor = await database.execute("SELECT reason FROM dead_letter WHERE device_id = %s", (device,))
            found = await cursor.fetchone()
            if found:
                return str(found[0])
            assert time.monotonic() < deadline, f"no dead letter of {device}"
            await asyncio.sleep(0.2)


async def watched_case(world: World) -> tuple[str, dict[str, str]]:
    """A case in the distributor's custody and the credentials of a sensor on it."""
    sscc, _ = await world.case(2)
    await world.ship(world.manufacturer, world.distributor, gs1.container_ref(sscc))
    device = f"sensor-{world.run.number:07d}"
    made = await world.distributor.post("/devices", {"id": device, "kind": "temperature"})
    await world.distributor.post(f"/devices/{device}/attach", {"sscc": sscc})
    return sscc, made["mqtt"]


async def test_readings_that_cannot_be_true_are_refused_one_by_one(running: RunningSystem) -> None:
    now = int(time.time() * 1000)
    async with World(running) as world:
        sscc, mqtt = await watched_case(world)
        url = f"mqtt://{mqtt['host']}:{mqtt['port']}"
        async with DeviceClient(url, mqtt["username"], mqtt["password"]) as device:
            await device.publish(
                [
                    Reading(0, now, 5_000),
                    Reading(1, now + 3_600_000, 5_000),
                    Reading(2, now, 2_000_000),
                ]
            )
            await device.drain(60.0)
            assert device.acknowledged == 1
            assert dict(device.rejected) == {1: "in_future", 2: "out_of_range"}
        stored = await world.distributor.get(f"/containers/{sscc}/readings")
        assert [reading["sequence"] for reading in stored["items"]] == [0]
        assert (await world.distributor.get(f"/containers/{sscc}"))["held"] is False


async def test_a_malformed_payload_is_a_dead_letter(running: RunningSystem) -> None:
    async with World(running) as world:
        sscc, mqtt = await watched_case(world)
        async with aiomqtt.Client(
            mqtt["host"], int(mqtt["port"]), username=mqtt["username"], password=mqtt["password"]
        ) as client:
            await client.publish(
                f"mediledger/v1/devices/{mqtt['username']}/readings", b'{"readings": [', qos=1
            )
        assert await dead_letter(running, mqtt["username"]) == "payload_malformed"
        assert (await world.distributor.get(f"/containers/{sscc}/readings"))["items"] == []


async def test_a_device_without_credentials_does_not_get_in(running: RunningSystem) -> None:
    broker = urlsplit(running.system.services().mqtt_url)
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(str(broker.hostname), broker.port or 1883, username="nobody", password="x"):
            raise AssertionError("the broker let it in")


async def test_a_device_that_the_ledger_does_not_know_is_a_dead_letter(running: RunningSystem) -> None:
    broker = urlsplit(running.system.services().mqtt_url)
    device = f"stranger-{int(time.time())}"
    reading = f'{{"readings": [{{"sequence": 0, "at": {int(time.time() * 1000)}, "temperature_mc": 5000}}]}}'
    async with aiomqtt.Client(
        str(broker.hostname), broker.port or 1883, username=broker.username, password=broker.password
    ) as client:
        waiting = asyncio.create_task(dead_letter(running, device))
        # The mirror may only be behind, so the bridge is silent for some seconds; a device then sends again.
        while not waiting.done():
            await client.publish(f"mediledger/v1/devices/{device}/readings", reading.encode(), qos=1)
            await asyncio.wait({waiting}, timeout=2)
    assert await waiting == "device_unknown"
