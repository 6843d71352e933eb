from __future__ import annotations

from typing import Any

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import storage

COLD: dict[str, int] = {
    "min_mc": 2_000,
    "max_mc": 8_000,
    "excursion_min_mc": 2_000,
    "excursion_max_mc": 15_000,
    "excursion_minutes": 1_440,
    "mkt_max_mc": 8_000,
    "mkt_window_days": 1,
    "freeze_mc": 0,
}


@pytest.mark.allows("storage.in_order")
@pytest.mark.parametrize(
    "without", [[], ["excursion_"], ["mkt_"], ["freeze_"], ["excursion_", "mkt_", "freeze_"]]
)
def test_a_profile_with_and_without_what_it_may_have(without: list[str]) -> None:
    profile: Any = {name: v for name, v in COLD.items() if not name.startswith(tuple(without))}
    storage.in_order(profile, "storage")


@pytest.mark.refuses("storage.in_order")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"min_mc": 8_000}, "min_mc"),
        ({"excursion_minutes": None}, "excursion_minutes"),
        ({"excursion_min_mc": None}, "excursion_min_mc"),
        ({"excursion_min_mc": 2_001}, "excursion_min_mc"),
        ({"excursion_max_mc": 7_999}, "excursion_max_mc"),
        ({"mkt_window_days": None}, "mkt_window_days"),
        ({"mkt_max_mc": None}, "mkt_max_mc"),
        ({"mkt_max_mc": 2_000}, "mkt_max_mc"),
        ({"freeze_mc": 2_001}, "freeze_mc"),
    ],
)
def test_a_profile_that_contradicts_itself(changes: dict[str, int | None], field: str) -> None:
    profile: Any = {name: value for name, value in {**COLD, **changes}.items() if value is not None}
    with pytest.raises(Refusal) as refused:
        storage.in_order(profile, "storage")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, f"storage.{field}")
