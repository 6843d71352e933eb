"""What the registry holds: parties with their licences, products, the consortium's settings."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from chaincode.model.documents.coldchain import Storage

Role = Literal["manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator"]
ROLES: tuple[str, ...] = ("manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator")


LicenceStatus = Literal["active", "suspended", "revoked"]


class Licence(TypedDict):
    """An authority's licence for ``roles``; valid on ``valid_from``, ``valid_to`` and the days between.

    ``reason`` says why its status last changed.
    """

    authority: str
    number: str
    jurisdiction: str
    valid_from: str
    valid_to: str
    roles: list[Role]
    status: LicenceStatus
    reason: NotRequired[str]


class Party(TypedDict):
    """A trading partner or regulator, for which the member ``msp_id`` acts and signs.

    ``reason`` says why its status last changed.
    """

    doc: Literal["party"]
    gln: str
    name: str
    msp_id: str
    role: Role
    status: Literal["active", "suspended"]
    reason: NotRequired[str]
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
