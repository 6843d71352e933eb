"""How a packing list falls into parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import keys, packing


@given(st.integers(1, packing.MAX_CHILDREN))
def test_every_child_is_named_by_one_part_and_no_part_is_empty(children: int) -> None:
    named = [packing.part_of(place) for place in range(children)]
    parts = list(dict.fromkeys(named))
    assert packing.part_keys({"sscc": "1", "parts": parts}) == [keys.packing_key("1", part) for part in parts]
    assert max(map(named.count, parts)) <= packing.PART


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(
    values.filter(lambda said: not isinstance(said, list))
    | st.lists(hashes, min_size=packing.MAX_PARTS + 1, max_size=packing.MAX_PARTS + 5)
    | st.tuples(st.lists(hashes, max_size=5), values.filter(lambda one: not isinstance(one, str))).map(
        lambda found: [*found[0], found[1]]
    )
)
def test_a_forged_container_has_no_part(parts: object) -> None:
    assert packing.part_keys({"sscc": "1", "parts": parts}) == packing.part_keys({"sscc": "1"}) == []


@given(st.lists(hashes, max_size=3), st.lists(hashes, max_size=3))
def test_the_seal_of_one_list_is_that_of_no_other(one: list[str], other: list[str]) -> None:
    assert (packing.seal_of(one) == packing.seal_of(other)) == (one == other)


@given(st.sampled_from([{}, {"part": 3}, {"part": ["0"]}, {"part": None}, {"part": {}}]))
def test_a_forged_period_names_a_part_that_is_not_there(said: dict[str, object]) -> None:
    sscc, part = packing.part_named({"parent": "1"} | said)
    assert sscc == "1"
    assert isinstance(hash(part), int)
