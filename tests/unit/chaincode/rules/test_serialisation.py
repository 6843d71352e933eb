"""How serial numbers begin and end, and when an end is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chaincode.contracts.standing import Standing
from chaincode.model.errors import Code, Refusal
from chaincode.rules import serialisation
from tests.unit.chaincode.rules.standings import GTIN, MAKER, OTHER, container, lot, unit

DAY_MS = 24 * 60 * 60 * 1000
AT = 1_772_366_400_000


def refuses(code: Code, check: Callable[[], None], field: str = "x") -> None:
    with pytest.raises(Refusal) as refused:
        check()
    assert (refused.value.code, refused.value.field) == (code, field)


def ended(reason: str = "exported", gln: str = MAKER) -> Standing:
    return unit(status="decommissioned", decommissioning={"reason": reason, "gln": gln, "at": AT})


@pytest.mark.allows("serialisation.never_used")
def test_new_serials() -> None:
    serialisation.never_used([None, None], ["A", "B"], "serials")


@pytest.mark.refuses("serialisation.never_used")
def test_a_serial_of_before() -> None:
    refuses(
        Code.SERIAL_DUPLICATE,
        lambda: serialisation.never_used([None, b"{}"], ["A", "B"], "serials"),
        "serials[1]",
    )


@pytest.mark.allows("serialisation.may_end")
@pytest.mark.parametrize(
    ("one", "gln", "reason"),
    [
        (unit(), MAKER, "exported"),
        (unit(custodian=OTHER), MAKER, "sample"),
        (unit(custodian=OTHER), OTHER, "stolen"),
        (container(custodian=OTHER), OTHER, "damaged"),
    ],
)
def test_ended_by_the_owner_or_as_lost_by_who_stores_it(one: Standing, gln: str, reason: str) -> None:
    serialisation.may_end(one, gln, reason, "x")


@pytest.mark.refuses("serialisation.may_end")
@pytest.mark.parametrize(
    ("one", "reason"), [(unit(custodian=OTHER), "destroyed"), (unit(), "stolen"), (unit(), "exported")]
)
def test_not_ended_by_another(one: Standing, reason: str) -> None:
    refuses(Code.NOT_OWNER, lambda: serialisation.may_end(one, OTHER, reason, "x"))


@pytest.mark.allows("serialisation.decommissioned")
def test_decommissioned() -> None:
    serialisation.decommissioned(ended(), "x")


@pytest.mark.refuses("serialisation.decommissioned")
@pytest.mark.parametrize("one", [unit(), unit(status="dispensed"), container()])
def test_not_decommissioned(one: Standing) -> None:
    refuses(Code.NOT_DECOMMISSIONED, lambda: serialisation.decommissioned(one, "x"))


@pytest.mark.allows("serialisation.returnable")
@pytest.mark.parametrize("reason", ["damaged", "exported", "other", "sample"])
def test_returnable(reason: str) -> None:
    serialisation.returnable(ended(reason), "x")


@pytest.mark.refuses("serialisation.returnable")
@pytest.mark.parametrize("reason", ["destroyed", "stolen"])
def test_never_returned(reason: str) -> None:
    refuses(Code.REVERSAL_FORBIDDEN, lambda: serialisation.returnable(ended(reason), "x"))


@pytest.mark.allows("serialisation.reversed_in_time")
def test_reversed_in_the_last_moment() -> None:
    serialisation.reversed_in_time(ended(), AT + 10 * DAY_MS, 10, "x")


@pytest.mark.refuses("serialisation.reversed_in_time")
def test_reversed_too_late() -> None:
    refuses(
        Code.REVERSAL_LATE,
        lambda: serialisation.reversed_in_time(ended(), AT + 10 * DAY_MS + 1, 10, "x"),
    )


@pytest.mark.allows("serialisation.reversed_in_place")
def test_reversed_in_the_same_place() -> None:
    serialisation.reversed_in_place(ended(gln=OTHER), OTHER, "x")


@pytest.mark.refuses("serialisation.reversed_in_place")
def test_reversed_elsewhere() -> None:
    refuses(Code.REVERSAL_ELSEWHERE, lambda: serialisation.reversed_in_place(ended(gln=OTHER), MAKER, "x"))


def product(**more: Any) -> Any:
    return {"gtin": GTIN, "manufacturer": MAKER} | more


@pytest.mark.allows("serialisation.own_product")
def test_own_product() -> None:
    serialisation.own_product(product(), MAKER, "x")


@pytest.mark.refuses("serialisation.own_product")
def test_anothers_product() -> None:
    refuses(Code.NOT_AUTHORISED, lambda: serialisation.own_product(product(), OTHER, "x"))


@pytest.mark.allows("serialisation.one_lot")
def test_one_lot() -> None:
    serialisation.one_lot(unit().document, lot(), "x")


@pytest.mark.refuses("serialisation.one_lot")
@pytest.mark.parametrize("other", [{"lot": "OTHER"}, {"gtin": "09521234000020"}])
def test_two_lots(other: dict[str, str]) -> None:
    refuses(Code.LOTS_DIFFER, lambda: serialisation.one_lot(unit(**other).document, lot(), "x"))
