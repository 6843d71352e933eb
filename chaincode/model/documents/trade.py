"""Changes of ownership and custody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from chaincode.model.documents.goods import Content
from chaincode.model.documents.registry import Address

Status = Literal[
    "offered", "confirmed", "accepted", "accepted_with_exceptions", "rejected", "cancelled", "expired"
]

# What the seller says in a transaction statement, from (A) to (G) of the FD&C Act, section 581(27).
AFFIRMATIONS: Mapping[str, str] = {
    "authorised": "is authorised as required",
    "received_from_authorised": "received the product from a person that is authorised as required",
    "received_information": "received transaction information and statement from the prior owner",
    "no_suspect_shipped": "did not knowingly ship a suspect or illegitimate product",
    "verification_systems": "had systems and processes in place to comply with verification requirements",
    "no_false_information": "did not knowingly provide false transaction information",
    "history_unaltered": "did not knowingly alter the transaction history",
}


class Business(TypedDict):
    """A party as transaction information names it: with its business name and address."""

    gln: str
    name: str
    address: Address


class LotCount(TypedDict):
    lot: str
    count: int


class Line(TypedDict):
    """One product of a transaction; ``number_of_containers`` counts its packs."""

    gtin: str
    ndc: str
    name: str
    strength: str
    dosage_form: str
    container_size: str
    number_of_containers: int
    lots: list[LotCount]


# ``from`` is a word of Python's, so these are written as calls.
Information = TypedDict(
    "Information",
    {
        "transaction_date": str,
        "shipment_date": NotRequired[str],
        "from": Business,
        "to": Business,
        "lines": list[Line],
    },
)
Information.__doc__ = "Transaction information (FD&C Act, section 581(26))."


class Proposal(TypedDict):
    """How one party (GLN) would settle an exception."""

    by: str
    resolution: str


class Discrepancy(TypedDict):
    """A difference between what was offered and what was received: of a ref, or of so many packs of a lot."""

    kind: Literal["shortage", "overage", "wrong_lot", "damaged"]
    ref: NotRequired[str]
    gtin: NotRequired[str]
    lot: NotRequired[str]
    count: NotRequired[int]
    note: NotRequired[str]
    status: Literal["open", "resolved"]
    proposal: NotRequired[Proposal]
    resolution: NotRequired[str]
    resolved_at: NotRequired[int]


class Price(TypedDict):
    """What a transfer costs: ``amount`` in minor units of ``currency`` (ISO 4217); private to its parties."""

    transfer: str
    amount: int
    currency: str
    incoterm: NotRequired[str]
    salt: str


Transfer = TypedDict(
    "Transfer",
    {
        "doc": Literal["transfer"],
        "id": str,
        "kind": str,
        "what": list[str],
        "contents": list[Content],
        "from": str,
        "to": str,
        "ship_to": NotRequired[str],
        "original": NotRequired[str],
        "status": Status,
        "statement": NotRequired[dict[str, bool]],
        "information": NotRequired[Information],
        "offered_at": int,
        "due_at": int,
        "confirmed_at": NotRequired[int],
        "closed_at": NotRequired[int],
        "reason": NotRequired[str],
        "received": NotRequired[list[str]],
        "exceptions": NotRequired[list[Discrepancy]],
    },
)
Transfer.__doc__ = """An offer and what became of it.

``contents`` are the packs of each lot in all that is offered; ``ship_to`` who a drop shipment is shipped to,
``original`` the transfer that goods were bought with which are now returned; ``due_at`` when the offer ends.
``received`` and ``exceptions`` are there where what came was not what was offered.
"""
