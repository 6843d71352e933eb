"""How a packing list falls into parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import keys, packing


@given(st.integers(1, packing.MAX_CHILDREN))
def test_every_child_is_named_by_one_part_and_no_part_is_empty(children: int) -> None:
    named = [packing.part_of(place) for place in range(children)]
    wanted = packing.part_keys("1", packing.parts_of(children))
    assert wanted == [keys.packing_key("1", part) for part in dict.fromkeys(named)]
    assert max(map(named.count, set(named))) <= packing.PART


@given(st.integers(packing.parts_of(packing.MAX_CHILDREN) + 1, 10**18) | st.integers(-(10**18), 0))
def test_no_container_has_so_many(parts: int) -> None:
    assert packing.part_keys("1", parts) == []


@given(st.sampled_from([{}, {"part": 3}, {"part": ["0"]}, {"part": None}, {"part": {}}]))
def test_a_forged_period_names_a_part_that_is_not_there(said: dict[str, object]) -> None:
    sscc, part = packing.part_named({"parent": "1"} | said)
    assert sscc == "1"
    assert isinstance(hash(part), int)
