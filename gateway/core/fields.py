"""Types of request fields. GS1 keys are checked by the model itself, so the codes are the ledger's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from chaincode.model import countries, gs1, kinetics, refs
from chaincode.model.errors import Code, Refusal


def _checked(check: Callable[[Any], str]) -> Callable[[Any], str]:
    """``check`` as a pydantic validator: a Refusal becomes a field's error of that code."""

    def validate(value: Any) -> str:
        try:
            return check(value)
        except Refusal as refusal:
            raise PydanticCustomError(refusal.code.value, "{rule}", {"rule": refusal.message}) from None

    return validate


def _ref(value: Any) -> str:
    return refs.normal(value, "ref")


def _unit_ref(value: Any) -> str:
    ref = _ref(value)
    if ref.startswith("00"):
        raise Refusal(Code.INVALID_ARGUMENT, "a unit is meant here, 01<GTIN-14>21<serial>", "ref")
    return ref


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has characters that cannot be printed")
    return value


Gtin = Annotated[
    str, BeforeValidator(_checked(gs1.gtin)), Field(description="GTIN of 8, 12, 13 or 14 digits")
]
Gln = Annotated[str, BeforeValidator(_checked(gs1.gln)), Field(description="GLN, 13 digits")]
Sscc = Annotated[str, BeforeValidator(_checked(gs1.sscc)), Field(description="SSCC, 18 digits")]
Serial = Annotated[
    str,
    BeforeValidator(_checked(gs1.serial)),
    Field(description="serial number, AI (21): 1 to 20 characters of GS1's character set 82"),
]
LotNumber = Annotated[
    str,
    BeforeValidator(_checked(gs1.lot)),
    Field(description="batch or lot number, AI (10): 1 to 20 characters of GS1's character set 82"),
]
Ref = Annotated[
    str,
    BeforeValidator(_checked(_ref)),
    Field(
        description="a unit, 01<GTIN-14>21<serial>, or a container, 00<SSCC>; also as a longer GS1 element "
        "string (raw or bracketed) or as a GS1 Digital Link URI"
    ),
]
UnitRef = Annotated[
    str,
    BeforeValidator(_checked(_unit_ref)),
    Field(description="GS1 element string of a unit, 01<GTIN-14>21<serial>"),
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
TransactionId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
]
ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_printable),
]
Country = Annotated[
    str,
    BeforeValidator(_checked(countries.country)),
    Field(description="country, two letters of ISO 3166-1"),
]
Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]
MilliCelsius = Annotated[
    int, Field(ge=kinetics.COLDEST_MC, le=kinetics.HOTTEST_MC, description="milli-degrees Celsius")
]
