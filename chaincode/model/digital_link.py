"""GS1 Digital Link URIs, uncompressed (GS1 Digital Link Standard: URI Syntax 1.4).

``https://id.gs1.org/01/06291041500213/10/L7/21/A1?17=270630``: any domain and path before it, one primary
key, its qualifiers in their order, the other AIs as query parameters. A value's character outside letters,
digits and ``-._`` is percent-encoded. Query parameters that are no AI (``linkType=...``) are the resolver's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from chaincode.model import application_identifiers as ais
from chaincode.model import gs1
from chaincode.model.application_identifiers import Element
from chaincode.model.errors import Code, Refusal

CANONICAL_DOMAIN = "https://id.gs1.org"
MAX_LENGTH = 4000
# Primary keys, and the qualifiers that may follow them in this order (section 4.5).
QUALIFIERS: dict[str, tuple[str, ...]] = {
    "00": (),
    "01": ("22", "10", "21"),
    "401": (),
    "402": (),
    "414": ("254",),
    "417": (),
}
_SCHEME_AND_DOMAIN = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_STEM = re.compile(r"(?:/[A-Za-z0-9._~!$'()*,:@+%-]+)*")
_NOT_AN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True)
class DigitalLink:
    """``stem`` is scheme, domain and what stands before the key; ``other`` the parameters that are no AI."""

    stem: str
    path: tuple[Element, ...]
    attributes: tuple[Element, ...] = ()
    other: tuple[tuple[str, str], ...] = ()

    @property
    def elements(self) -> tuple[Element, ...]:
        """All AIs: of the path, then of the query."""
        return self.path + self.attributes

    def uri(self) -> str:
        """The URI: its AIs first among the query's parameters."""
        path = "".join(f"/{each.ai}/{_encoded(each.value)}" for each in self.path)
        pairs = [(each.ai, each.value) for each in self.attributes] + list(self.other)
        query = "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in pairs)
        return f"{self.stem}{path}{'?' + query if query else ''}"


def canonical(elements: tuple[Element, ...], field: str) -> DigitalLink:
    """The link at GS1's own domain that carries ``elements``; Refusal where they have not one primary key."""
    by_ai = {each.ai: each for each in ais.once(elements, field)}
    primary = [each for each in elements if each.ai in QUALIFIERS]
    # The GLNs among a pallet's AIs are attributes: its key is the SSCC.
    for ai in ("00", "01"):
        if ai in by_ai:
            primary = [by_ai[ai]]
            break
    if len(primary) != 1:
        raise Refusal(Code.INVALID_ARGUMENT, "one of 00, 01, 401, 402, 414 and 417 is the link's key", field)
    qualifiers = [by_ai[ai] for ai in QUALIFIERS[primary[0].ai] if ai in by_ai]
    path = (primary[0], *qualifiers)
    return DigitalLink(CANONICAL_DOMAIN, path, tuple(each for each in elements if each not in path))


def parse(uri: str, field: str) -> DigitalLink:
    """The parts of a Digital Link URI; Refusal naming ``field`` where it is none."""
    if len(uri) > MAX_LENGTH or not uri.isascii():
        raise _refusal(f"has at most {MAX_LENGTH} characters, all of ASCII", field)
    address, _, query = uri.partition("#")[0].partition("?")
    domain = _SCHEME_AND_DOMAIN.match(address)
    if domain is None:
        raise _refusal("begins with http:// or https:// and a domain", field)
    segments = address[domain.end() :].removesuffix("/").split("/")[1:]
    start = _key_place(segments)
    if start is None:
        raise _refusal(
            "has a key such as /01/<GTIN> or /00/<SSCC>, and that key's qualifiers in order", field
        )
    before = "".join(f"/{segment}" for segment in segments[:start])
    if _STEM.fullmatch(before) is None:
        raise _refusal("has a character before its key that no path has", field)
    pairs = zip(segments[start::2], segments[start + 1 :: 2], strict=True)
    path = tuple(_element(ai, _decoded(value, field), field) for ai, value in pairs)
    attributes, other = _query(query, field)
    ais.once(path + attributes, field)
    return DigitalLink(domain[0] + before, path, attributes, other)


def _key_place(segments: list[str]) -> int | None:
    """Where the primary key stands: the rest is pairs of it and its qualifiers, each in its order."""
    for start in range(len(segments) % 2, len(segments), 2):
        primary, *qualifiers = segments[start::2]
        if primary in QUALIFIERS:
            order = QUALIFIERS[primary]
            places = [order.index(ai) if ai in order else -1 for ai in qualifiers]
            if -1 not in places and places == sorted(set(places)):
                return start
    return None


def _query(query: str, field: str) -> tuple[tuple[Element, ...], tuple[tuple[str, str], ...]]:
    attributes: list[Element] = []
    other: list[tuple[str, str]] = []
    for parameter in filter(None, re.split("[&;]", query)):
        name, _, value = parameter.partition("=")
        key, text = _decoded(name, field), _decoded(value, field)
        if _DIGITS.fullmatch(key):
            attributes.append(_element(key, text, field))
        else:
            other.append((key, text))
    return tuple(attributes), tuple(other)


def _element(ai: str, value: str, field: str) -> Element:
    # Links of the standard's first version carry GTINs of 8, 12 and 13 digits.
    return ais.element(ai, gs1.gtin(value, field) if ai == "01" else value, field)


def _encoded(value: str) -> str:
    return quote(value, safe="-._")


def _decoded(value: str, field: str) -> str:
    if _NOT_AN_ESCAPE.search(value):
        raise _refusal("has a % that escapes nothing", field)
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise _refusal("escapes no UTF-8 text", field) from None


def _refusal(rule: str, field: str) -> Refusal:
    return Refusal(Code.INVALID_ARGUMENT, f"a GS1 Digital Link {rule}", field)
