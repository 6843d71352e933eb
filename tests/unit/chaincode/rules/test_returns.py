"""Goods go back along the way they came."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code
from chaincode.rules import returns
from tests.unit.chaincode.rules.trading import BUYER, CASE, GTIN, PACK, SELLER, THIRD, refusal, transfer


@pytest.mark.allows("returns.to_the_seller")
@pytest.mark.parametrize("status", ["accepted", "accepted_with_exceptions"])
def test_who_bought_returns_to_who_sold(status: str) -> None:
    assert refusal(returns.to_the_seller, transfer(status=status), BUYER, SELLER, "original") is None


@pytest.mark.refuses("returns.to_the_seller")
@pytest.mark.parametrize(
    ("changes", "sender", "receiver"),
    [
        ({"status": "offered"}, BUYER, SELLER),
        ({"status": "rejected"}, BUYER, SELLER),
        ({"kind": "custody_only"}, BUYER, SELLER),
        ({}, SELLER, BUYER),
        ({}, BUYER, THIRD),
        ({}, THIRD, SELLER),
    ],
)
def test_nothing_is_returned_that_was_not_bought_there(
    changes: dict[str, Any], sender: str, receiver: str
) -> None:
    original = transfer(**{"status": "accepted", **changes})
    found = refusal(returns.to_the_seller, original, sender, receiver, "original")
    assert found and found.code is Code.RETURN_UNRELATED


@pytest.mark.allows("returns.associated")
@pytest.mark.refuses("returns.associated")
@pytest.mark.parametrize(("lot", "count", "refused"), [("L1", 2, False), ("L1", 3, True), ("L2", 1, True)])
def test_what_comes_back_was_sold(lot: str, count: int, refused: bool) -> None:
    contents = [{"gtin": GTIN, "lot": lot, "count": count}]
    found = refusal(returns.associated, contents, transfer(), "what")
    assert (found is not None) == refused


@pytest.mark.allows("returns.loose_packs")
@pytest.mark.refuses("returns.loose_packs")
def test_a_saleable_return_is_of_packs() -> None:
    assert refusal(returns.loose_packs, PACK, "what[0]") is None
    found = refusal(returns.loose_packs, CASE, "what[0]")
    assert found and found.code is Code.RETURN_UNRELATED


@pytest.mark.allows("returns.to_the_source")
@pytest.mark.refuses("returns.to_the_source")
def test_what_is_unfit_goes_to_its_maker_or_seller() -> None:
    assert refusal(returns.to_the_source, SELLER, {SELLER, BUYER}, "to") is None
    found = refusal(returns.to_the_source, THIRD, {SELLER, BUYER}, "to")
    assert found and found.code is Code.RETURN_UNRELATED
