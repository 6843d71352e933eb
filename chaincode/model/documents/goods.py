"""Lots, units and containers.

Goods live through numbered periods, each a document under a key of its own: loose in even periods, packed in
odd ones. A loose period's document changes while it lasts, under its owner's endorsement policy; a packed
period's and a packing list never change.
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

    A packed period names its ``parent`` (SSCC) and the ``part`` of that one's packing list that names it. A
    loose one has owner and custodian (GLNs), the owner's MSP, whose endorsement its key demands, and perhaps
    an open offer (a transfer's id). ``missing`` names the transfer in which it was sent and did not arrive;
    ``taken_at`` is when it was taken out of a container, which began the period, and ``ended`` is there once
    such a period is over, the goods packed again; so is it of the first period of a container.

    ``decommissioning`` is there while the status is ``decommissioned``; what is inside such a container is
    decommissioned with it.
    """

    period: int
    parent: NotRequired[str]
    part: NotRequired[str]
    owner: NotRequired[str]
    owner_msp: NotRequired[str]
    custodian: NotRequired[str]
    offer: NotRequired[str]
    missing: NotRequired[str]
    taken_at: NotRequired[int]
    ended: NotRequired[Literal[True]]
    decommissioning: NotRequired[Decommissioning]


class Unit(Period):
    """``origin`` and ``into`` are the ids of the repackagings that it came from and that ended it."""

    doc: Literal["unit"]
    gtin: str
    serial: str
    lot: str
    status: Literal["commissioned", "dispensed", "decommissioned", "repackaged"]
    commissioned_at: int
    dispensed_at: NotRequired[int]
    origin: NotRequired[str]
    into: NotRequired[str]


class Content(TypedDict):
    """How many packs of a lot are somewhere inside a container."""

    gtin: str
    lot: str
    count: int


class Container(Period):
    """``storage`` is the narrowest profile of what was packed, ``contents`` what is inside at all levels.

    ``levels`` is how many containers deep it is packed, itself counted. ``parts`` are the SHA-256, in lower
    case hexadecimal, of all parts of its packing list as they are written: what its seal is of, and so for
    ever the same. ``taken`` names what was taken out so far; a container out of which everything was taken
    is ``unpacked`` and lists nothing.
    """

    doc: Literal["container"]
    sscc: str
    status: Literal["packed", "unpacked", "decommissioned"]
    storage: Storage
    contents: list[Content]
    levels: int
    parts: list[str]
    taken: list[str]
    packed_at: int
    packed_by: str


class Packing(TypedDict):
    """A part of what was packed into a container, with the number of the period that this began for each.

    ``part`` is its number, from 0, as the key has it (``chaincode.model.packing``). ``msp_id`` is the MSP of
    ``owner``, who owned it all; the list's seal, which its peer endorsed, is in the collection of that MSP.
    """

    doc: Literal["packing"]
    sscc: str
    part: str
    children: list[str]
    periods: list[int]
    owner: str
    msp_id: str


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
