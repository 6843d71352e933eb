"""GS1 identification keys and element strings (GS1 General Specifications, sections 2, 3 and 7.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from chaincode.model.errors import Code, Refusal

# AI encodable character set 82 (GS1 General Specifications, figure 7.11-1).
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
MAX_SERIAL = 20
_SERIAL = re.compile(f"[{re.escape(CSET_82)}]{{1,{MAX_SERIAL}}}")
_DIGITS = re.compile("[0-9]+")
_UNIT = re.compile(f"01([0-9]{{14}})21[{re.escape(CSET_82)}]{{1,{MAX_SERIAL}}}")


@dataclass(frozen=True)
class UnitRef:
    """A serialised trade item: AI (01) and AI (21)."""

    gtin: str
    serial: str


@dataclass(frozen=True)
class ContainerRef:
    """A logistic unit: AI (00)."""

    sscc: str


@lru_cache(maxsize=4096)
def check_digit(digits: str) -> str:
    """The check digit after ``digits``: weights 3 and 1 from the right, up to the next ten (section 7.9)."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin(value: object, field: str = "gtin") -> str:
    """A GTIN of 8, 12, 13 or 14 digits as GTIN-14; Refusal where it is none."""
    return _key(value, field, (8, 12, 13, 14), Code.GTIN_CHECK_DIGIT).zfill(14)


def gln(value: object, field: str = "gln") -> str:
    """A GLN of 13 digits; Refusal where it is none."""
    return _key(value, field, (13,), Code.GLN_CHECK_DIGIT)


def sscc(value: object, field: str = "sscc") -> str:
    """An SSCC of 18 digits; Refusal where it is none."""
    return _key(value, field, (18,), Code.SSCC_CHECK_DIGIT)


def gsin(value: object, field: str = "gsin") -> str:
    """A GSIN of 17 digits, a shipment's; Refusal where it is none."""
    return _key(value, field, (17,), Code.INVALID_ARGUMENT)


def serial(value: object, field: str = "serial") -> str:
    """A serial number, AI (21): 1 to 20 characters of set 82; Refusal where it is none."""
    return _text(value, field, Code.SERIAL_INVALID, "serial number")


def serials(values: list[object], field: str = "serials") -> list[str]:
    """Each of ``values`` as by ``serial``, the field named with its place; made for batches of a thousand."""
    match = _SERIAL.fullmatch
    for place, value in enumerate(values):
        if type(value) is not str or match(value) is None:
            serial(value, f"{field}[{place}]")
    return values  # type: ignore[return-value]


def lot(value: object, field: str = "lot") -> str:
    """A batch or lot number, AI (10): 1 to 20 characters of set 82; Refusal where it is none."""
    return _text(value, field, Code.LOT_INVALID, "lot number")


def unit_ref(gtin14: str, serial_number: str) -> str:
    """The element string of a unit: 01, GTIN-14, 21, serial number."""
    return f"01{gtin14}21{serial_number}"


def lot_ref(gtin14: str, lot_number: str) -> str:
    """The element string of a lot: 01, GTIN-14, 10, lot number."""
    return f"01{gtin14}10{lot_number}"


def container_ref(sscc18: str) -> str:
    """The element string of a container: 00, SSCC."""
    return f"00{sscc18}"


def is_unit_ref(ref: str) -> bool:
    """Whether an element string names a unit, as ``unit_ref`` writes it; made for thousands of a product."""
    match = _UNIT.fullmatch(ref)
    return match is not None and match[1][-1] == check_digit(match[1][:-1])


def parse_ref(ref: object, field: str = "ref") -> UnitRef | ContainerRef:
    """The unit or container that an element string names; Refusal where it names neither."""
    if isinstance(ref, str):
        if ref.startswith("00") and len(ref) == 20:
            return ContainerRef(sscc(ref[2:], field))
        if ref.startswith("01") and ref[16:18] == "21":
            return UnitRef(gtin(ref[2:16], field), serial(ref[18:], field))
    raise Refusal(Code.INVALID_ARGUMENT, "neither 01<GTIN-14>21<serial> nor 00<SSCC>", field)


def _key(value: object, field: str, lengths: tuple[int, ...], code: Code) -> str:
    if not isinstance(value, str) or _DIGITS.fullmatch(value) is None or len(value) not in lengths:
        counts = ", ".join(map(str, lengths))
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} takes {counts} digits", field)
    expected = check_digit(value[:-1])
    if value[-1] != expected:
        raise Refusal(code, f"{field} {value} ends in {value[-1]}, its check digit is {expected}", field)
    return value


def _text(value: object, field: str, code: Code, what: str) -> str:
    if not isinstance(value, str) or _SERIAL.fullmatch(value) is None:
        message = f"a {what} is 1 to {MAX_SERIAL} characters of GS1's character set 82"
        raise Refusal(code, message, field)
    return value
