"""A lot's dates and origins."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import lots
from tests.unit.chaincode.rules.standings import lot


@pytest.mark.allows("lots.made")
def test_made_today() -> None:
    lots.made("2026-03-01", "2026-03-01", "manufactured")


@pytest.mark.refuses("lots.made")
def test_made_tomorrow() -> None:
    with pytest.raises(Refusal) as refused:
        lots.made("2026-03-02", "2026-03-01", "manufactured")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "manufactured")


@pytest.mark.allows("lots.keeps")
def test_keeps_a_day() -> None:
    lots.keeps("2026-03-02", "2026-03-01", "expiry")


@pytest.mark.refuses("lots.keeps")
def test_expires_on_the_day_it_is_made() -> None:
    with pytest.raises(Refusal) as refused:
        lots.keeps("2026-03-01", "2026-03-01", "expiry")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "expiry")


@pytest.mark.allows("lots.unused")
def test_new_lot() -> None:
    lots.unused(None, "L", "lot")


@pytest.mark.refuses("lots.unused")
def test_lot_again() -> None:
    with pytest.raises(Refusal) as refused:
        lots.unused(lot(), "L", "lot")
    assert (refused.value.code, refused.value.field) == (Code.LOT_EXISTS, "lot")


@pytest.mark.allows("lots.unexpired")
@pytest.mark.parametrize("today", ["2026-03-30", "2026-03-31"])
def test_good_on_its_last_day(today: str) -> None:
    lots.unexpired(lot(), today, "x")


@pytest.mark.refuses("lots.unexpired")
def test_expired_the_day_after() -> None:
    with pytest.raises(Refusal) as refused:
        lots.unexpired(lot(), "2026-04-01", "x")
    assert (refused.value.code, refused.value.field) == (Code.LOT_EXPIRED, "x")


@pytest.mark.allows("lots.expires_no_later")
@pytest.mark.parametrize("expiry", ["2026-03-30", "2026-03-31"])
def test_repackaged_to_expire_no_later(expiry: str) -> None:
    lots.expires_no_later(lot(expiry=expiry), lot(), "to.lot")


@pytest.mark.refuses("lots.expires_no_later")
def test_repackaged_to_live_longer() -> None:
    with pytest.raises(Refusal) as refused:
        lots.expires_no_later(lot(expiry="2026-04-01"), lot(), "to.lot")
    assert (refused.value.code, refused.value.field) == (Code.EXPIRY_EXTENDED, "to.lot")


def test_origins_are_those_of_the_origin_too_once_each() -> None:
    first, second = lot(lot="A"), lot(lot="B")
    second = lots.with_origin(second, first)
    third = lots.with_origin(lots.with_origin(lot(lot="C"), first), second)
    assert [origin["lot"] for origin in third.get("origins", [])] == ["A", "B"]
    assert lots.with_origin(third, second) == third
