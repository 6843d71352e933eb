"""In which state what may be done to goods."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaincode.contracts.standing import Standing
from chaincode.model.errors import Code, Refusal
from chaincode.rules import goods
from tests.unit.chaincode.rules.standings import MAKER, OTHER, OUTER, SSCC, UNIT, container, unit


def refuses(code: Code, check: Callable[[], None], field: str = "x") -> str:
    with pytest.raises(Refusal) as refused:
        check()
    assert (refused.value.code, refused.value.field) == (code, field)
    return refused.value.message


@pytest.mark.allows("goods.loose")
@pytest.mark.parametrize("one", [unit(), container()])
def test_loose(one: Standing) -> None:
    goods.loose(one, "x")


@pytest.mark.refuses("goods.loose")
def test_packed() -> None:
    case = container()
    assert SSCC in refuses(Code.UNIT_PACKED, lambda: goods.loose(unit(case), "x"))
    outer = container(sscc=OUTER)
    assert OUTER in refuses(Code.CONTAINER_PACKED, lambda: goods.loose(container(outer), "x"))


@pytest.mark.allows("goods.in_custody")
def test_in_custody_of_the_container_around_it() -> None:
    goods.in_custody(unit(container(custodian=OTHER)), OTHER, "x")


@pytest.mark.refuses("goods.in_custody")
def test_not_in_custody_of_its_owner() -> None:
    refuses(Code.NOT_CUSTODIAN, lambda: goods.in_custody(unit(custodian=OTHER), MAKER, "x"))


@pytest.mark.allows("goods.owned")
def test_owned_while_another_stores_it() -> None:
    goods.owned(unit(custodian=OTHER), MAKER, "x")


@pytest.mark.refuses("goods.owned")
def test_who_stores_goods_does_not_own_them() -> None:
    refuses(Code.NOT_OWNER, lambda: goods.owned(unit(custodian=OTHER), OTHER, "x"))


@pytest.mark.allows("goods.not_offered")
def test_not_offered() -> None:
    goods.not_offered(unit(), "x")


@pytest.mark.refuses("goods.not_offered")
def test_offered() -> None:
    assert "T-1" in refuses(Code.OFFER_PENDING, lambda: goods.not_offered(container(offer="T-1"), "x"))


@pytest.mark.allows("goods.in_circulation")
@pytest.mark.parametrize("one", [unit(), container(), unit(container())])
def test_in_circulation(one: Standing) -> None:
    goods.in_circulation(one, "x")


@pytest.mark.refuses("goods.in_circulation")
@pytest.mark.parametrize(
    ("one", "code"),
    [
        (unit(status="dispensed"), Code.UNIT_DISPENSED),
        (unit(status="decommissioned"), Code.DECOMMISSIONED),
        (unit(status="repackaged"), Code.REPACKAGED),
        (container(status="decommissioned"), Code.DECOMMISSIONED),
        (container(status="unpacked"), Code.CONTAINER_UNPACKED),
        (unit(container(status="decommissioned")), Code.DECOMMISSIONED),
    ],
)
def test_out_of_circulation(one: Standing, code: Code) -> None:
    refuses(code, lambda: goods.in_circulation(one, "x"))


@pytest.mark.allows("goods.one_owner")
def test_one_owner() -> None:
    goods.one_owner(unit(custodian=OTHER), MAKER, "x")


@pytest.mark.refuses("goods.one_owner")
def test_another_owner() -> None:
    refuses(Code.OWNERS_DIFFER, lambda: goods.one_owner(unit(owner=OTHER), MAKER, "x"))


COOL, COLD, WARM = (
    {"min_mc": low, "max_mc": high} for low, high in [(2000, 8000), (-1000, 2000), (2001, 9000)]
)


@pytest.mark.allows("goods.storable_together")
def test_storable_at_the_one_temperature_that_suits_both() -> None:
    goods.storable_together([COOL, COLD], "x")


@pytest.mark.refuses("goods.storable_together")
def test_no_temperature_suits_all() -> None:
    refuses(Code.STORAGE_DIFFERS, lambda: goods.storable_together([COOL, COLD, WARM], "x"))


@pytest.mark.allows("goods.unused_sscc")
def test_unused_sscc() -> None:
    goods.unused_sscc(None, SSCC, "x")


@pytest.mark.refuses("goods.unused_sscc")
def test_used_sscc() -> None:
    refuses(Code.SSCC_EXISTS, lambda: goods.unused_sscc({"doc": "container"}, SSCC, "x"))


def test_messages_name_the_goods() -> None:
    assert UNIT in refuses(Code.NOT_OWNER, lambda: goods.owned(unit(), OTHER, "x"))
