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


class Address(TypedDict):
    """Where a party does business, in the words of GS1's Core Business Vocabulary; no person's.

    ``country`` is two letters of ISO 3166-1, ``state`` there where the country has such.
    """

    street_address: str
    city: str
    state: NotRequired[str]
    postal_code: str
    country: str


class Party(TypedDict):
    """A trading partner or regulator, for which the member ``msp_id`` acts and signs.

    ``name`` and ``address`` are the business's, which transaction information states; no personal data.
    ``reason`` says why its status last changed.
    """

    doc: Literal["party"]
    gln: str
    name: str
    address: Address
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


class Bucket(TypedDict):
    """A part of custody's directory: the parties (by GLN) that the registry has and that fall into it."""

    doc: Literal["directory"]
    bucket: str
    parties: dict[str, Party]


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


class KnownSettings(TypedDict):
    """The settings as custody's directory has them."""

    doc: Literal["directory"]
    bucket: Literal["settings"]
    settings: Settings
