"""Transfers as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from chaincode.model.documents.trade import AFFIRMATIONS
from gateway.core.fields import Day, Gln, Gtin, Identifier, LotNumber, Ref, Text
from gateway.core.schemas import (
    ADDRESS,
    CONTAINER,
    GLN,
    GTIN,
    RECEIVER_GLN,
    TIME_MS,
    UNIT,
    Address,
    LedgerDocument,
    Request,
)

TransferStatus = Literal[
    "offered", "confirmed", "accepted", "accepted_with_exceptions", "rejected", "cancelled", "expired"
]
OfferKind = Literal["sale", "ownership_only", "custody_only", "drop_shipment"]
ReturnKind = Literal["saleable_return", "nonsaleable_return", "recall_return"]
ExceptionKind = Literal["shortage", "overage", "wrong_lot", "damaged"]
Resolution = Literal["found", "delivered", "lost", "returned", "bought", "credited", "kept", "destroyed"]
What = Annotated[list[Ref], Field(min_length=1, max_length=200)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


STATEMENT: dict[str, JsonValue] = dict.fromkeys(AFFIRMATIONS, True)


class Statement(Request):
    """The seller's transaction statement (FD&C Act, section 581(27)(A) to (G)): all seven are true."""

    model_config = ConfigDict(json_schema_extra={"example": STATEMENT})

    authorised: Literal[True]
    received_from_authorised: Literal[True]
    received_information: Literal[True]
    no_suspect_shipped: Literal[True]
    verification_systems: Literal[True]
    no_false_information: Literal[True]
    history_unaltered: Literal[True]


class NewTransfer(Request):
    """An offer of outermost goods. ``id`` is made from the Idempotency-Key unless it is given.

    ``statement`` goes with every kind that changes ownership. A drop shipment names with ``ship_to`` who
    takes the goods in. ``shipment_date``: where they leave later than the day after the offer.
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"what": [CONTAINER], "to": RECEIVER_GLN, "statement": STATEMENT}}
    )

    id: Identifier | None = None
    kind: OfferKind = "sale"
    what: What
    to: Gln
    ship_to: Gln | None = None
    statement: Statement | None = None
    shipment_date: Day | None = None


class NewReturn(Request):
    """Goods offered back to their seller, or what is unfit for sale to its manufacturer.

    ``original`` is the transfer that they were bought with; a saleable return has one.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kind": "saleable_return",
                "what": [UNIT],
                "to": RECEIVER_GLN,
                "original": "5d2c9b7e1f3a4c6d8e0f1a2b3c4d5e6f",
            }
        }
    )

    id: Identifier | None = None
    kind: ReturnKind
    what: What
    to: Gln
    original: Identifier | None = None


class ReceiptException(Request):
    """A difference between what was offered and what came: of a ref, or of so many packs of a lot."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "shortage", "ref": UNIT, "note": "Not on the pallet"}}
    )

    kind: ExceptionKind
    ref: Ref | None = None
    gtin: Gtin | None = None
    lot: LotNumber | None = None
    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    note: Text | None = None


class Confirmation(Request):
    """``price_hash``: of the price that the offer has, where it has one."""

    model_config = ConfigDict(json_schema_extra={"example": {"price_hash": HASH}})

    price_hash: Hash | None = None


class Acceptance(Confirmation):
    """What came; without ``received`` it is all that was offered."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"received": [CONTAINER], "exceptions": [{"kind": "shortage", "ref": UNIT}]}
        }
    )

    received: What | None = None
    exceptions: Annotated[list[ReceiptException], Field(min_length=1, max_length=200)] | None = None


class Settlement(Request):
    """How an exception is to be settled; it is, once the other side says the same."""

    model_config = ConfigDict(json_schema_extra={"example": {"resolution": "found"}})

    resolution: Resolution


class Cancellation(Request):
    """Why an offer is withdrawn, if there is something to say."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Wrong pallet"}})

    reason: Text | None = None


class Price(Request):
    """What a transfer costs: ``amount`` in minor units of ``currency`` (ISO 4217), perhaps an Incoterm."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"amount": 129900, "currency": "USD", "incoterm": "DAP"}}
    )

    amount: Annotated[int, Field(ge=0, le=10**15)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    incoterm: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None


class RecordedPrice(Request):
    """The public hash of a price that stands in both parties' private collections."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"transfer": "5d2c9b7e1f3a4c6d8e0f1a2b3c4d5e6f", "price_hash": HASH}}
    )

    transfer: str
    price_hash: str


class KnownPrice(Price):
    """The price as this member's collection has it."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"amount": 129900, "currency": "USD", "price_hash": HASH}}
    )

    price_hash: str


class PriceCheck(Request):
    """Whether each side holds just this price."""

    model_config = ConfigDict(json_schema_extra={"example": {"from": True, "to": True, "price_hash": HASH}})

    from_: bool = Field(alias="from")
    to: bool
    price_hash: str


_SELLER: dict[str, JsonValue] = {"gln": GLN, "name": "Alpine Pharma", "address": {**ADDRESS}}
_BUYER: dict[str, JsonValue] = {
    "gln": RECEIVER_GLN,
    "name": "Valley Wholesale",
    "address": {**ADDRESS, "street_address": "40 Depot Street"},
}
_LINE: dict[str, JsonValue] = {
    "gtin": GTIN,
    "ndc": "99999-0100-10",
    "name": "Insulin glargine",
    "strength": "100 units/mL",
    "dosage_form": "injection, solution",
    "container_size": "5 x 3 mL pens",
    "number_of_containers": 1000,
    "lots": [{"lot": "L-2026-17", "count": 1000}],
}
_INFORMATION: dict[str, JsonValue] = {
    "transaction_date": "2026-09-21",
    "from": _SELLER,
    "to": _BUYER,
    "lines": [_LINE],
}


class Business(BaseModel):
    """A party with its business name and address, as they were at the time of the offer."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _SELLER})

    gln: str
    name: str
    address: Address


class Line(BaseModel):
    """One product of a transaction; ``number_of_containers`` counts its packs, ``lots`` those of each lot."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _LINE})

    gtin: str
    ndc: str
    name: str
    strength: str
    dosage_form: str
    container_size: str
    number_of_containers: int
    lots: list[dict[str, Any]]


class Information(BaseModel):
    """Transaction information (FD&C Act, section 581(26)); both dates ``YYYY-MM-DD``."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _INFORMATION})

    transaction_date: str
    shipment_date: str | None = None
    from_: Business = Field(alias="from")
    to: Business
    lines: list[Line]


class Transfer(LedgerDocument):
    """A transfer on the ledger; times in epoch milliseconds, ``due_at`` the end of its offer."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "doc": "transfer",
                "id": "5d2c9b7e1f3a4c6d8e0f1a2b3c4d5e6f",
                "kind": "sale",
                "what": [CONTAINER],
                "contents": [{"gtin": GTIN, "lot": "L-2026-17", "count": 1000}],
                "from": GLN,
                "to": RECEIVER_GLN,
                "status": "offered",
                "information": _INFORMATION,
                "offered_at": TIME_MS,
                "due_at": TIME_MS + 2_592_000_000,
            }
        }
    )

    id: str
    kind: str
    what: list[str]
    contents: list[dict[str, Any]]
    from_: str = Field(alias="from")
    to: str
    ship_to: str | None = None
    original: str | None = None
    status: str
    statement: dict[str, bool] | None = None
    information: Information | None = None
    offered_at: int
    due_at: int
    confirmed_at: int | None = None
    closed_at: int | None = None
    reason: str | None = None
    received: list[str] | None = None
    exceptions: list[dict[str, Any]] | None = None
