"""Bridges that are set differently, or are two."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from iot_bridge.device import Reading
from tests.support.bridges import GLN, SSCC, Bench


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("gln", "container", "code"),
    [
        (None, None, "device_unknown"),
        ("9521234000013", SSCC, "device_unknown"),
        (GLN, None, "device_not_attached"),
    ],
)
async def test_an_unknown_or_idle_device_is_refused_in_the_end(
    bench: Bench, device_id: str, gln: str | None, container: str | None, code: str
) -> None:
    if gln:
        bench.device(device_id, container, gln)
    bridge = bench.bridge(MEDILEDGER_BRIDGE_GRACE_SECONDS="0.5")
    bridge.start()
    try:
        bridge.ready()
        async with await bench.client(device_id) as device:
            await device.publish([Reading(0, now_ms(), 5000)])
            assert await device.drain(15) == 0
            assert list(device.rejected) == [(0, code)]
    finally:
        bridge.end()


async def test_an_excursion_does_not_wait_for_its_window(bench: Bench, device_id: str) -> None:
    sscc = "095212340000000024"
    bench.container(sscc)
    bench.device(device_id, sscc)
    bridge = bench.bridge(MEDILEDGER_BRIDGE_IDLE_SECONDS="60", MEDILEDGER_BRIDGE_WINDOW_SECONDS="86400")
    bridge.start()
    try:
        bridge.ready()
        async with await bench.client(device_id) as device:
            await device.publish([Reading(0, now_ms(), 5000)])
            await device.drain(10)
            await device.publish([Reading(1, now_ms(), 8001)])
            await device.drain(10)
            await bench.until(
                "SELECT count(*) FROM anchor_submission WHERE arguments ->> 'container' = %s",
                1,
                sscc,
                seconds=2,
            )
            await device.publish([Reading(2, now_ms(), 9000)])
            await device.drain(10)
    finally:
        assert bridge.end() == 0
    claimed = bench.query(
        "SELECT sequence, anchor_id IS NOT NULL FROM reading WHERE container = %s ORDER BY sequence", sscc
    )
    assert claimed == [(0, True), (1, True), (2, False)]


async def test_two_bridges_share_the_stream_and_one_may_die(bench: Bench, device_id: str) -> None:
    names = [f"{device_id}-{n}" for n in range(4)]
    for name in names:
        bench.device(name)
    bridges = [bench.bridge() for _ in range(2)]
    try:
        for bridge in bridges:
            bridge.start()
        for bridge in bridges:
            bridge.ready()
        clients = [await bench.client(name, batch=5) for name in names]
        for client in clients:
            await client.__aenter__()
        for first in range(0, 200, 20):
            for client in clients:
                await client.publish(Reading(n, now_ms(), 5000) for n in range(first, first + 20))
            await asyncio.sleep(0.1)
            if first == 100:
                assert min(bridge.health()[1]["stored"] for bridge in bridges) > 0
                bridges[0].end(signal.SIGKILL)
        assert [await client.drain(30) for client in clients] == [200] * 4
        for client in clients:
            await client.__aexit__(None, None, None)
    finally:
        for bridge in bridges:
            bridge.end()
    assert bench.query("SELECT count(*) FROM reading WHERE device_id = ANY(%s)", names) == [(800,)]
