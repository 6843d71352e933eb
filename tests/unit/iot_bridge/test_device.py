"""The device client without a broker; with one it is in tests/integration/iot_bridge."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from iot_bridge.device import DeviceClient, DeviceError, Reading
from iot_bridge.payloads import encode_rejected, encode_stored
from iot_bridge.readings import Reason

# Port 9 (discard) of the loopback address: nobody listens there.
NOWHERE = "mqtt://127.0.0.1:9"


def readings(*sequences: int) -> list[Reading]:
    return [Reading(sequence, 1_700_000_000_000, 5000) for sequence in sequences]


def hear(device: DeviceClient, payload: bytes) -> None:
    device._heard(SimpleNamespace(payload=payload, acknowledge=lambda: None))  # type: ignore[arg-type]


async def test_a_broker_that_is_away_is_told() -> None:
    async with DeviceClient(NOWHERE, "d", "pw") as device:
        await device.publish(readings(0, 1))
        with pytest.raises(
            TimeoutError, match=r"device d: 2 readings unacknowledged: no broker at 127\.0\.0\.1:9"
        ):
            await device.drain(0.5)
        assert device.pending == 2


async def test_readings_are_kept_until_they_are_answered() -> None:
    async with DeviceClient(NOWHERE, "d", "pw") as device:
        await device.publish(readings(*range(10)))
        hear(device, encode_stored([0, 1, 2, 77]))
        hear(device, encode_stored([2, 3]))
        hear(device, encode_rejected([(5, Reason.IN_FUTURE), (5, Reason.IN_FUTURE), (99, Reason.TOO_OLD)]))
        hear(device, encode_rejected([(None, Reason.PAYLOAD_MALFORMED)]))
        hear(device, b"nonsense")
        assert (device.pending, device.acknowledged, list(device.rejected)) == (5, 4, [(5, "in_future")])
        hear(device, b'{"sequences":[[0,9223372036854775807]]}')
        assert await device.drain(1) == 9


async def test_publish_waits_while_too_much_is_kept() -> None:
    async with DeviceClient(NOWHERE, "d", "pw", max_pending=3) as device:
        publishing = asyncio.create_task(device.publish(readings(*range(5))))
        await asyncio.sleep(0)
        assert (device.pending, publishing.done()) == (3, False)
        hear(device, encode_stored([0, 1]))
        await asyncio.wait_for(publishing, 1)
        assert device.pending == 3


async def test_a_sequence_is_not_used_twice() -> None:
    async with DeviceClient(NOWHERE, "d", "pw") as device:
        await device.publish(readings(1))
        with pytest.raises(DeviceError, match="sequence 1 is used for two readings"):
            await device.publish(readings(1))


async def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="an MQTT URL is mqtt://"):
        DeviceClient("http://127.0.0.1", "d", "pw")
