"""Canonical JSON: one form, no floats."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import canonical
from chaincode.model.errors import Code, Refusal

texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


class Half(Enum):
    HALF = 0.5
    HALVES = (0.5, 0.5)


class Level(IntEnum):
    CASE = 1


class Step(StrEnum):
    PACK = "pack"


class Digits(int):
    pass


@dataclass
class Weight:
    kilograms: float


def shuffled(value: Any) -> Any:
    """The same value with every object's members in the opposite order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(list(value))}
    if isinstance(value, list):
        return [shuffled(one) for one in value]
    return value


@given(values)
def test_round_trip(value: Any) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


@given(values)
def test_one_form_whatever_the_order(value: Any) -> None:
    assert canonical.dumps(value) == canonical.dumps(shuffled(value))


@given(values)
def test_same_as_the_standard_library_in_compact_sorted_utf_8(value: Any) -> None:
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # The two differ in how they write control characters only; those are compared as values.
    if not any(character < " " or character == "\x7f" for character in json.dumps(value, ensure_ascii=False)):
        assert json.loads(canonical.dumps(value)) == json.loads(expected)
    assert canonical.dumps(value) == canonical.dumps(canonical.loads(expected.encode()))


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert canonical.dumps({"b": [1, {"d": "ü", "c": None}], "a": True}) == (
        '{"a":true,"b":[1,{"c":null,"d":"ü"}]}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        {"a": 0.5},
        [1, [2, {"a": [3.0]}]],
        (1, 2.5),
        OrderedDict(a=1.5),
        {"a": OrderedDict(b=[1.5])},
        Half.HALF,
        [Half.HALVES],
        Weight(1.5),
        datetime(2026, 1, 1, tzinfo=UTC),
        2**64,
        {1: "a"},
        b"bytes",
        {1, 2},
        object(),
        "\ud800",
    ],
    ids=repr,
)
def test_dumps_refuses_floats_and_what_json_has_no_word_for(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical.dumps(value)


@given(values, st.floats(), st.data())
def test_dumps_refuses_a_float_wherever_it_is(value: Any, number: float, data: st.DataObject) -> None:
    """Among plain values of any type, or inside of them."""
    for _ in range(data.draw(st.integers(1, 4))):
        value = data.draw(
            st.sampled_from([[value, "a", 1], (None, value), {"a": True, "b": value}, OrderedDict(a=value)])
        )
    canonical.dumps(value)
    spoilt = data.draw(
        st.sampled_from([[value, number], {"a": value, "b": [number]}, [{"a": number}, value]])
    )
    with pytest.raises(TypeError):
        canonical.dumps(spoilt)


@given(st.lists(st.sampled_from([Level.CASE, Step.PACK, Digits(1), "a", 1, None, True]), max_size=5))
def test_a_kind_of_text_or_integer_is_written_as_one(value: list[Any]) -> None:
    as_they_are = [json.loads(json.dumps(one)) for one in value]
    assert canonical.dumps(value) == canonical.dumps(as_they_are)
    assert canonical.dumps({"a": value, "b": value[:1]}) == canonical.dumps(
        {"a": as_they_are, "b": as_they_are[:1]}
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'a':1}",
        b"[1,]",
        b"1.0",
        b'{"a":[1e3]}',
        b"NaN",
        b"Infinity",
        b"\xff",
        b'"\\ud800"',
        b"1 2",
    ],
)
def test_loads_refuses_naming_the_field(data: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        canonical.loads(data, "body")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "body")


@given(st.binary(max_size=50))
def test_loads_raises_nothing_else(data: bytes) -> None:
    try:
        value = canonical.loads(data)
    except Refusal:
        return
    assert canonical.loads(canonical.dumps(value)) == value
