from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import coldchain, merkle
from iot_bridge import anchors
from iot_bridge.anchors import StoredReading

SSCC = "095212340000000017"
values = st.integers(-200_000, 150_000)
stored = st.lists(
    st.builds(StoredReading, st.sampled_from("abc"), st.integers(0, 10**6), st.integers(0, 2**41), values),
    min_size=1,
    max_size=40,
    unique_by=lambda one: (one.device, one.sequence),
).map(lambda some: sorted(some, key=lambda one: (one.device, one.sequence)))


@given(stored)
def test_an_anchor_is_what_the_ledger_takes(readings: list[StoredReading]) -> None:
    made = anchors.build(SSCC, readings)
    arguments = made.arguments
    assert re.fullmatch("[0-9a-f]{40}", made.id)
    assert re.fullmatch("[0-9a-f]{64}", arguments["root"])
    assert arguments["min_mc"] <= arguments["mean_mc"] <= arguments["max_mc"]
    assert arguments["min_mc"] <= arguments["mkt_mc"] <= arguments["max_mc"]
    assert arguments["window_start"] <= arguments["window_end"]
    assert arguments["count"] == len(readings)
    assert arguments["devices"] == sorted({one.device for one in readings})


@given(stored, st.data())
def test_each_reading_can_be_proved(readings: list[StoredReading], data: st.DataObject) -> None:
    root = bytes.fromhex(anchors.build(SSCC, readings).arguments["root"])
    leaves = [
        merkle.leaf(coldchain.reading_leaf(one.device, one.sequence, one.at, one.value_mc))
        for one in readings
    ]
    index = data.draw(st.integers(0, len(readings) - 1))
    path = merkle.proof(leaves, index)
    assert merkle.verify(root, leaves[index], index, len(leaves), path)


@given(stored)
def test_the_id_follows_from_the_readings(readings: list[StoredReading]) -> None:
    made = anchors.build(SSCC, readings)
    assert made == anchors.build(SSCC, list(readings))
    assert made.id != anchors.build("095212340000000024", readings).id
    assert made.id != anchors.build(SSCC, [*readings, StoredReading("d", 0, 0, 0)]).id


def test_an_anchor_has_no_more_devices_than_the_ledger_takes() -> None:
    readings = [StoredReading(f"{n:03}", s, 0, 0) for n in range(60) for s in range(2)]
    taken = anchors.first_devices(readings)
    assert len({one.device for one in taken}) == anchors.MAX_DEVICES
    assert list(taken) == readings[: anchors.MAX_DEVICES * 2]
    assert list(anchors.first_devices(readings[:4])) == readings[:4]
