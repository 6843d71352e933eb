"""Parties and licences as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.core.fields import Day, Gln, ShortText, Text
from gateway.core.schemas import ADDRESS, GLN, TIME_MS, Address, LedgerDocument, Request

Role = Literal["manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator"]
_LICENCE: dict[str, Any] = {
    "authority": "FDA",
    "number": "DR-400001",
    "jurisdiction": "US",
    "valid_from": "2026-01-01",
    "valid_to": "2027-12-31",
}
_HELD: dict[str, Any] = {**_LICENCE, "roles": ["manufacturer"], "status": "active"}
_PARTY: dict[str, Any] = {
    "gln": GLN,
    "name": "Alpine Pharma",
    "address": ADDRESS,
    "msp_id": "ManufacturerMSP",
    "role": "manufacturer",
    "licences": [_LICENCE],
}


class LicenceName(Request):
    """Which licence, and why something is done with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"authority": "FDA", "number": "DR-400001", "reason": "Inspection 12/26"}
        }
    )

    authority: Text
    number: ShortText
    reason: Text


class PartyChange(Request):
    """A party's new business name, its new address, or both."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Alpine Pharma Inc.", "address": ADDRESS}}
    )

    name: Text | None = None
    address: Address | None = None

    @model_validator(mode="after")
    def _something(self) -> PartyChange:
        if self.name is None and self.address is None:
            raise ValueError("name, address or both are given")
        return self


class NewLicence(Request):
    """An authority's licence, valid on both dates and between; for the party's role, or for ``roles``.

    The same authority and number renews one.
    """

    model_config = ConfigDict(json_schema_extra={"example": _LICENCE})

    authority: Text
    number: ShortText
    jurisdiction: ShortText
    valid_from: Day
    valid_to: Day
    roles: Annotated[list[Role], Field(min_length=1, max_length=6)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> NewLicence:
        if self.valid_from > self.valid_to:
            raise ValueError("valid_to is not before valid_from")
        return self


class NewParty(Request):
    """A trading partner to register, by its business name and address; ``msp_id`` is who acts for it."""

    model_config = ConfigDict(json_schema_extra={"example": _PARTY})

    gln: Gln
    name: Text
    address: Address
    msp_id: ShortText
    role: Role
    licences: Annotated[list[NewLicence], Field(min_length=1, max_length=50)]


class Licence(BaseModel):
    """A licence as it stands on the ledger."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _HELD})

    authority: str
    number: str
    jurisdiction: str
    valid_from: str
    valid_to: str
    roles: list[str]
    status: str
    reason: str | None = None


class Party(LedgerDocument):
    """A trading partner on the ledger; ``registered_at`` in epoch milliseconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "doc": "party",
                **_PARTY,
                "status": "active",
                "licences": [_HELD],
                "registered_at": TIME_MS,
            }
        }
    )

    gln: str
    name: str
    address: Address
    msp_id: str
    role: str
    status: str
    reason: str | None = None
    licences: list[Licence]
    registered_at: int
