"""Transfers as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from gateway.core.fields import Gln, Identifier, Ref, Text
from gateway.core.schemas import CONTAINER, GLN, RECEIVER_GLN, TIME_MS, LedgerDocument, Request

TransferStatus = Literal["offered", "accepted", "rejected", "cancelled"]


class NewTransfer(Request):
    """An offer of outermost goods. ``id`` is made from the Idempotency-Key unless it is given.

    ``transaction_statement``: the seller's statement under the FD&C Act, section 581(27); it must be true.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"what": [CONTAINER], "to": RECEIVER_GLN, "transaction_statement": True}
        }
    )

    id: Identifier | None = None
    what: Annotated[list[Ref], Field(min_length=1, max_length=200)]
    to: Gln
    transaction_statement: Literal[True]


class Cancellation(Request):
    """Why an offer is withdrawn, if there is something to say."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Wrong pallet"}})

    reason: Text | None = None


class Transfer(LedgerDocument):
    """A transfer on the ledger; times in epoch milliseconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "doc": "transfer",
                "id": "5d2c9b7e1f3a4c6d8e0f1a2b3c4d5e6f",
                "what": [CONTAINER],
                "from": GLN,
                "to": RECEIVER_GLN,
                "status": "offered",
                "transaction_statement": True,
                "offered_at": TIME_MS,
            }
        }
    )

    id: str
    what: list[str]
    from_: str = Field(alias="from")
    to: str
    status: str
    transaction_statement: bool
    offered_at: int
    closed_at: int | None = None
    reason: str | None = None
