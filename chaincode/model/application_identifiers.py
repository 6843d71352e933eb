"""GS1 Application Identifiers of a pack, a case and a pallet (GS1 General Specifications, sections 3 and 7).

An AI says what the digits after it mean and how long they may be. Those of a predefined length (figure
7.8.5-2) need no separator after them; the others end at a separator or at the end of the string.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from chaincode.model import gs1, gs1_dates
from chaincode.model.errors import Code, Refusal


@dataclass(frozen=True)
class ApplicationIdentifier:
    """``title`` is GS1's data title; a value has ``minimum`` to ``maximum`` digits or characters."""

    ai: str
    title: str
    minimum: int
    maximum: int
    numeric: bool
    check: Callable[[str, str], object] | None = None

    @property
    def predefined(self) -> bool:
        """Whether its length is in the table that every reader knows, so that nothing separates it."""
        return self.ai[:2] in _PREDEFINED

    def value(self, value: str, field: str) -> str:
        """``value`` as it stands; Refusal naming ``field`` where the AI does not allow it."""
        pattern = _NUMERIC if self.numeric else _SET_82
        if not self.minimum <= len(value) <= self.maximum or pattern.fullmatch(value) is None:
            what = "digits" if self.numeric else "characters of GS1's character set 82"
            count = f"{self.minimum} to {self.maximum}" if self.minimum < self.maximum else str(self.maximum)
            raise Refusal(Code.INVALID_ARGUMENT, f"AI ({self.ai}) {self.title} takes {count} {what}", field)
        if self.check is not None:
            self.check(value, field)
        return value


@dataclass(frozen=True)
class Element:
    """An AI and its value."""

    ai: str
    value: str


def element(ai: str, value: str, field: str) -> Element:
    """An AI's element, its value checked; Refusal naming ``field`` otherwise."""
    return Element(ai, known(ai, field).value(value, field))


def known(ai: str, field: str) -> ApplicationIdentifier:
    """The AI of those digits; Refusal where it is none of the table's."""
    if ai not in TABLE:
        raise Refusal(Code.INVALID_ARGUMENT, f"AI ({ai[:4]}) is not one that goods here carry", field)
    return TABLE[ai]


def starting(text: str, field: str) -> ApplicationIdentifier:
    """The AI that ``text`` begins with; no AI is the beginning of another."""
    for length in (2, 3, 4):
        if text[:length] in TABLE:
            return TABLE[text[:length]]
    raise Refusal(Code.INVALID_ARGUMENT, f"{text[:4]!r} begins no AI that goods here carry", field)


def once(elements: tuple[Element, ...], field: str) -> tuple[Element, ...]:
    """``elements``; Refusal where an AI stands twice (GS1 General Specifications, section 7.8.1)."""
    seen: set[str] = set()
    for each in elements:
        if each.ai in seen:
            raise Refusal(Code.INVALID_ARGUMENT, f"AI ({each.ai}) stands here twice", field)
        seen.add(each.ai)
    return elements


_NUMERIC = re.compile("[0-9]*")
_SET_82 = re.compile(f"[{re.escape(gs1.CSET_82)}]*")
_PREDEFINED = frozenset(f"{ai:02}" for ai in (*range(5), *range(11, 21), *range(31, 37), 41))
# Measures, 310 (net weight in kilograms) to 369, by their third digit; the fourth says how many decimals.
_MEASURES = (("31", 6), ("32", 9), ("33", 7), ("34", 9), ("35", 7), ("36", 9))
MAX_DECIMALS = 5


def _fixed(
    ai: str, title: str, length: int, check: Callable[[str, str], object] | None = None
) -> ApplicationIdentifier:
    return ApplicationIdentifier(ai, title, length, length, True, check)


def _count(ai: str, title: str, maximum: int) -> ApplicationIdentifier:
    return ApplicationIdentifier(ai, title, 1, maximum, True)


def _text(ai: str, title: str, maximum: int) -> ApplicationIdentifier:
    return ApplicationIdentifier(ai, title, 1, maximum, False)


def _measures() -> list[ApplicationIdentifier]:
    return [
        _fixed(f"{start}{third}{decimals}", "MEASURE", 6)
        for start, last in _MEASURES
        for third in range(last + 1)
        for decimals in range(MAX_DECIMALS + 1)
    ]


TABLE: dict[str, ApplicationIdentifier] = {
    each.ai: each
    for each in [
        _fixed("00", "SSCC", 18, gs1.sscc),
        _fixed("01", "GTIN", 14, gs1.gtin),
        _fixed("02", "CONTENT", 14, gs1.gtin),
        _text("10", "BATCH/LOT", 20),
        _fixed("11", "PROD DATE", 6, gs1_dates.check),
        _fixed("12", "DUE DATE", 6, gs1_dates.check),
        _fixed("13", "PACK DATE", 6, gs1_dates.check),
        _fixed("15", "BEST BEFORE", 6, gs1_dates.check),
        _fixed("16", "SELL BY", 6, gs1_dates.check),
        _fixed("17", "USE BY OR EXPIRY", 6, gs1_dates.check),
        _fixed("20", "VARIANT", 2),
        _text("21", "SERIAL", 20),
        _text("22", "CPV", 20),
        _count("30", "VAR. COUNT", 8),
        _count("37", "COUNT", 8),
        *(_text(f"{ai}", "INTERNAL", 30 if ai == 90 else 90) for ai in range(90, 100)),
        _text("240", "ADDITIONAL ID", 30),
        _text("241", "CUST. PART No.", 30),
        _text("250", "SECONDARY SERIAL", 30),
        _text("251", "REF. TO SOURCE", 30),
        _text("254", "GLN EXTENSION COMPONENT", 20),
        *_measures(),
        _text("400", "ORDER NUMBER", 30),
        _text("401", "GINC", 30),
        _fixed("402", "GSIN", 17, gs1.gsin),
        _text("403", "ROUTE", 30),
        _fixed("410", "SHIP TO LOC", 13, gs1.gln),
        _fixed("411", "BILL TO", 13, gs1.gln),
        _fixed("412", "PURCHASE FROM", 13, gs1.gln),
        _fixed("413", "SHIP FOR LOC", 13, gs1.gln),
        _fixed("414", "LOC No.", 13, gs1.gln),
        _fixed("415", "PAY TO", 13, gs1.gln),
        _fixed("416", "PROD/SERV LOC", 13, gs1.gln),
        _fixed("417", "PARTY", 13, gs1.gln),
        _text("420", "SHIP TO POST", 20),
        _text("710", "NHRN PZN", 20),
        _text("711", "NHRN CIP", 20),
        _text("712", "NHRN CN", 20),
        _text("713", "NHRN DRN", 20),
        _text("714", "NHRN AIM", 20),
        _text("715", "NHRN NDC", 20),
        _text("716", "NHRN AIC", 20),
        _fixed("7003", "EXPIRY TIME", 10, gs1_dates.check_minute),
        _text("8200", "PRODUCT URL", 70),
    ]
}
