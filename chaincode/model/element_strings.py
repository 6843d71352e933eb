"""GS1 element strings as barcodes carry and people write them (GS1 General Specifications, section 7.8).

*Raw*: AIs and values one after another, a separator (FNC1, transmitted as 0x1D) after each value whose length
is not predefined, the last excepted. *Bracketed*: ``(01)06291041500213(21)A1``; a ``(`` inside a value is
written ``\\(``, the backslash being no character of set 82.
"""

from __future__ import annotations

import re

from chaincode.model import application_identifiers as ais
from chaincode.model.application_identifiers import Element
from chaincode.model.errors import Code, Refusal

SEPARATOR = "\x1d"
# A GS1 DataMatrix or QR code holds less; a longer text is no scan.
MAX_LENGTH = 4000
# What a scanner puts before GS1 data: GS1-128, DataBar and composite, DataMatrix, QR, DotCode.
_SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")
_OPENING = re.compile(r"\(([0-9]{2,4})\)")
_VALUE = re.compile(r"(?:[^(\\]|\\\()+")


def parse(text: str, field: str) -> tuple[Element, ...]:
    """The elements of a raw or bracketed string, in order; Refusal naming ``field`` where it is neither."""
    if not 0 < len(text) <= MAX_LENGTH:
        raise Refusal(Code.INVALID_ARGUMENT, f"an element string has 1 to {MAX_LENGTH} characters", field)
    read = _bracketed if text.startswith("(") else _raw
    return ais.once(read(text, field), field)


def raw(elements: tuple[Element, ...]) -> str:
    """As a barcode carries them, without symbology identifier."""
    parts: list[str] = []
    for place, each in enumerate(elements):
        ends = ais.TABLE[each.ai].predefined or place == len(elements) - 1
        parts.append(f"{each.ai}{each.value}{'' if ends else SEPARATOR}")
    return "".join(parts)


def bracketed(elements: tuple[Element, ...]) -> str:
    """As people write them."""
    return "".join(f"({each.ai}){each.value.replace('(', chr(92) + '(')}" for each in elements)


def _bracketed(text: str, field: str) -> tuple[Element, ...]:
    elements: list[Element] = []
    place = 0
    while place < len(text):
        opening = _OPENING.match(text, place)
        value = _VALUE.match(text, opening.end()) if opening else None
        if opening is None or value is None:
            message = f"an AI in brackets and its value are expected at character {place + 1}"
            raise Refusal(Code.INVALID_ARGUMENT, message, field)
        elements.append(ais.element(opening[1], value[0].replace("\\(", "("), field))
        place = value.end()
    return tuple(elements)


def _raw(text: str, field: str) -> tuple[Element, ...]:
    for symbology in _SYMBOLOGIES:
        text = text.removeprefix(symbology)
    elements: list[Element] = []
    left = text.removeprefix(SEPARATOR)
    while left:
        ai = ais.starting(left, field)
        left = left[len(ai.ai) :]
        if ai.predefined:
            value, left = left[: ai.maximum], left[ai.maximum :]
            # Not needed here, and tolerated: readers have always met it.
            left = left.removeprefix(SEPARATOR)
        else:
            value, _, left = left.partition(SEPARATOR)
        elements.append(Element(ai.ai, ai.value(value, field)))
    if not elements:
        raise Refusal(Code.INVALID_ARGUMENT, "an element string holds at least one AI", field)
    return tuple(elements)
