"""GS1 Digital Link URIs: read and written without loss, at any domain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import digital_link, gs1
from chaincode.model.application_identifiers import TABLE, Element
from chaincode.model.digital_link import QUALIFIERS, DigitalLink
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.model.gs1_strategies import element_of, elements

GTIN = "06291041500213"
SSCC = "376104250021234569"
STEMS = [
    "https://id.gs1.org",
    "http://localhost:8080",
    "https://example.com/a/%C3%BC/00/x",
    "https://x.org/21",
]
names = st.text(min_size=1, max_size=8).filter(lambda name: not (name.isascii() and name.isdigit()))


@st.composite
def links(draw: st.DrawFn) -> DigitalLink:
    primary = draw(st.sampled_from(sorted(QUALIFIERS)))
    chosen = [primary] + [ai for ai in QUALIFIERS[primary] if draw(st.booleans())]
    path = tuple(draw(element_of(ai)) for ai in chosen)
    others = [ai for ai in sorted(TABLE) if ai not in chosen]
    return DigitalLink(
        draw(st.sampled_from(STEMS)),
        path,
        draw(st.just(()) | elements(*others)),
        draw(st.lists(st.tuples(names, st.text(max_size=8)), max_size=2).map(tuple)),
    )


@given(links())
def test_round_trip(link: DigitalLink) -> None:
    uri = link.uri()
    assert uri.isascii()
    assert digital_link.parse(uri, "link") == link


def test_a_pack() -> None:
    uri = f"https://pharma.example/id/01/{GTIN}/10/L%2F7/21/A%281%29?17=270630&linkType=gs1%3Apip"
    link = digital_link.parse(uri, "link")
    assert link.stem == "https://pharma.example/id"
    assert link.path == (Element("01", GTIN), Element("10", "L/7"), Element("21", "A(1)"))
    assert link.attributes == (Element("17", "270630"),)
    assert link.other == (("linkType", "gs1:pip"),)
    assert link.uri() == uri


@pytest.mark.parametrize(
    ("uri", "element"),
    [
        (f"https://id.gs1.org/00/{SSCC}", Element("00", SSCC)),
        (f"HTTPS://ID.GS1.ORG/00/{SSCC}/", Element("00", SSCC)),
        (f"https://id.gs1.org/00/{SSCC}?02={GTIN}&37=10", Element("37", "10")),
        (f"https://id.gs1.org/01/{GTIN}/21/a+b#top", Element("21", "a+b")),
        ("https://id.gs1.org/01/6291041500213/21/A", Element("01", GTIN)),
        (f"https://id.gs1.org/01/{GTIN}/21/01", Element("21", "01")),
        (f"https://id.gs1.org/01/{GTIN}?10=L;17=270600", Element("17", "270600")),
        ("https://id.gs1.org/414/6291041500213/254/Dock-3", Element("254", "Dock-3")),
    ],
)
def test_forms_that_are_met(uri: str, element: Element) -> None:
    assert element in digital_link.parse(uri, "link").elements


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("", Code.INVALID_ARGUMENT),
        ("ftp://id.gs1.org/00/376104250021234569", Code.INVALID_ARGUMENT),
        ("https:///00/376104250021234569", Code.INVALID_ARGUMENT),
        ("https://id.gs1.org/", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/gtin/{GTIN}/ser/A", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21/A/10/L", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/10/L/10/L", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/00/{SSCC}/21/A", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21/A?21=A", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}?0017=270630", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21/A%2", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21/%C3", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21/ä", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/01/{GTIN}/21/%C3%A4", Code.INVALID_ARGUMENT),
        (f"https://id.gs1.org/a b/01/{GTIN}/21/A", Code.INVALID_ARGUMENT),
        ("https://id.gs1.org/01/06291041500214/21/A", Code.GTIN_CHECK_DIGIT),
        ("https://id.gs1.org/00/376104250021234560", Code.SSCC_CHECK_DIGIT),
        (f"https://id.gs1.org/00/{SSCC}?x={'y' * 4000}", Code.INVALID_ARGUMENT),
    ],
)
def test_no_link(uri: str, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        digital_link.parse(uri, "link")
    assert (refused.value.code, refused.value.field) == (code, "link")


@given(st.text(alphabet="/0123?=&%;A", max_size=40))
def test_nothing_but_refusals(tail: str) -> None:
    try:
        link = digital_link.parse(f"https://id.gs1.org{tail}", "link")
    except Refusal:
        return
    assert digital_link.parse(link.uri(), "link") == link


def test_canonical_link_of_a_scan() -> None:
    scan = (Element("01", GTIN), Element("17", "270630"), Element("21", "S"), Element("10", "L"))
    assert digital_link.canonical(scan, "scan").uri() == f"https://id.gs1.org/01/{GTIN}/10/L/21/S?17=270630"
    pallet = (Element("410", "6291041500213"), Element("00", SSCC))
    assert digital_link.canonical(pallet, "scan").uri() == f"https://id.gs1.org/00/{SSCC}?410=6291041500213"
    with pytest.raises(Refusal):
        digital_link.canonical((Element("10", "L"),), "scan")


@given(elements(*sorted(set(TABLE) - set(QUALIFIERS)), minimum=0), element_of("01") | element_of("00"))
def test_canonical_link_keeps_every_element(rest: tuple[Element, ...], key: Element) -> None:
    link = digital_link.canonical((*rest, key), "scan")
    assert set(digital_link.parse(link.uri(), "link").elements) == {*rest, key}
    assert gs1.check_digit(key.value[:-1]) == key.value[-1]
