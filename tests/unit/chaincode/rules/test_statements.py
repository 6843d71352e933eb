"""Transaction statement and transaction information, complete or refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chaincode.model.documents.trade import AFFIRMATIONS, Information
from chaincode.model.errors import Code
from chaincode.rules import statements
from tests.unit.chaincode.rules.trading import BUYER, GTIN, OTHER_GTIN, SELLER, refusal

ADDRESS = {"street_address": "12 Mill Lane", "city": "Bern", "postal_code": "3001", "country": "CH"}


def product(gtin: str) -> Any:
    return {
        "gtin": gtin,
        "ndc": "99999-0100-10",
        "name": "Insulin glargine",
        "strength": "100 units/mL",
        "dosage_form": "injection, solution",
        "container_size": "5 x 3 mL pens",
    }


def party(gln: str, name: str) -> Any:
    return {"gln": gln, "name": name, "address": ADDRESS}


def information(shipment_date: str | None = None) -> Information:
    return statements.information(
        [
            {"gtin": GTIN, "lot": "L1", "count": 60},
            {"gtin": GTIN, "lot": "L2", "count": 40},
            {"gtin": OTHER_GTIN, "lot": "L1", "count": 1},
        ],
        {GTIN: product(GTIN), OTHER_GTIN: product(OTHER_GTIN)},
        party(SELLER, "Alpine Pharma"),
        party(BUYER, "Valley Wholesale"),
        "2026-03-01",
        shipment_date,
    )


@pytest.mark.allows("statements.complete")
def test_it_tells_what_the_law_lists() -> None:
    made = information()
    statements.complete(made, "what")
    assert made["transaction_date"] == "2026-03-01"
    assert made["from"] == party(SELLER, "Alpine Pharma")
    assert made["to"] == party(BUYER, "Valley Wholesale")
    first, second = made["lines"]
    assert first == product(GTIN) | {
        "number_of_containers": 100,
        "lots": [{"lot": "L1", "count": 60}, {"lot": "L2", "count": 40}],
    }
    assert (second["gtin"], second["number_of_containers"]) == (OTHER_GTIN, 1)
    assert "shipment_date" not in made
    assert information("2026-03-04")["shipment_date"] == "2026-03-04"


@pytest.mark.refuses("statements.complete")
@pytest.mark.parametrize(
    "path",
    [
        ("transaction_date",),
        ("lines",),
        ("from", "gln"),
        ("from", "name"),
        ("to", "name"),
        ("from", "address", "street_address"),
        ("from", "address", "city"),
        ("to", "address", "postal_code"),
        ("to", "address", "country"),
        ("lines", 0, "ndc"),
        ("lines", 0, "name"),
        ("lines", 1, "strength"),
        ("lines", 0, "dosage_form"),
        ("lines", 0, "container_size"),
        ("lines", 0, "number_of_containers"),
        ("lines", 1, "lots"),
    ],
)
def test_nothing_of_it_may_be_missing(path: tuple[Any, ...]) -> None:
    made: Any = copy.deepcopy(information())
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = type(place[path[-1]])()
    found = refusal(statements.complete, made, "what")
    assert found and found.code is Code.INFORMATION_INCOMPLETE
    assert str(path[-1]) in found.message


@pytest.mark.allows("statements.affirmed")
def test_seven_affirmations_are_a_statement() -> None:
    assert len(AFFIRMATIONS) == 7
    statements.affirmed(dict.fromkeys(AFFIRMATIONS, True), "statement")


@pytest.mark.refuses("statements.affirmed")
@pytest.mark.parametrize("name", AFFIRMATIONS)
@pytest.mark.parametrize("word", [False, None, "true", 1])
def test_six_are_none(name: str, word: object) -> None:
    statement: dict[str, Any] = dict.fromkeys(AFFIRMATIONS, True)
    statement[name] = word
    found = refusal(statements.affirmed, statement, "statement")
    assert found and (found.code, found.field) == (Code.STATEMENT_INCOMPLETE, f"statement.{name}")


@pytest.mark.allows("statements.shipped_later")
@pytest.mark.refuses("statements.shipped_later")
@pytest.mark.parametrize(
    ("day", "refused"),
    [("2026-02-28", True), ("2026-03-01", True), ("2026-03-02", True), ("2026-03-03", False)],
)
def test_a_date_of_shipment_is_of_goods_that_leave_later(day: str, refused: bool) -> None:
    found = refusal(statements.shipped_later, day, "2026-03-01", "shipment_date")
    assert (found is not None) == refused
