"""GS1 keys: check digits as GS1 publishes them, set 82, element strings."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import gs1
from chaincode.model.errors import Code, Refusal

# Examples that GS1 organisations publish: GS1 Hong Kong, GS1 India, GS1 Sweden (GTIN-13), the GS1 check
# digit calculator's manual (SSCC), and numbers on articles sold (GTIN-8, GTIN-12).
PUBLISHED = [
    "6291041500213",
    "8904000210037",
    "7300011000017",
    "376104250021234569",
    "96385074",
    "036000291452",
]

serials = st.text(alphabet=gs1.CSET_82, min_size=1, max_size=gs1.MAX_SERIAL)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=string.digits, min_size=count, max_size=count)


def with_check_digit(body: str) -> str:
    return body + gs1.check_digit(body)


@pytest.mark.parametrize("number", PUBLISHED)
def test_check_digit_published(number: str) -> None:
    assert gs1.check_digit(number[:-1]) == number[-1]


@given(st.text(alphabet=string.digits, min_size=1, max_size=17), st.data())
def test_check_digit_finds_any_single_error(body: str, data: st.DataObject) -> None:
    whole = with_check_digit(body)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([d for d in string.digits if d != whole[place]]))
    wrong = whole[:place] + other + whole[place + 1 :]
    assert gs1.check_digit(wrong[:-1]) != wrong[-1]


@pytest.mark.parametrize(
    ("given_gtin", "normal"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("6291041500213", "06291041500213"),
        ("06291041500213", "06291041500213"),
    ],
)
def test_gtin_of_every_length_becomes_gtin_14(given_gtin: str, normal: str) -> None:
    assert gs1.gtin(given_gtin) == normal
    assert gs1.gtin(normal) == normal


@pytest.mark.parametrize(
    ("check", "good", "code"),
    [
        (gs1.gtin, "06291041500213", Code.GTIN_CHECK_DIGIT),
        (gs1.gln, "6291041500213", Code.GLN_CHECK_DIGIT),
        (gs1.sscc, "376104250021234569", Code.SSCC_CHECK_DIGIT),
    ],
)
def test_wrong_check_digit_is_named(check: Callable[[object, str], str], good: str, code: Code) -> None:
    assert check(good, "where") == good
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    with pytest.raises(Refusal) as refused:
        check(wrong, "where")
    assert refused.value.code is code
    assert refused.value.field == "where"
    assert good[-1] in refused.value.message


@pytest.mark.parametrize("check", [gs1.gtin, gs1.gln, gs1.sscc])
@pytest.mark.parametrize(
    "value",
    [
        None,
        6291041500213,
        "",
        "62910415002",
        "629104150021333",
        "629104150021x",
        "٦٢٩١٠٤١٥٠٠٢١٣",
        " 6291041500213",
    ],
)
def test_keys_of_another_shape_are_refused(check: Callable[[object, str], str], value: object) -> None:
    with pytest.raises(Refusal) as refused:
        check(value, "where")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "where")


def test_set_82_is_the_standards() -> None:
    assert len(gs1.CSET_82) == len(set(gs1.CSET_82)) == 82
    alphanumeric = set(string.ascii_letters + string.digits)
    assert set(gs1.CSET_82) - alphanumeric == set("!\"%&'()*+,-./:;<=>?_")


@given(serials)
def test_serial_and_lot_take_set_82(text: str) -> None:
    assert gs1.serial(text) == text
    assert gs1.lot(text) == text
    assert gs1.serials([text]) == [text]


@pytest.mark.parametrize(
    "value", ["", "x" * 21, "a b", "a#b", "a@b", "a\\b", "ä", "a\n", "a\x00", None, 7, b"a"]
)
def test_serial_and_lot_refuse_the_rest(value: object) -> None:
    with pytest.raises(Refusal) as refused:
        gs1.serial(value, "where")
    assert (refused.value.code, refused.value.field) == (Code.SERIAL_INVALID, "where")
    with pytest.raises(Refusal) as refused:
        gs1.lot(value, "where")
    assert (refused.value.code, refused.value.field) == (Code.LOT_INVALID, "where")


@given(st.characters(codec="utf-8").filter(lambda c: c not in gs1.CSET_82))
def test_no_other_character_passes(character: str) -> None:
    with pytest.raises(Refusal):
        gs1.serial(f"A{character}")


def test_serials_names_the_place_of_the_first_bad_one() -> None:
    with pytest.raises(Refusal) as refused:
        gs1.serials(["A1", "A2", "A 3", ""], "serials")
    assert (refused.value.code, refused.value.field) == (Code.SERIAL_INVALID, "serials[2]")


@given(digits(13).map(with_check_digit), serials)
def test_unit_ref_round_trip(gtin: str, serial: str) -> None:
    ref = gs1.unit_ref(gtin, serial)
    assert gs1.parse_ref(ref) == gs1.UnitRef(gtin, serial)


@given(digits(17).map(with_check_digit))
def test_container_ref_round_trip(sscc: str) -> None:
    ref = gs1.container_ref(sscc)
    assert gs1.parse_ref(ref) == gs1.ContainerRef(sscc)


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        (None, Code.INVALID_ARGUMENT),
        ("", Code.INVALID_ARGUMENT),
        (1, Code.INVALID_ARGUMENT),
        ("02062910415002132", Code.INVALID_ARGUMENT),
        ("0106291041500213", Code.INVALID_ARGUMENT),
        ("010629104150021322A1", Code.INVALID_ARGUMENT),
        ("0106291041500213 21A1", Code.INVALID_ARGUMENT),
        ("00376104250021234569 ", Code.INVALID_ARGUMENT),
        ("010629104150021321", Code.SERIAL_INVALID),
        ("010629104150021321A#", Code.SERIAL_INVALID),
        ("010629104150021421A1", Code.GTIN_CHECK_DIGIT),
        ("00376104250021234560", Code.SSCC_CHECK_DIGIT),
    ],
)
def test_refs_of_nothing_are_refused(ref: object, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        gs1.parse_ref(ref, "what[0]")
    assert (refused.value.code, refused.value.field) == (code, "what[0]")


@given(st.text(max_size=40))
def test_parse_ref_never_raises_anything_else(text: str) -> None:
    try:
        parsed = gs1.parse_ref(text)
    except Refusal:
        return
    again = (
        gs1.unit_ref(parsed.gtin, parsed.serial)
        if isinstance(parsed, gs1.UnitRef)
        else gs1.container_ref(parsed.sscc)
    )
    assert again == text
