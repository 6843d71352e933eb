"""The ledger's keys are Fabric's composite keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import keys
from chaincode.shim.keys import create_composite_key, split_composite_key

parts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\U0010ffff"), max_size=20)


@given(parts.filter(bool), st.lists(parts, max_size=4))
def test_round_trip_and_the_same_as_the_shims(kind: str, attributes: list[str]) -> None:
    key = keys.composite(kind, *attributes)
    assert keys.split(key) == (kind, tuple(attributes))
    assert key == create_composite_key(kind, attributes)
    assert split_composite_key(key) == keys.split(key)


@pytest.mark.parametrize("key", ["", "plain", "\x00", "\x00\x00", "\x00unit", "unit\x00a\x00"])
def test_split_takes_composite_keys_only(key: str) -> None:
    with pytest.raises(ValueError, match="not a composite key"):
        keys.split(key)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        (keys.party_key("1"), ("party", ("1",))),
        (keys.product_key("2"), ("product", ("2",))),
        (keys.lot_key("3", "L"), ("lot", ("3", "L"))),
        (keys.unit_key("4", "S"), ("unit", ("4", "S"))),
        (keys.period_key("010000000000000421S", 2), ("unit", ("00000000000004", "S", "2"))),
        (keys.period_key("00000000000000000005", 1), ("container", ("000000000000000005", "1"))),
        (keys.container_key("5"), ("container", ("5",))),
        (keys.transfer_key("6"), ("transfer", ("6",))),
        (keys.tray_key("4", "S"), ("tray", ("4", "S"))),
        (keys.packing_key("5"), ("packing", ("5",))),
        (keys.device_key("7"), ("device", ("7",))),
        (keys.anchor_key("8"), ("sensor_anchor", ("8",))),
        (keys.excursion_key("9"), ("excursion", ("9",))),
        (keys.parameter_key("regulators"), ("param", ("regulators",))),
    ],
)
def test_key_of_every_document(key: str, parts: tuple[str, tuple[str, ...]]) -> None:
    assert keys.split(key) == parts
    assert key == keys.composite(parts[0], *parts[1])


@pytest.mark.parametrize("key", ["\x00unit\x004\x00S\x00", "\x00unit\x004\x00S\x002\x00"])
def test_a_period_of_a_unit_has_one_key(key: str) -> None:
    with pytest.raises(ValueError, match="of a unit"):
        keys.split(key)


def test_packs_stand_before_what_packing_and_shipping_write() -> None:
    """So that a peer does not write all packs again when it merges what was written."""
    ref, sscc = "019999999999999921" + "z" * 20, "000000000000000005"
    others = [keys.container_key(sscc), keys.packing_key(sscc), keys.transfer_key("t")]
    others.append(keys.tray_key("00000000000000", "A"))
    assert keys.period_key(ref, 9) < min(others)


def test_the_periods_of_a_pack_stand_together() -> None:
    """Taking packs out then touches what commissioning wrote, and no pack of another number lies between."""
    one, next_one = "010000000000000421S1", "010000000000000421S2"
    made = [keys.period_key(ref, number) for ref in (one, next_one) for number in (0, 1, 2)]
    assert made == sorted(made)
