"""Sensors: attachments in time, readings anchored once, claims that can be true."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import coldchain, kinetics
from chaincode.model.documents.coldchain import Device, Readings, Run
from chaincode.model.errors import Code, Refusal
from chaincode.rules import sensors

CASE, PALLET = "095212340000000017", "095212340000000024"
HOUR = 3_600_000


def device(**changes: Any) -> Device:
    made: Any = {
        "doc": "device",
        "id": "probe",
        "gln": "9521234000020",
        "kind": "temperature",
        "status": "active",
        "registered_at": 0,
        "past": [],
        "anchored": [],
    }
    return {**made, **changes}


def run(first: int = 0, last: int = 9, since: int = HOUR, until: int = 2 * HOUR, outside: int = 0) -> Run:
    return {
        "device": "probe",
        "first": first,
        "last": last,
        "since": since,
        "until": until,
        "outside": outside,
    }


def code(rule: Any, *arguments: Any) -> Code:
    with pytest.raises(Refusal) as refused:
        rule(*arguments, "runs[0]")
    return refused.value.code


def test_what_was_watched_before_is_remembered() -> None:
    first = sensors.attached(device(), CASE, HOUR)
    second = sensors.attached(first, PALLET, 2 * HOUR)
    third = sensors.detached(second, 3 * HOUR)
    assert (second["container"], second["attached_at"]) == (PALLET, 2 * HOUR)
    assert "container" not in third and "attached_at" not in third
    assert third["past"] == [
        {"container": CASE, "since": HOUR, "until": 2 * HOUR},
        {"container": PALLET, "since": 2 * HOUR, "until": 3 * HOUR},
    ]


def test_only_the_newest_attachments_are_remembered() -> None:
    one = device()
    for number in range(sensors.MAX_PAST + 3):
        one = sensors.detached(sensors.attached(one, CASE, number), number + 1)
    assert [past["since"] for past in one["past"]] == list(range(3, sensors.MAX_PAST + 3))


@pytest.mark.allows("sensors.attachable_since")
@pytest.mark.parametrize("since", [2 * HOUR, 5 * HOUR])
def test_a_watch_may_have_begun_before_it_is_entered(since: int) -> None:
    free = sensors.detached(sensors.attached(device(), CASE, HOUR), 2 * HOUR)
    sensors.attachable_since(free, since, 5 * HOUR, "since")
    sensors.attachable_since(sensors.attached(device(), CASE, 2 * HOUR), since, 5 * HOUR, "since")


@pytest.mark.refuses("sensors.attachable_since")
@pytest.mark.parametrize("since", [2 * HOUR - 1, 5 * HOUR + 1])
def test_a_device_watches_one_container_at_a_time_and_not_ahead(since: int) -> None:
    free = sensors.detached(sensors.attached(device(), CASE, HOUR), 2 * HOUR)
    assert code(sensors.attachable_since, free, since, 5 * HOUR) == Code.DEVICE_ATTACHED
    busy = sensors.attached(device(), CASE, 2 * HOUR)
    assert code(sensors.attachable_since, busy, since, 5 * HOUR) == Code.DEVICE_ATTACHED


@pytest.mark.allows("sensors.watched")
@pytest.mark.parametrize(
    ("since", "until"), [(HOUR, 2 * HOUR), (HOUR - 300, HOUR), (2 * HOUR, 2 * HOUR + 300)]
)
def test_readings_of_an_attachment_even_a_former_one(since: int, until: int) -> None:
    now = sensors.attached(device(), CASE, HOUR)
    sensors.watched(now, CASE, run(since=since, until=until), 300, "runs[0]")
    sensors.watched(sensors.detached(now, 2 * HOUR), CASE, run(since=since, until=until), 300, "runs[0]")
    moved = sensors.attached(now, PALLET, 2 * HOUR)
    sensors.watched(moved, CASE, run(since=since, until=until), 300, "runs[0]")


@pytest.mark.refuses("sensors.watched")
@pytest.mark.parametrize(
    ("sscc", "since", "until"),
    [
        (CASE, HOUR - 301, 2 * HOUR),
        (CASE, HOUR, 2 * HOUR + 301),
        (PALLET, HOUR, 2 * HOUR),
        (CASE, 3 * HOUR, 3 * HOUR),
    ],
)
def test_readings_of_another_time_or_container(sscc: str, since: int, until: int) -> None:
    moved = sensors.attached(sensors.attached(device(), CASE, HOUR), PALLET, 2 * HOUR)
    assert code(sensors.watched, moved, sscc, run(since=since, until=until), 300) == Code.DEVICE_NOT_ATTACHED


def test_a_device_that_never_watched_anything() -> None:
    assert code(sensors.watched, device(), CASE, run(), 300) == Code.DEVICE_NOT_ATTACHED


@pytest.mark.allows("sensors.taken")
def test_a_clock_may_be_ahead_a_little() -> None:
    sensors.taken(run(until=HOUR + 300), HOUR, 300, "runs[0]")


@pytest.mark.refuses("sensors.taken")
def test_readings_that_are_still_to_come() -> None:
    assert code(sensors.taken, run(until=HOUR + 301), HOUR, 300) == Code.READINGS_IN_FUTURE


ranges = st.lists(st.integers(0, 400), min_size=2, max_size=40, unique=True).map(
    lambda ends: [(a, b - 1) for a, b in pairwise(sorted(ends))]
)


@pytest.mark.allows("sensors.anchored_once")
@pytest.mark.refuses("sensors.anchored_once")
@given(ranges, st.randoms(use_true_random=False))
def test_each_reading_is_anchored_once_in_whatever_order_they_come(
    stretches: list[tuple[int, int]], random: Any
) -> None:
    one = device()
    order = list(stretches)
    random.shuffle(order)
    for first, last in order:
        sensors.anchored_once(one, run(first, last), "runs[0]")
        one = sensors.with_anchor(one, run(first, last, until=last))
    for first, last in stretches:
        assert code(sensors.anchored_once, one, run(first, first)) == Code.READINGS_ANCHORED
        assert code(sensors.anchored_once, one, run(0, 1000)) == Code.READINGS_ANCHORED
        assert code(sensors.anchored_once, one, run(last, last + 5)) == Code.READINGS_ANCHORED
    # Neighbours became one.
    assert one["anchored"] == [
        {"first": stretches[0][0], "last": stretches[-1][1], "until": stretches[-1][1]}
    ]


def test_gaps_are_remembered_up_to_a_bound_and_the_oldest_given_up() -> None:
    one = device()
    for number in range(sensors.MAX_ANCHORED + 1):
        one = sensors.with_anchor(one, run(number * 10, number * 10 + 4))
    assert len(one["anchored"]) == sensors.MAX_ANCHORED
    assert code(sensors.anchored_once, one, run(5, 9)) == Code.READINGS_ANCHORED
    sensors.anchored_once(one, run(15, 19), "runs[0]")


@pytest.mark.parametrize(
    ("anchored", "the_run", "milliseconds"),
    [
        ([], run(0, 9, HOUR, 2 * HOUR, outside=0), 0),
        ([], run(0, 9, HOUR, 2 * HOUR, outside=5), HOUR // 2),
        # A single reading says nothing of time, unless there is one before it.
        ([], run(10, 10, 2 * HOUR, 2 * HOUR, outside=1), 0),
        ([{"first": 0, "last": 9, "until": HOUR}], run(10, 10, 2 * HOUR, 2 * HOUR, outside=1), HOUR),
        ([{"first": 0, "last": 8, "until": HOUR}], run(10, 10, 2 * HOUR, 2 * HOUR, outside=1), 0),
        # The device watched something else until half an hour ago.
        ([{"first": 0, "last": 9, "until": 0}], run(10, 10, 2 * HOUR, 2 * HOUR, outside=1), HOUR + HOUR // 2),
        ([{"first": 0, "last": 9, "until": HOUR}], run(10, 13, HOUR + 1, 2 * HOUR, outside=1), HOUR // 4),
    ],
)
def test_a_reading_stands_for_the_time_since_the_one_before(
    anchored: list[Any], the_run: Run, milliseconds: int
) -> None:
    watching = sensors.attached(device(anchored=anchored), CASE, HOUR // 2)
    assert sensors.outside_ms(watching, CASE, the_run, 0) == milliseconds


def test_a_readings_place_follows_from_the_runs_before_it() -> None:
    runs = [run(5, 9), run(20, 20), {**run(0, 4), "device": "probf"}]
    asked = [("probe", 5), ("probe", 9), ("probe", 20), ("probf", 0), ("probf", 4)]
    assert [sensors.place(runs, *one) for one in asked] == [0, 4, 5, 6, 10]
    missing = [("probe", 4), ("probe", 10), ("probf", 5), ("other", 5)]
    assert [sensors.place(runs, *one) for one in missing] == [None] * 4


temperatures = st.integers(kinetics.COLDEST_MC, kinetics.HOTTEST_MC)


@pytest.mark.allows("sensors.consistent")
@given(st.lists(temperatures, min_size=1, max_size=60))
def test_the_summary_of_real_readings_is_consistent(values: list[int]) -> None:
    sensors.consistent(coldchain.summary(values), "")


REAL = coldchain.summary([2_000, 5_000, 8_000, 5_000])


@pytest.mark.refuses("sensors.consistent")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"min_mc": 8_001}, "min_mc"),
        ({"count": 1}, "min_mc"),
        ({"sum_mc": 4 * 2_000 + 5_999}, "sum_mc"),
        ({"sum_mc": 4 * 8_000 - 5_999}, "sum_mc"),
        ({"max_mc": 20_000}, "sum_mc"),
        ({"rates": coldchain.summary([4_999] * 4)["rates"]}, "rates"),
        ({"rates": coldchain.summary([2_000, 2_000, 8_000, 8_000])["rates"] + "0"}, "rates"),
        ({"rates": coldchain.summary([8_000] * 4)["rates"]}, "rates"),
        ({"rates": "0"}, "rates"),
    ],
)
def test_claims_that_no_readings_can_have(changes: dict[str, Any], field: str) -> None:
    claim: Any = {**REAL, **changes}
    with pytest.raises(Refusal) as refused:
        sensors.consistent(claim, "")
    assert (refused.value.code, refused.value.field) == (Code.READINGS_INCONSISTENT, field)


def test_equal_readings_have_one_sum_of_rates() -> None:
    same: Any = coldchain.summary([5_000] * 4)
    sensors.consistent(same, "")
    wrong: Readings = {**same, "rates": f"{int(same['rates'], 16) + 1:x}"}
    with pytest.raises(Refusal):
        sensors.consistent(wrong, "")


@pytest.mark.allows("sensors.counted")
@pytest.mark.refuses("sensors.counted")
@pytest.mark.parametrize(
    ("values", "outside", "right"),
    [
        ([2_000, 8_000], 0, True),
        ([2_000, 8_000], 1, False),
        ([1_999, 8_000], 1, True),
        ([2_000, 8_001], 2, True),
        ([2_000, 8_001], 0, False),
    ],
)
def test_readings_outside_are_counted(values: list[int], outside: int, right: bool) -> None:
    arguments: Any = (
        coldchain.summary(values),
        [run(0, 1, outside=outside)],
        {"min_mc": 2_000, "max_mc": 8_000},
    )
    if right:
        sensors.counted(*arguments, "runs")
    else:
        with pytest.raises(Refusal, match="say otherwise"):
            sensors.counted(*arguments, "runs")
