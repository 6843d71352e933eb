"""Composite keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.shim import ShimError, create_composite_key, split_composite_key
from chaincode.shim.keys import prefix_range, simple_range

parts = st.text(st.characters(exclude_characters="\x00\U0010ffff", exclude_categories=["Cs"]), max_size=12)


def test_the_layout_is_fabrics() -> None:
    assert create_composite_key("unit", ["0361", "S1"]) == "\x00unit\x000361\x00S1\x00"


@given(parts, st.lists(parts, max_size=4))
def test_split_undoes_create(object_type: str, attributes: list[str]) -> None:
    assert split_composite_key(create_composite_key(object_type, attributes)) == (
        object_type,
        tuple(attributes),
    )


@given(parts, st.lists(parts, max_size=2), st.lists(parts, max_size=2))
def test_a_prefix_range_holds_what_begins_with_it(kind: str, head: list[str], tail: list[str]) -> None:
    start, end = prefix_range(kind, head)
    assert start <= create_composite_key(kind, head + tail) < end


def test_a_prefix_ends_at_a_whole_part() -> None:
    start, end = prefix_range("unit", ["036"])
    assert not start <= create_composite_key("unit", ["0361"]) < end


@pytest.mark.parametrize("part", ["a\x00b", "a\U0010ffff"])
def test_the_borders_are_not_allowed_in_a_part(part: str) -> None:
    with pytest.raises(ShimError):
        create_composite_key("unit", [part])


@pytest.mark.parametrize("key", ["", "\x00", "plain", "\x00unit", "unit\x00"])
def test_what_is_no_composite_key_is_refused(key: str) -> None:
    with pytest.raises(ShimError):
        split_composite_key(key)


def test_an_open_simple_range_leaves_composite_keys_out() -> None:
    start, end = simple_range("", "")
    assert create_composite_key("unit", ["1"]) < start
    assert end == ""
    with pytest.raises(ShimError):
        simple_range("a", "\x00unit\x00")
