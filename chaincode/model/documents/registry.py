"""What the registry holds: parties with their licences, products, the consortium's settings."""

from __future__ import annotations

from typing import Literal, TypedDict

from chaincode.model.documents.coldchain import Storage

Role = Literal["manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator"]
ROLES: tuple[str, ...] = ("manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator")


class Licence(TypedDict):
    """An authority's licence; valid on ``valid_from``, ``valid_to`` and the days between."""

    authority: str
    number: str
    jurisdiction: str
    valid_from: str
    valid_to: str


class Party(TypedDict):
    doc: Literal["party"]
    gln: str
    name: str
    msp_id: str
    role: Role
    licences: list[Licence]
    registered_at: int


class Product(TypedDict):
    doc: Literal["product"]
    gtin: str
    manufacturer: str
    name: str
    strength: str
    dosage_form: str
    ndc: str
    container_size: str
    storage: Storage
    registered_at: int


class SettingsValue(TypedDict):
    """``rules`` is the version of the rules in force; ``parameters`` those that differ from their default."""

    regulators: list[str]
    members: list[str]
    rules: int
    parameters: dict[str, int]


class Settings(TypedDict):
    """The consortium's settings; ``version`` grows by one with every change."""

    doc: Literal["param"]
    name: Literal["consortium"]
    version: int
    value: SettingsValue
