"""A price that both sides hold, or none."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Code
from chaincode.rules import prices
from tests.unit.chaincode.rules.trading import refusal

HASH, OTHER = "ab" * 32, "cd" * 32


@pytest.mark.allows("prices.agreed")
@pytest.mark.parametrize(("hashes", "given"), [((None, None), None), ((HASH, HASH), HASH)])
def test_no_price_or_the_same(hashes: tuple[str | None, ...], given: str | None) -> None:
    assert refusal(prices.agreed, hashes, given, "price_hash") is None


@pytest.mark.refuses("prices.agreed")
@pytest.mark.parametrize(
    ("hashes", "given"),
    [
        ((HASH, HASH), None),
        ((HASH, HASH), OTHER),
        ((HASH, OTHER), HASH),
        ((HASH, None), HASH),
        ((None, None), HASH),
        ((None, HASH), None),
    ],
)
def test_any_difference_is_refused(hashes: tuple[str | None, ...], given: str | None) -> None:
    found = refusal(prices.agreed, hashes, given, "price_hash")
    assert found and (found.code, found.field) == (Code.PRICE_MISMATCH, "price_hash")


def test_currencies_are_those_that_goods_are_paid_in() -> None:
    assert {"USD", "EUR", "CHF", "JPY"} <= prices.CURRENCIES
    assert not {"XAU", "XTS", "XXX", "usd", "DEM"} & prices.CURRENCIES
    assert len(prices.INCOTERMS) == 11
