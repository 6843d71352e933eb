"""What a bridge does with readings, good and bad, over a real broker into a real database."""

from __future__ import annotations

import asyncio
import time

import pytest

from iot_bridge import topics
from iot_bridge.device import DeviceClient, Reading
from iot_bridge.mqtt import Broker, BrokerError, Connection, Message
from iot_bridge.payloads import Ack, parse_ack
from tests.support.bridges import PASSWORD, SSCC, Bench, BridgeProcess


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_readings_are_stored_acknowledged_and_claimed(
    bench: Bench, bridge: BridgeProcess, device_id: str
) -> None:
    bench.device(device_id)
    before = bridge.health()[1]
    start = now_ms() - 1_000_000
    async with await bench.client(device_id) as device:
        await device.publish(Reading(n, start + n, 5000 + n % 10) for n in range(1000))
        assert await device.drain(20) == 1000
    rows = bench.query(
        "SELECT sequence, (extract(epoch FROM at) * 1000)::bigint, value_mc, container FROM reading"
        " WHERE device_id = %s ORDER BY sequence",
        device_id,
    )
    assert rows == [(n, start + n, 5000 + n % 10, SSCC) for n in range(1000)]
    await bench.until("SELECT count(*) FROM reading WHERE anchor_id IS NULL", 0)
    status, told = bridge.health()
    assert (status, told["stored"] - before["stored"]) == (200, 1000)
    assert told["duplicates"] == before["duplicates"]


class Raw:
    """A device that says what it likes, and hears the answers."""

    def __init__(self, bench: Bench, device_id: str) -> None:
        self.answers: asyncio.Queue[Ack] = asyncio.Queue()
        self._id = device_id
        self.connection = Connection(
            Broker.parse(bench.broker.url, device_id, PASSWORD), f"raw-{device_id}", self._heard, 10
        )

    async def __aenter__(self) -> Raw:
        await self.connection.__aenter__()
        await self.connection.subscribe(topics.acks(self._id))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.__aexit__(None, None, None)

    def say(self, payload: bytes) -> None:
        assert self.connection.publish(topics.readings(self._id), payload, 1)

    async def hear(self) -> Ack:
        async with asyncio.timeout(10):
            return await self.answers.get()

    def _heard(self, message: Message) -> None:
        message.acknowledge()
        self.answers.put_nowait(parse_ack(message.payload))


async def raw(bench: Bench, device_id: str) -> Raw:
    await bench.client(device_id)
    return Raw(bench, device_id)


@pytest.mark.parametrize(
    ("payload", "rejected"),
    [
        (b"", (None, "payload_malformed")),
        (b"\xff\x00{", (None, "payload_malformed")),
        (b'{"readings":[]}', (None, "payload_malformed")),
        (b'{"readings":[' + b",".join([b"1"] * 101) + b"]}", (None, "batch_too_large")),
        (b'{"readings":[' + b" " * 40_000 + b"]}", (None, "payload_too_large")),
        (b'{"readings":[{"sequence":3,"at":1700000000000}]}', (3, "reading_malformed")),
        (
            b'{"readings":[{"sequence":-3,"at":1700000000000,"temperature_mc":5000}]}',
            (None, "sequence_invalid"),
        ),
        (b'{"readings":[{"sequence":4,"at":1700000000000,"temperature_mc":200001}]}', (4, "out_of_range")),
        (b'{"readings":[{"sequence":5,"at":4700000000000,"temperature_mc":5000}]}', (5, "in_future")),
    ],
)
async def test_bad_payloads_are_answered_and_kept(
    bench: Bench, bridge: BridgeProcess, device_id: str, payload: bytes, rejected: tuple[int | None, str]
) -> None:
    bench.device(device_id)
    before = bridge.health()[1]["dead_letters"].get(rejected[1], 0)
    async with await raw(bench, device_id) as device:
        device.say(payload)
        assert (await device.hear()).rejected == (rejected,)
    assert bench.query("SELECT count(*) FROM reading WHERE device_id = %s", device_id) == [(0,)]
    letters = bench.query(
        "SELECT source, reason, sequence, length(payload_excerpt) <= 200 FROM dead_letter"
        " WHERE device_id = %s",
        device_id,
    )
    assert letters == [("bridge", rejected[1], rejected[0], True)]
    assert bridge.health()[1]["dead_letters"][rejected[1]] == before + 1


async def test_a_bad_reading_takes_no_other_with_it(
    bench: Bench, bridge: BridgeProcess, device_id: str
) -> None:
    bench.device(device_id)
    at = now_ms()
    async with await bench.client(device_id) as device:
        await device.publish([Reading(0, at, 5000), Reading(1, at + 600_000, 5000), Reading(2, at, 5001)])
        assert await device.drain(10) == 2
        assert list(device.rejected) == [(1, "in_future")]


async def test_a_sequence_is_used_once(bench: Bench, bridge: BridgeProcess, device_id: str) -> None:
    bench.device(device_id)
    before = bridge.health()[1]
    one = b'{"readings":[{"sequence":1,"at":1700000000000,"temperature_mc":5000}]}'
    async with await raw(bench, device_id) as device:
        for _ in range(2):
            device.say(one)
            assert (await device.hear()).stored == ((1, 1),)
        device.say(one.replace(b"5000", b"5001"))
        assert (await device.hear()).rejected == ((1, "sequence_conflict"),)
    assert bench.query("SELECT value_mc FROM reading WHERE device_id = %s", device_id) == [(5000,)]
    told = bridge.health()[1]
    assert [told[name] - before[name] for name in ("stored", "duplicates")] == [1, 1]
    assert told["dead_letters"]["sequence_conflict"] == 1


async def test_a_device_that_the_mirror_does_not_know_yet_is_waited_for(
    bench: Bench, bridge: BridgeProcess, device_id: str
) -> None:
    before = bridge.health()[1]["deferred"]
    async with await bench.client(device_id) as device:
        await device.publish([Reading(0, now_ms(), 5000)])
        deadline = time.monotonic() + 10
        while bridge.health()[1]["deferred"] == before:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        bench.device(device_id)
        assert await device.drain(15) == 1


async def test_a_device_reaches_its_own_topics_alone(bench: Bench, device_id: str) -> None:
    client = await bench.client(device_id)
    assert isinstance(client, DeviceClient)
    broker = Broker.parse(bench.broker.url, device_id, PASSWORD)
    async with Connection(broker, "stranger", lambda _: None, 10) as connection:
        for topic in ("#", topics.SHARED_READINGS, topics.acks("another"), "$CONTROL/dynamic-security/#"):
            with pytest.raises(BrokerError, match="Not authorized"):
                await connection.subscribe(topic)
    with pytest.raises(BrokerError, match="Not authorized"):
        async with Connection(Broker.parse(bench.broker.url, device_id, "guessed"), "x", lambda _: None, 10):
            raise AssertionError("let in")
