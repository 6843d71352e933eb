"""What a recall covers, who runs it, and where recalled goods may go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import gs1
from chaincode.model.errors import Code, Refusal
from chaincode.rules import recall as rules

GTIN, LOT = "09521234000014", "L1"
MAKER, WHOLESALER, PHARMACY, REGULATOR = "m", "w", "p", "r"
ROLES = {MAKER: "manufacturer", WHOLESALER: "wholesaler", PHARMACY: "dispenser", REGULATOR: "regulator"}


def party(gln: str) -> Any:
    return {"gln": gln, "role": ROLES[gln]}


def recall(**other: Any) -> Any:
    document = {
        "id": "R-1",
        "initiator": MAKER,
        "by_regulator": False,
        "manufacturer": MAKER,
        "gtin": GTIN,
        "kind": "recall",
        "depth": "retail",
        "status": "open",
    }
    return document | other


def serials(first: str, last: str) -> Any:
    return {"first": first, "last": last}


def refused(code: Code, function: Any, *arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        function(*arguments, "field")
    assert (raised.value.code, raised.value.field) == (code, "field")
    return raised.value


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("9", "11", ["9", "10", "11"], ["8", "12", "010", "1", "100"]),
        ("0009", "0011", ["0009", "0010", "0011"], ["9", "10", "0012"]),
        ("A", "b", ["A", "Z", "_", "a", "b"], ["9", "c", "AA"]),
        ("X1", "X1", ["X1"], ["x1", "X2", "X"]),
    ],
)
def test_range_of_serial_numbers(first: str, last: str, inside: list[str], outside: list[str]) -> None:
    assert all(rules.in_range(serial, serials(first, last)) for serial in inside)
    assert not any(rules.in_range(serial, serials(first, last)) for serial in outside)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_stand_in_their_own_order(first: int, last: int, number: int) -> None:
    expected = first <= number <= last
    assert rules.in_range(str(number), serials(str(first), str(last))) is expected
    fixed = [f"{n:010d}" for n in (first, last, number)]
    assert rules.in_range(fixed[2], serials(fixed[0], fixed[1])) is expected


@given(st.lists(st.text(gs1.CSET_82, min_size=1, max_size=20), min_size=3, max_size=3))
def test_the_order_is_total(names: list[str]) -> None:
    first, middle, last = sorted(names, key=rules.place)
    assert rules.in_range(middle, serials(first, last))


@pytest.mark.parametrize(
    ("scope", "pack", "covered"),
    [
        ({}, (LOT, "S1"), True),
        ({}, (LOT, None), True),
        ({"lot": LOT}, (LOT, "S1"), True),
        ({"lot": LOT}, (LOT, None), True),
        ({"lot": LOT}, ("L2", "S1"), False),
        ({"lot": LOT, "serials": serials("S1", "S3")}, (LOT, "S2"), True),
        ({"lot": LOT, "serials": serials("S1", "S3")}, (LOT, "S4"), False),
        ({"lot": LOT, "serials": serials("S1", "S3")}, ("L2", "S2"), False),
        ({"lot": LOT, "serials": serials("S1", "S3")}, (LOT, None), False),
        ({"serials": serials("S1", "S3")}, ("L2", "S2"), True),
    ],
)
def test_scope(scope: Any, pack: tuple[str, str | None], covered: bool) -> None:
    assert rules.covers(recall(**scope), GTIN, *pack) is covered
    assert not rules.covers(recall(**scope), "09521234000021", *pack)


def test_a_lot_that_a_range_may_touch() -> None:
    ranged = recall(lot=LOT, serials=serials("S1", "S3"))
    anywhere = recall(serials=serials("S1", "S3"))
    recalls = {GTIN: [recall(lot=LOT), ranged, anywhere]}
    assert rules.by_range(recalls, GTIN, LOT) == [ranged, anywhere]
    assert rules.by_range(recalls, GTIN, "L2") == [anywhere]
    assert rules.by_range(recalls, "09521234000021", LOT) == []


@pytest.mark.allows("recall.not_recalled")
def test_other_packs_are_passed_on() -> None:
    recalls = {GTIN: [recall(lot=LOT), recall(serials=serials("A1", "A9"))]}
    rules.not_recalled(recalls, GTIN, "L2", "S1", "field")
    rules.not_recalled(recalls, GTIN, "L2", None, "field")
    rules.not_recalled({}, GTIN, LOT, "S1", "field")


@pytest.mark.refuses("recall.not_recalled")
@pytest.mark.parametrize("depth", ["wholesale", "retail", "consumer"])
def test_recalled_packs_are_not_passed_on_at_any_depth(depth: str) -> None:
    by_lot = {GTIN: [recall(lot=LOT, depth=depth)]}
    refusal = refused(Code.RECALLED, rules.not_recalled, by_lot, GTIN, LOT, "S1")
    assert refusal.message == f"01{GTIN}21S1 is recalled by R-1"
    by_serial = {GTIN: [recall(serials=serials("S1", "S9"), kind="withdrawal", depth=depth)]}
    assert "withdrawn" in refused(Code.RECALLED, rules.not_recalled, by_serial, GTIN, LOT, "S5").message
    whole = refused(Code.RECALLED, rules.not_recalled, by_lot, GTIN, LOT, None)
    assert whole.message == f"lot {LOT} of {GTIN} is recalled by R-1"


@pytest.mark.allows("recall.only_back")
@pytest.mark.parametrize(
    ("sender", "receiver", "initiator"),
    [
        (PHARMACY, MAKER, MAKER),
        (WHOLESALER, MAKER, MAKER),
        (PHARMACY, WHOLESALER, MAKER),
        (WHOLESALER, MAKER, REGULATOR),
        (PHARMACY, REGULATOR, REGULATOR),
    ],
)
def test_recalled_packs_go_back(sender: str, receiver: str, initiator: str) -> None:
    recalls = {GTIN: [recall(initiator=initiator)]}
    rules.only_back(recalls, GTIN, LOT, "S1", party(sender), party(receiver), "field")


@pytest.mark.refuses("recall.only_back")
@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        (MAKER, WHOLESALER),
        (WHOLESALER, PHARMACY),
        (WHOLESALER, WHOLESALER),
        (PHARMACY, PHARMACY),
        (PHARMACY, REGULATOR),
    ],
)
def test_recalled_packs_do_not_go_on(sender: str, receiver: str) -> None:
    arguments = ({GTIN: [recall()]}, GTIN, LOT, None, party(sender), party(receiver))
    refused(Code.RECALLED, rules.only_back, *arguments)


def test_every_recall_must_let_goods_back() -> None:
    recalls = {GTIN: [recall(), recall(id="R-2", manufacturer="other", initiator="other")]}
    refusal = refused(Code.RECALLED, rules.only_back, recalls, GTIN, LOT, "S1", party(MAKER), party(MAKER))
    assert "R-2" in refusal.message


@pytest.mark.allows("recall.started_by")
@pytest.mark.parametrize("who", [MAKER, REGULATOR])
def test_who_starts(who: str) -> None:
    rules.started_by(party(who), {"gtin": GTIN, "manufacturer": MAKER}, "field")  # type: ignore[typeddict-item]


@pytest.mark.refuses("recall.started_by")
@pytest.mark.parametrize("who", [WHOLESALER, PHARMACY])
def test_who_does_not_start(who: str) -> None:
    refused(Code.NOT_AUTHORISED, rules.started_by, party(who), {"gtin": GTIN, "manufacturer": MAKER})


@pytest.mark.allows("recall.overseen_by")
def test_who_ends() -> None:
    rules.overseen_by(party(MAKER), recall(), "field")
    rules.overseen_by(party(REGULATOR), recall(), "field")
    rules.overseen_by(party(REGULATOR), recall(initiator=REGULATOR, by_regulator=True), "field")


@pytest.mark.refuses("recall.overseen_by")
def test_who_does_not_end() -> None:
    refused(Code.NOT_AUTHORISED, rules.overseen_by, party(WHOLESALER), recall())
    ordered = recall(initiator=REGULATOR, by_regulator=True)
    refused(Code.NOT_AUTHORISED, rules.overseen_by, party(MAKER), ordered)


@pytest.mark.allows("recall.running")
@pytest.mark.refuses("recall.running")
def test_running() -> None:
    rules.running(recall(), "field")
    refused(Code.RECALL_ENDED, rules.running, recall(status="ended"))


@pytest.mark.allows("recall.asked")
@pytest.mark.refuses("recall.asked")
def test_who_is_asked() -> None:
    rules.asked(party(PHARMACY), "field")
    refused(Code.ROLE_REQUIRED, rules.asked, party(REGULATOR))


@pytest.mark.parametrize(
    ("level", "due"),
    [("A", [0, 1, 10, 101]), ("B", [0, 1, 2, 11]), ("C", [0, 1, 1, 11]), ("D", [0, 1, 1, 3]), ("E", [0] * 4)],
)
def test_effectiveness_checks(level: str, due: list[int]) -> None:
    assert [rules.checks_due(level, consignees) for consignees in (0, 1, 10, 101)] == due


@pytest.mark.parametrize(
    ("status", "held", "custodian", "depth", "expected"),
    [
        ("dispensed", False, PHARMACY, "retail", "dispensed"),
        ("decommissioned", True, PHARMACY, "retail", "decommissioned"),
        ("repackaged", False, WHOLESALER, "retail", "repackaged"),
        ("commissioned", True, MAKER, "retail", "returned"),
        ("commissioned", True, PHARMACY, "wholesale", "quarantined"),
        ("commissioned", False, PHARMACY, "wholesale", "beyond_depth"),
        ("commissioned", False, WHOLESALER, "wholesale", "outstanding"),
        ("commissioned", False, PHARMACY, "consumer", "outstanding"),
    ],
)
def test_disposition(status: str, held: bool, custodian: str, depth: str, expected: str) -> None:
    assert rules.disposition(recall(depth=depth), status, held, party(custodian)) == expected


def test_accounted() -> None:
    counts = {
        "dispensed": 1,
        "decommissioned": 20,
        "returned": 300,
        "quarantined": 4_000,
        "beyond_depth": 50_000,
        "repackaged": 1_000_000,
        "outstanding": 1_000_000,
        "forged": 1_000_000,
    }
    assert set(counts) == set(rules.DISPOSITIONS)
    assert rules.accounted(recall(), counts) == 54_321
    assert rules.accounted(recall(depth="consumer"), counts) == 54_320


def test_thousandths() -> None:
    assert [rules.permille(part, 3) for part in range(4)] == [0, 333, 666, 1000]
    assert rules.permille(0, 0) == 1000
