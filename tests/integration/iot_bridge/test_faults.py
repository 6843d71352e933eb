"""kill -9 of broker, database and bridge while devices publish: nothing is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from iot_bridge.device import DeviceClient, Reading
from tests.support.bridges import Bench, BridgeProcess

DEVICES = 4
READINGS = 3000
PER_TICK = 20
TICK_SECONDS = 0.05


async def publish(device: DeviceClient) -> None:
    for first in range(0, READINGS, PER_TICK):
        at = time.time_ns() // 1_000_000
        await device.publish(Reading(n, at, 4000 + n % 3000) for n in range(first, first + PER_TICK))
        await asyncio.sleep(TICK_SECONDS)


def hurt_broker(bench: Bench, _: BridgeProcess) -> None:
    bench.broker.kill()
    bench.broker.start()


def hurt_database(bench: Bench, _: BridgeProcess) -> None:
    bench.database.kill()
    bench.database.start()


def hurt_bridge(_: Bench, bridge: BridgeProcess) -> None:
    bridge.end(signal.SIGKILL)
    bridge.start()
    bridge.ready()


@pytest.mark.parametrize("hurt", [hurt_broker, hurt_database, hurt_bridge])
async def test_killed_while_devices_publish(
    bench: Bench, device_id: str, hurt: Callable[[Bench, BridgeProcess], None]
) -> None:
    names = [f"{device_id}-{n}" for n in range(DEVICES)]
    for name in names:
        bench.device(name)
    bridge = bench.bridge(MEDILEDGER_BRIDGE_WINDOW_SECONDS="2")
    bridge.start()
    try:
        bridge.ready()
        clients = [await bench.client(name) for name in names]
        for client in clients:
            await client.__aenter__()
        publishing = [asyncio.create_task(publish(client)) for client in clients]
        for _ in range(2):
            await asyncio.sleep(1.5)
            await asyncio.to_thread(hurt, bench, bridge)
        await asyncio.gather(*publishing)
        assert [await client.drain(60) for client in clients] == [READINGS] * DEVICES
        for client in clients:
            assert not client.rejected
            await client.__aexit__(None, None, None)
        await bench.until("SELECT count(*) FROM reading WHERE anchor_id IS NULL", 0)
    finally:
        bridge.end()
    stored = bench.query(
        "SELECT device_id, count(*), sum(sequence), sum(value_mc) FROM reading"
        " WHERE device_id = ANY(%s) GROUP BY device_id ORDER BY device_id",
        names,
    )
    values = sum(4000 + n % 3000 for n in range(READINGS))
    assert stored == [(name, READINGS, READINGS * (READINGS - 1) // 2, values) for name in names]
    anchored = bench.query(
        "SELECT sum((run ->> 'last')::int - (run ->> 'first')::int + 1)"
        " FROM anchor_submission, jsonb_array_elements(arguments -> 'runs') AS run"
        " WHERE id IN (SELECT anchor_id FROM reading WHERE device_id = ANY(%s))",
        names,
    )
    assert anchored == [(DEVICES * READINGS,)]
