"""National Drug Codes (21 CFR 207.33): their forms, and the GTINs made of them.

An NDC has ten digits: labeler, product and package code in one of three divisions, 4-4-2, 5-3-2 and 5-4-1.
The HIPAA form fills the short one with a zero to 5-4-2. A GTIN of a US drug holds the ten digits after the
prefix 03 (GS1 Healthcare US: the Universal Product Code's number system 3), without their division.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chaincode.model import gs1
from chaincode.model.errors import Code, Refusal

DIVISIONS = ((4, 4, 2), (5, 3, 2), (5, 4, 1))
_HIPAA = (5, 4, 2)
_PREFIX = "03"
_SEGMENTS = re.compile("([0-9]+)-([0-9]+)-([0-9]+)")


@dataclass(frozen=True)
class Ndc:
    """An NDC in its own division."""

    labeler: str
    product: str
    package: str

    def __str__(self) -> str:
        return f"{self.labeler}-{self.product}-{self.package}"

    @property
    def digits(self) -> str:
        """The ten digits."""
        return self.labeler + self.product + self.package

    @property
    def hipaa(self) -> str:
        """The HIPAA form, hyphenated 5-4-2: the one form in which any two NDCs can be compared."""
        return f"{self.labeler:0>5}-{self.product:0>4}-{self.package:0>2}"

    def gtin(self, indicator: int = 0) -> str:
        """The GTIN-14; ``indicator`` (1 to 8) tells packaging levels with the same NDC apart."""
        body = f"{indicator}{_PREFIX}{self.digits}"
        return body + gs1.check_digit(body)


def parse(value: object, field: str = "ndc") -> Ndc:
    """An NDC of ten digits with hyphens, or in HIPAA form; Refusal where it is none, or could be several.

    Eleven digits, with hyphens or without, are the HIPAA form; one of its codes must begin with the zero that
    fills it, and only one. Ten digits without hyphens do not tell their division, except that only labeler
    codes of four digits begin with zero.
    """
    candidates = _candidates(value) if isinstance(value, str) else []
    if not candidates:
        message = f"{field} is an NDC: 4-4-2, 5-3-2 or 5-4-1 digits with hyphens, or 11 digits"
        raise Refusal(Code.NDC_INVALID, message, field)
    possible = [ndc for ndc in candidates if _assignable(ndc)]
    if not possible:
        raise _no_labeler(candidates[0].labeler, field)
    if len(possible) > 1:
        listed = " or ".join(map(str, possible))
        raise Refusal(Code.NDC_INVALID, f"{field} {value} may be {listed}: write it with hyphens", field)
    return possible[0]


def normal(value: object, field: str = "ndc") -> str:
    """The HIPAA form of an NDC in any form, even where its division stays open; Refusal where it is none."""
    if isinstance(value, str) and (eleven := _eleven(value)) is not None:
        if not eleven[0].strip("0"):
            raise _no_labeler(eleven[0], field)
        return "-".join(eleven)
    return parse(value, field).hipaa


def in_gtin(gtin14: str) -> str | None:
    """The ten digits of the NDC that a GTIN is made of, None where it is made of none."""
    return gtin14[3:13] if gtin14[1:3] == _PREFIX else None


def of_gtin(gtin14: str, division: tuple[int, int, int], field: str = "gtin") -> Ndc:
    """The NDC in a GTIN, in one of ``DIVISIONS``; Refusal where the GTIN holds none."""
    digits = in_gtin(gtin14)
    if digits is None:
        raise Refusal(Code.NDC_INVALID, f"GTIN {gtin14} is not made of an NDC", field)
    ndc = _divided(digits, division)
    if not _assignable(ndc):
        raise _no_labeler(ndc.labeler, field)
    return ndc


def match(gtin14: str, value: str, field: str = "ndc") -> None:
    """Refuse an NDC, in any form, that is not the one its GTIN is made of; where it is made of one."""
    digits = in_gtin(gtin14)
    if digits is None:
        return
    possible = {ndc.hipaa for division in DIVISIONS if _assignable(ndc := _divided(digits, division))}
    if normal(value, field) not in possible:
        raise Refusal(
            Code.NDC_INVALID, f"GTIN {gtin14} is made of NDC digits {digits}, not of {value}", field
        )


def _candidates(value: str) -> list[Ndc]:
    eleven = _eleven(value)
    if eleven is not None:
        return [
            Ndc(*(code[len(code) - length :] for code, length in zip(eleven, division, strict=True)))
            for division in DIVISIONS
            if all(
                code[: len(code) - length] in ("", "0") for code, length in zip(eleven, division, strict=True)
            )
        ]
    segments = _SEGMENTS.fullmatch(value)
    if segments:
        lengths = tuple(len(code) for code in segments.groups())
        return [Ndc(*segments.groups())] if lengths in DIVISIONS else []
    if re.fullmatch("[0-9]{10}", value):
        return [_divided(value, division) for division in DIVISIONS]
    return []


def _eleven(value: str) -> tuple[str, str, str] | None:
    """The codes of an HIPAA form, None of any other text."""
    if re.fullmatch("[0-9]{11}", value):
        return value[:5], value[5:9], value[9:]
    segments = _SEGMENTS.fullmatch(value)
    if segments and tuple(len(code) for code in segments.groups()) == _HIPAA:
        return segments[1], segments[2], segments[3]
    return None


def _divided(digits: str, division: tuple[int, int, int]) -> Ndc:
    first, second, _ = division
    return Ndc(digits[:first], digits[first : first + second], digits[first + second :])


def _assignable(ndc: Ndc) -> bool:
    """Whether the FDA assigns such a labeler code: not all zeros, and of five digits only from 10000 on."""
    return bool(ndc.labeler.strip("0")) and not (len(ndc.labeler) == 5 and ndc.labeler[0] == "0")


def _no_labeler(code: str, field: str) -> Refusal:
    return Refusal(Code.NDC_INVALID, f"{field} has labeler code {code}, which is not assigned", field)
