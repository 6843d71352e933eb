"""What a storage profile makes of readings: time, range, frost, mean kinetic temperature."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import coldchain as readings_of
from chaincode.model.documents.coldchain import ContainerTemperature, Storage
from chaincode.model.errors import Code, Refusal
from chaincode.rules import coldchain
from chaincode.rules.coldchain import HOUR_MS, MINUTE_MS

SSCC, MSP, OTHER = "095212340000000017", "DistributorMSP", "PharmacyMSP"
DAY_MS = 24 * HOUR_MS
# USP <1079.2>: controlled cold temperature.
COLD: Storage = {
    "min_mc": 2_000,
    "max_mc": 8_000,
    "excursion_min_mc": 2_000,
    "excursion_max_mc": 15_000,
    "excursion_minutes": 1_440,
    "mkt_max_mc": 8_000,
    "mkt_window_days": 1,
    "freeze_mc": 0,
}
# USP <659>: controlled room temperature.
ROOM: Storage = {
    "min_mc": 15_000,
    "max_mc": 30_000,
    "excursion_min_mc": 15_000,
    "excursion_max_mc": 40_000,
    "excursion_minutes": 1_440,
    "mkt_max_mc": 25_000,
    "mkt_window_days": 30,
}
PLAIN: Storage = {"min_mc": 2_000, "max_mc": 8_000}


class Watch:
    """A container whose anchors come hour by hour; ``hour`` gives an anchor's causes."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.records: dict[str, ContainerTemperature] = {}

    def hour(self, number: int, *values: int, msp_id: str = MSP) -> list[str]:
        since, until = number * HOUR_MS, (number + 1) * HOUR_MS
        readings = readings_of.summary(values)
        outside = sum(readings_of.outside(self.storage, value) for value in values)
        outside_ms = HOUR_MS * outside // len(values)
        before = self.account if self.records else None
        told = (readings, since, until, outside_ms, self.storage)
        record = self.records.get(msp_id)
        self.records[msp_id] = (
            coldchain.recorded(record, *told) if record else coldchain.first_record(SSCC, msp_id, *told)
        )
        return list(coldchain.causes(self.storage, readings, outside_ms, before, self.account, DAY_MS))

    @property
    def account(self) -> coldchain.Account:
        return coldchain.account(list(self.records.values()), self.storage)


def test_without_an_allowance_any_reading_outside_is_an_excursion() -> None:
    watch = Watch(PLAIN)
    assert watch.hour(0, 2_000, 8_000) == []
    assert watch.hour(1, 5_000, 8_001) == ["range", "time"]
    assert watch.hour(2, 1_999) == ["range", "time"]
    assert watch.hour(3, 5_000) == []


def test_time_outside_adds_up_over_anchors() -> None:
    watch = Watch({**COLD, "excursion_minutes": 120, "mkt_max_mc": 14_000})
    assert watch.hour(0, 5_000, 9_000) == []
    assert watch.hour(5, 9_000) == []
    assert watch.hour(7, 8_000) == []
    assert watch.hour(8, 5_000, 5_000, 5_000, 9_000) == []
    assert watch.hour(9, 5_000, 5_000, 9_000, 9_000) == ["time"]
    # The allowance is used up: what is inside is no excursion, whatever else is outside is one.
    assert watch.hour(10, 5_000) == []
    assert watch.hour(11, 8_001, 5_000, 5_000, 5_000) == ["time"]
    assert watch.account.outside_ms == 2 * HOUR_MS + HOUR_MS // 2


def test_time_outside_adds_up_over_members() -> None:
    watch = Watch({**COLD, "excursion_minutes": 90, "mkt_max_mc": 14_000})
    assert watch.hour(0, 9_000) == []
    assert watch.hour(1, 9_000, msp_id=OTHER) == ["time"]


def test_beyond_the_range_at_once() -> None:
    watch = Watch(ROOM)
    assert watch.hour(0, 20_000, 40_000) == []
    assert watch.hour(1, 20_000, 40_001) == ["range"]
    assert watch.hour(2, 14_999) == ["range"]


def test_frost_at_once() -> None:
    watch = Watch({**COLD, "excursion_min_mc": -5_000})
    assert watch.hour(0, 5_000, 0) == []
    assert watch.hour(1, *[5_000] * 59, -1) == ["frozen"]


def test_controlled_room_temperature_by_its_mean_kinetic_temperature() -> None:
    """Warm days within 15 to 30 degrees are allowed as long as 30 days together are below 25."""
    watch = Watch(ROOM)
    assert [watch.hour(number, 23_000) for number in range(0, 20 * 24, 6)] == [[]] * 80
    warm = [watch.hour(20 * 24 + number, 29_000) for number in range(0, 10 * 24, 6)]
    assert warm[:12] == [[]] * 12
    assert ["mkt"] in warm
    assert watch.account.mkt_mc > 25_000


def test_mean_kinetic_temperature_is_judged_from_a_days_readings_on() -> None:
    watch = Watch(COLD)
    causes = [watch.hour(number, 8_500, 8_001) for number in range(24)]
    assert causes == [[]] * 23 + [["mkt"]]


def test_an_old_warm_spell_is_told_once() -> None:
    """While the window still holds it, cool readings after it are no new excursion; warm ones are."""
    watch = Watch({**COLD, "excursion_minutes": 10_000})
    assert [watch.hour(number, 5_000) for number in range(24)] == [[]] * 24
    spell = [watch.hour(24 + number, 14_000) for number in range(12)]
    assert ["mkt"] in spell
    assert watch.account.mkt_mc > 8_000
    assert watch.hour(36, 7_000) == []
    assert watch.hour(37, 9_000) == ["mkt"]
    assert [watch.hour(38 + number, 4_000) for number in range(24)] == [[]] * 24
    assert watch.account.mkt_mc == 4_000


def test_cool_readings_that_leave_the_window_may_make_it_news() -> None:
    watch = Watch({**COLD, "excursion_minutes": 10_000})
    for number in range(12):
        watch.hour(number, 2_000)
    assert [watch.hour(12 + number, 9_500) for number in range(12)] == [[]] * 12
    found = [watch.hour(24 + number, 7_900) for number in range(12)]
    assert found.count(["mkt"]) == 1


def test_late_readings_count_in_their_own_time() -> None:
    watch, other = Watch(COLD), Watch(COLD)
    values = {0: 3_000, 1: 7_000, 2: 12_000, 30: 5_000, 31: 6_000}
    for number in values:
        watch.hour(number, values[number])
    for number in sorted(values, reverse=True):
        other.hour(number, values[number])
    assert watch.account == other.account
    assert watch.account.mkt_mc == readings_of.mkt_mc(readings_of.summary([5_000, 6_000]))


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.lists(st.integers(-10_000, 30_000), min_size=1, max_size=5)),
        min_size=1,
        max_size=15,
    )
)
def test_a_window_is_what_its_readings_say(hours: list[tuple[int, list[int]]]) -> None:
    watch = Watch(COLD)
    for number, values in hours:
        watch.hour(number, *values)
    newest = max(number for number, _ in hours)
    inside = [value for number, values in hours if number > newest - 24 for value in values]
    assert watch.account.mkt_mc == readings_of.mkt_mc(readings_of.summary(inside))
    assert len(watch.records[MSP]["buckets"]) <= coldchain.BUCKETS
    total = watch.records[MSP]["total"]
    assert total["count"] == sum(len(values) for _, values in hours)


def test_a_profile_without_a_window_keeps_no_buckets() -> None:
    watch = Watch(PLAIN)
    for number in range(3):
        watch.hour(number, 5_000 + number)
    assert watch.records[MSP]["buckets"] == []
    assert (watch.account.covered_ms, watch.records[MSP]["anchors"]) == (3 * HOUR_MS, 3)
    assert watch.account.mkt_mc == 5_001
    assert watch.account.outside_ms // MINUTE_MS == 0


def excursion(**changes: Any) -> Any:
    return {"doc": "excursion", "id": "e1", "owner": "9521234000020", **changes}


@pytest.mark.allows("coldchain.undecided")
def test_an_open_excursion_may_be_decided() -> None:
    coldchain.undecided({"doc": "excursion_decision", "id": "e1", "status": "open"}, "id")


@pytest.mark.refuses("coldchain.undecided")
@pytest.mark.parametrize("status", ["released", "destroyed"])
def test_what_is_decided_stays_decided(status: Any) -> None:
    with pytest.raises(Refusal) as refused:
        coldchain.undecided({"doc": "excursion_decision", "id": "e1", "status": status}, "id")
    assert refused.value.code == Code.EXCURSION_DECIDED


@pytest.mark.allows("coldchain.decided_by_owner")
def test_the_owner_decides() -> None:
    coldchain.decided_by_owner(excursion(), "9521234000020", "gln")


@pytest.mark.refuses("coldchain.decided_by_owner")
def test_nobody_else_decides() -> None:
    with pytest.raises(Refusal) as refused:
        coldchain.decided_by_owner(excursion(), "9521234000013", "gln")
    assert refused.value.code == Code.NOT_OWNER
