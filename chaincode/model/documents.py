"""The ledger's documents. Absent means absent: no document holds a null.

Times are epoch milliseconds of the transaction's timestamp, dates ``YYYY-MM-DD`` (UTC), temperatures
milli-degrees Celsius. A *ref* is a GS1 element string: ``01<GTIN-14>21<serial>`` or ``00<SSCC>``.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Role = Literal["manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator"]
ROLES: tuple[str, ...] = ("manufacturer", "repackager", "wholesaler", "3pl", "dispenser", "regulator")
QUARANTINE: Literal["quarantine"] = "quarantine"


class Licence(TypedDict):
    """An authority's licence; valid on ``valid_from``, ``valid_to`` and the days between."""

    authority: str
    number: str
    jurisdiction: str
    valid_from: str
    valid_to: str


class Storage(TypedDict):
    """Temperatures at which goods may be kept, both ends allowed."""

    min_mc: int
    max_mc: int


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


class Lot(TypedDict):
    doc: Literal["lot"]
    gtin: str
    lot: str
    manufacturer: str
    expiry: str
    manufactured: str
    status: Literal["released", "recalled", "withdrawn"]
    created_at: int


class Custody(TypedDict):
    """What a unit and a container share. Owner and custodian (GLNs) only while there is no parent (SSCC)."""

    parent: NotRequired[str]
    owner: NotRequired[str]
    custodian: NotRequired[str]
    hold: NotRequired[Literal["quarantine"]]
    hold_reason: NotRequired[str]
    offer: NotRequired[str]


class Unit(Custody):
    doc: Literal["unit"]
    gtin: str
    serial: str
    lot: str
    status: Literal["commissioned", "dispensed"]
    commissioned_at: int
    dispensed_at: NotRequired[int]


class Container(Custody):
    """``storage`` is the narrowest profile of what was packed."""

    doc: Literal["container"]
    sscc: str
    children: list[str]
    status: Literal["packed", "unpacked"]
    storage: Storage
    packed_at: int
    packed_by: str


# ``from`` is a word of Python's, so this one is written as a call.
Transfer = TypedDict(
    "Transfer",
    {
        "doc": Literal["transfer"],
        "id": str,
        "what": list[str],
        "from": str,
        "to": str,
        "status": Literal["offered", "accepted", "rejected", "cancelled"],
        "transaction_statement": bool,
        "offered_at": int,
        "closed_at": NotRequired[int],
        "reason": NotRequired[str],
    },
)


class Device(TypedDict):
    doc: Literal["device"]
    id: str
    gln: str
    kind: Literal["temperature"]
    status: Literal["active"]
    registered_at: int
    container: NotRequired[str]
    attached_at: NotRequired[int]


class SensorAnchor(TypedDict):
    """The Merkle root over a container's readings of a window; ``excursion`` where they left the profile."""

    doc: Literal["sensor_anchor"]
    id: str
    container: str
    devices: list[str]
    window_start: int
    window_end: int
    root: str
    count: int
    min_mc: int
    max_mc: int
    mean_mc: int
    mkt_mc: int
    anchored_at: int
    excursion: NotRequired[str]


class Excursion(TypedDict):
    doc: Literal["excursion"]
    id: str
    container: str
    anchor: str
    min_mc: int
    max_mc: int
    limit: Storage
    detected_at: int
