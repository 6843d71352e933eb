"""Schemas that several features share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gateway.core.fields import Country, MilliCelsius, ShortText, Text

# GS1 sets the prefix 952 aside for demonstrations and examples.
GLN = "9521234000013"
RECEIVER_GLN = "9521234000020"
GTIN = "09521234100010"
SERIAL = "A1000001"
SSCC = "095212340000000013"
UNIT = f"01{GTIN}21{SERIAL}"
CONTAINER = f"00{SSCC}"
TX_ID = "3f8a1c52e07b4d96a1f0c3e5d7b9827461ac0d2e4f68907b1c3d5e7f9a0b2c4d"
TIME_MS = 1_790_000_000_000
ADDRESS: dict[str, JsonValue] = {
    "street_address": "12 Larch Works Road",
    "city": "Fairhaven",
    "state": "MA",
    "postal_code": "02719",
    "country": "US",
}


class Request(BaseModel):
    """A request's body: an unknown field is refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class LedgerDocument(BaseModel):
    """A document of the ledger, as it stands there; a field that it does not have is absent."""

    model_config = ConfigDict(extra="allow")

    doc: str


class Storage(BaseModel):
    """How goods may be kept: limits, both ends allowed, and what else the product's stability data allow.

    Excursions may stay within ``excursion_min_mc`` to ``excursion_max_mc`` for ``excursion_minutes``
    altogether; the mean kinetic temperature over ``mkt_window_days`` is at most ``mkt_max_mc``; below
    ``freeze_mc`` goods are spoilt.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"min_mc": 2000, "max_mc": 8000}})

    min_mc: MilliCelsius
    max_mc: MilliCelsius
    excursion_min_mc: MilliCelsius | None = None
    excursion_max_mc: MilliCelsius | None = None
    excursion_minutes: Annotated[int, Field(ge=1)] | None = None
    mkt_max_mc: MilliCelsius | None = None
    mkt_window_days: Annotated[int, Field(ge=1)] | None = None
    freeze_mc: MilliCelsius | None = None


class Address(Request):
    """Where a party does business; transaction information states it (FD&C Act, section 581(26)(I), (J))."""

    model_config = ConfigDict(json_schema_extra={"example": ADDRESS})

    street_address: Text
    city: Text
    state: ShortText | None = None
    postal_code: Annotated[ShortText, Field(max_length=20)]
    country: Country


class Reason(Request):
    """Why something is done, for whoever reads the history."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Seal broken"}})

    reason: Text


class Nothing(Request):
    """An empty body; it may also be left out."""

    model_config = ConfigDict(json_schema_extra={"example": {}})
