"""Counting what is inside."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaincode.rules import contents

packs = st.lists(st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["1", "2"])), max_size=8)


def units(names: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"doc": "unit", "gtin": gtin, "lot": lot} for gtin, lot in names]


@given(packs, packs)
def test_nothing_is_lost_or_made_by_packing_and_taking_out(
    some: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    case = {"doc": "container", "contents": contents.total(units(some))}
    whole = contents.total([case, *units(others)])
    assert whole == contents.total(units(some + others))
    assert contents.less(whole, contents.total([case])) == contents.total(units(others))
    assert sum(content["count"] for content in whole) == len(some) + len(others)
    assert [(content["gtin"], content["lot"]) for content in whole] == sorted(set(some + others))
