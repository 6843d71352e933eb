from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chaincode.contracts import claims
from chaincode.contracts.arguments import Arguments
from chaincode.model import coldchain, merkle
from chaincode.model.documents.coldchain import Storage
from chaincode.rules import sensors
from chaincode.rules.parameters import PARAMETERS
from iot_bridge import anchors, rules, windows
from iot_bridge.anchors import StoredReading

SSCC = "095212340000000013"
FRIDGE: Storage = {"min_mc": 2_000, "max_mc": 8_000}
values = st.integers(-200_000, 150_000)
stored = st.lists(
    st.builds(
        StoredReading,
        st.sampled_from("abc"),
        st.integers(0, 30),
        st.integers(2**40, 2**40 + 86_400_000),
        values,
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda one: (one.device, one.sequence),
).map(lambda some: sorted(some, key=lambda one: (one.device, one.sequence)))


@given(stored)
def test_an_anchor_is_what_the_ledger_takes(readings: list[StoredReading]) -> None:
    made = anchors.build(SSCC, FRIDGE, readings)
    assert re.fullmatch("[0-9a-f]{40}", made.id)
    claim = claims.read(Arguments(made.arguments))
    assert (claim.id, claim.container) == (made.id, SSCC)
    assert claim.readings == coldchain.summary([one.value_mc for one in readings])
    assert claim.devices == sorted({one.device for one in readings})
    assert claim.window_start == min(one.at for one in readings)
    assert claim.window_end == max(one.at for one in readings)
    sensors.consistent(claim.readings, "")
    sensors.counted(claim.readings, claim.runs, FRIDGE, "runs")


@given(stored, st.data())
def test_each_reading_can_be_proved(readings: list[StoredReading], data: st.DataObject) -> None:
    arguments = anchors.build(SSCC, FRIDGE, readings).arguments
    root = bytes.fromhex(arguments["root"])
    leaves = [
        merkle.leaf(coldchain.reading_leaf(one.device, one.sequence, one.at, one.value_mc))
        for one in readings
    ]
    index = data.draw(st.integers(0, len(readings) - 1))
    path = merkle.proof(leaves, index)
    assert merkle.verify(root, leaves[index], index, len(leaves), path)
    assert sensors.place(arguments["runs"], readings[index].device, readings[index].sequence) == index


@given(stored)
def test_the_id_follows_from_the_readings(readings: list[StoredReading]) -> None:
    made = anchors.build(SSCC, FRIDGE, readings)
    assert made == anchors.build(SSCC, FRIDGE, list(readings))
    assert made.id != anchors.build("095212340000000024", FRIDGE, readings).id
    assert made.id != anchors.build(SSCC, FRIDGE, [*readings, StoredReading("d", 0, 0, 0)]).id


def test_an_anchor_has_no_more_devices_than_the_ledger_takes() -> None:
    readings = [StoredReading(f"{n:03}", s, 0, 0) for n in range(60) for s in range(2)]
    taken = anchors.first_of(readings)
    assert len({one.device for one in taken}) == anchors.MAX_DEVICES
    assert list(taken) == readings[: anchors.MAX_DEVICES * 2]
    assert list(anchors.first_of(readings[:4])) == readings[:4]
    assert list(anchors.first_of([])) == []


def test_an_anchor_has_no_more_gaps_than_the_ledger_takes() -> None:
    readings = [StoredReading("a", 2 * n, 0, 0) for n in range(anchors.MAX_RUNS + 5)]
    assert list(anchors.first_of(readings)) == readings[: anchors.MAX_RUNS]


def test_the_ledger_takes_what_the_bridge_sends() -> None:
    assert (anchors.MAX_DEVICES, anchors.MAX_RUNS) == (claims.MAX_DEVICES, claims.MAX_RUNS)
    assert windows.LONGEST_MS == sensors.LONGEST_WINDOW_MS
    assert PARAMETERS["sensor_clock_seconds"].default * 1000 == rules.CLOCK_MS


def test_a_missing_sequence_cuts_a_run() -> None:
    readings = [StoredReading("a", n, n * 1000, 9_000 if n == 6 else 5_000) for n in (0, 1, 2, 5, 6)]
    readings.append(StoredReading("b", 7, 0, 1_999))
    assert anchors.build(SSCC, FRIDGE, readings).arguments["runs"] == [
        {"device": "a", "first": 0, "last": 2, "since": 0, "until": 2000, "outside": 0},
        {"device": "a", "first": 5, "last": 6, "since": 5000, "until": 6000, "outside": 1},
        {"device": "b", "first": 7, "last": 7, "since": 0, "until": 0, "outside": 1},
    ]
