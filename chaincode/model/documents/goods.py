"""Lots, trays of packs, units and containers.

Goods live through numbered periods, each a document under a key of its own. A period begins when goods are
commissioned, packed (a container) or taken out of what they were in. Its document changes under its owner's
endorsement policy until the goods are packed; then it says so, and never changes again. A pack's first period
is that in its tray, whose document says these things for all packs in it.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from chaincode.model.documents.coldchain import Storage

QUARANTINE: Literal["quarantine"] = "quarantine"


class LotName(TypedDict):
    gtin: str
    lot: str


class Lot(TypedDict):
    """``origins`` are the lots of which packs were repackaged into this one, directly or not."""

    doc: Literal["lot"]
    gtin: str
    lot: str
    manufacturer: str
    expiry: str
    manufactured: str
    created_at: int
    origins: NotRequired[list[LotName]]


class Decommissioning(TypedDict):
    """Why goods left the supply chain, where (a GLN) and when."""

    reason: Literal["damaged", "destroyed", "exported", "other", "sample", "stolen"]
    gln: str
    at: int
    note: NotRequired[str]


class Period(TypedDict):
    """What units and containers share.

    Loose goods have owner and custodian (GLNs), the owner's MSP, whose endorsement their key demands, and
    perhaps an open offer (a transfer's id); packed ones name their ``parent`` (SSCC) instead. ``missing``
    names the transfer in which they were sent and did not arrive; ``taken_at`` is when they were taken out of
    a container, which began the period.

    ``decommissioning`` is there while the status is ``decommissioned``; what is inside such a container is
    decommissioned with it.
    """

    period: int
    parent: NotRequired[str]
    owner: NotRequired[str]
    owner_msp: NotRequired[str]
    custodian: NotRequired[str]
    offer: NotRequired[str]
    missing: NotRequired[str]
    taken_at: NotRequired[int]
    decommissioning: NotRequired[Decommissioning]


class Unit(Period):
    """``tray`` names, of a pack in its first period, its tray: by the serial number of that one's first.

    ``origin`` and ``into`` are the ids of the repackagings that it came from and that ended it.
    """

    doc: Literal["unit"]
    gtin: str
    serial: str
    lot: str
    status: Literal["commissioned", "dispensed", "decommissioned", "repackaged"]
    commissioned_at: int
    dispensed_at: NotRequired[int]
    tray: NotRequired[str]
    origin: NotRequired[str]
    into: NotRequired[str]


class Tray(TypedDict):
    """Packs that were commissioned together: ``serials``, of which ``serial`` is the first.

    ``left`` are those that left it one by one, each for a period of its own, in order. While the others are
    loose, it has their owner and custodian; once they are packed, all together, it names their ``parent``.
    """

    doc: Literal["tray"]
    gtin: str
    serial: str
    lot: str
    commissioned_at: int
    origin: NotRequired[str]
    serials: list[str]
    left: list[str]
    owner: NotRequired[str]
    owner_msp: NotRequired[str]
    custodian: NotRequired[str]
    parent: NotRequired[str]


class Content(TypedDict):
    """How many packs of a lot are somewhere inside a container."""

    gtin: str
    lot: str
    count: int


class Container(Period):
    """``storage`` is the narrowest profile of what was packed, ``contents`` what is inside at all levels.

    ``levels`` is how many containers deep it is packed, itself counted. ``taken`` names what was taken out so
    far; a container out of which everything was taken is ``unpacked`` and lists nothing.
    """

    doc: Literal["container"]
    sscc: str
    status: Literal["packed", "unpacked", "decommissioned"]
    storage: Storage
    contents: list[Content]
    levels: int
    taken: list[str]
    packed_at: int
    packed_by: str


class Packing(TypedDict):
    """What was packed into a container: whole ``trays``, each by GTIN and first serial number, and refs.

    That goods are in the container, their own documents and those of their trays say.
    """

    doc: Literal["packing"]
    sscc: str
    trays: list[list[str]]
    children: list[str]


# ``from`` is a word of Python's, so this one is written as a call.
Repackaging = TypedDict(
    "Repackaging",
    {
        "doc": Literal["repackaging"],
        "id": str,
        "gln": str,
        "from": list[str],
        "to": list[str],
        "repackaged_at": int,
    },
)
"""Which packs were made of which; its id is that of its transaction."""
