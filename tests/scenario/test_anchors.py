"""Anchors on a real ledger: each reading under one of them, whoever is killed meanwhile."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import defaultdict
from typing import Any

import psycopg
import pytest

from chaincode.model import coldchain, gs1, merkle
from chaincode.model.documents.coldchain import Storage
from iot_bridge import anchors
from iot_bridge.anchors import StoredReading
from iot_bridge.device import DeviceClient, Reading
from mediledger.demo.api import MemberApi
from tests.support.system import RunningSystem
from tests.support.world import World

pytestmark = [pytest.mark.timeout(300)]

FRIDGE: Storage = {"min_mc": 2000, "max_mc": 8000}
DAYS = 40
PER_DAY = 8
DAY_MS = 86_400_000
SETTLE_SECONDS = 120.0
# Whatever of these the ledger has; names are prefixes of process names.
VICTIMS = ("bridge", "devnet", "orderer", "chaincode-distributor", "bridge")


async def watched_case(world: World, since: int) -> tuple[str, dict[str, Any]]:
    """A case in the distributor's custody and a sensor on it ``since`` then: SSCC, its MQTT access."""
    sscc, _ = await world.case(5)
    await world.ship(world.manufacturer, world.distributor, gs1.container_ref(sscc))
    made = await world.distributor.post("/devices", {"id": f"test-{uuid.uuid4().hex[:12]}"})
    await world.distributor.post(
        f"/devices/{made['mqtt']['username']}/attach", {"sscc": sscc, "since": since}
    )
    return sscc, made["mqtt"]


def connected(mqtt: dict[str, Any]) -> DeviceClient:
    return DeviceClient(f"mqtt://{mqtt['host']}:{mqtt['port']}", mqtt["username"], mqtt["password"])


async def listed(api: MemberApi, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await api.get(path, limit=200, **query, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page.get("next")
        if not cursor:
            return items


async def anchored(api: MemberApi, sscc: str, readings: int) -> list[dict[str, Any]]:
    """The container's anchors once they are over that many readings."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found = await listed(api, "/anchors", container=sscc)
        if sum(anchor["count"] for anchor in found) >= readings:
            return found
        assert time.monotonic() < deadline, f"{found} are not over {readings} readings"
        await asyncio.sleep(0.5)


def stored(running: RunningSystem, sscc: str) -> dict[str, list[StoredReading]]:
    """A container's readings in the distributor's database, by anchor."""
    by_anchor: dict[str, list[StoredReading]] = defaultdict(list)
    with psycopg.connect(running.system.services().database_url("distributor")) as connection:
        for anchor, *values in connection.execute(
            "SELECT anchor_id, device_id, sequence, (extract(epoch FROM at) * 1000)::bigint, value_mc"
            " FROM reading WHERE container = %s ORDER BY device_id, sequence",
            (sscc,),
        ):
            by_anchor[anchor].append(StoredReading(*values))
    return by_anchor


async def test_every_reading_is_under_one_anchor(running: RunningSystem) -> None:
    first = time.time_ns() // 1_000_000 - DAYS * DAY_MS
    async with World(running) as world:
        sscc, mqtt = await watched_case(world, first)
        async with connected(mqtt) as device:
            for day in range(DAYS):
                at = first + day * DAY_MS
                await device.publish(
                    Reading(day * PER_DAY + n, at + n * 60_000, 5000 + n) for n in range(PER_DAY)
                )
            for prefix in VICTIMS:
                for name in [name for name in running.state().processes if name.startswith(prefix)]:
                    restarts = running.state().processes[name].restarts
                    running.kill(name)
                    await running.recovered(name, restarts)
            assert await device.drain(60) == DAYS * PER_DAY
        found = await anchored(world.distributor, sscc, DAYS * PER_DAY)
        readings = stored(running, sscc)
    assert sum(len(some) for some in readings.values()) == DAYS * PER_DAY
    assert {anchor["id"] for anchor in found} == set(readings)
    for anchor in found:
        expected = anchors.build(sscc, FRIDGE, readings[anchor["id"]])
        assert anchor["root"] == expected.arguments["root"]


async def test_an_excursion_is_quarantined_within_seconds(running: RunningSystem) -> None:
    async with World(running) as world:
        now = time.time_ns() // 1_000_000
        sscc, mqtt = await watched_case(world, now - 10_000)
        async with connected(mqtt) as device:
            await device.publish([Reading(0, now - 2000, 5000), Reading(1, now - 1000, 9001)])
            await device.drain(20)
            began = time.monotonic()
            while not (await world.distributor.get(f"/containers/{sscc}"))["held"]:
                assert time.monotonic() - began < 10
                await asyncio.sleep(0.1)
        # The hold was read from the ledger; lists come from the mirror, a moment later.
        while not (found := await listed(world.distributor, "/excursions", container=sscc)):
            assert time.monotonic() - began < 20
            await asyncio.sleep(0.1)
        assert [(one["max_mc"], one["limit"]) for one in found] == [(9001, {"min_mc": 2000, "max_mc": 8000})]
        await proved(running, world, sscc, found[0]["anchor"])
        decision = {"decision": "release", "reason": "Stability data cover it", "evidence_hash": "ab" * 32}
        await world.distributor.post(f"/excursions/{found[0]['id']}/decision", decision)
        assert (await world.distributor.get(f"/containers/{sscc}"))["held"] is False
        known = await world.distributor.get(f"/excursions/{found[0]['id']}")
        assert (known["causes"], known["decision"]["status"]) == (["range", "time"], "released")
        account = await world.distributor.get(f"/containers/{sscc}/temperature")
        assert (account["count"], account["min_mc"], account["max_mc"]) == (2, 5000, 9001)


async def proved(running: RunningSystem, world: World, sscc: str, anchor: str) -> None:
    """Each reading under the anchor is proved against the ledger, and none with another temperature."""
    readings = stored(running, sscc)[anchor]
    leaves = [
        merkle.leaf(coldchain.reading_leaf(one.device, one.sequence, one.at, one.value_mc))
        for one in readings
    ]
    for place, one in enumerate(readings):
        path = [step.hex() for step in merkle.proof(leaves, place)]
        claim = {"device": one.device, "sequence": one.sequence, "at": one.at, "path": path}
        for value, holds in ((one.value_mc, True), (one.value_mc + 1, False)):
            body = {**claim, "temperature_mc": value}
            answer = await world.distributor.post(f"/anchors/{anchor}/verify", body)
            assert answer["proved"] is holds
