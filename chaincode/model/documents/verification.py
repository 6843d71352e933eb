"""Requests to verify a product identifier, and their answers in the words of GS1's verification message."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

CONTEXTS = ("saleable_return", "suspect", "dispense")

# GS1 Lightweight Messaging Standard for Verification of Product Identifiers, with its implementation
# guideline for the DSCSA, release 1.3.
NO_MATCH_SERIAL = "No_match_GTIN_Serial"
NO_MATCH_LOT = "No_match_GTIN_Serial_Lot"
NO_MATCH_EXPIRY = "No_match_GTIN_Serial_Expiry"
NO_MATCH_LOT_EXPIRY = "No_match_GTIN_Serial_Lot_Expiry"
NOT_FOR_REDISTRIBUTION = "Not_for_re-distribution"
FAILURES = (
    "Manufacturer_policy",
    NO_MATCH_SERIAL,
    NO_MATCH_LOT_EXPIRY,
    NO_MATCH_LOT,
    NO_MATCH_EXPIRY,
    "No_reason_provided",
    NOT_FOR_REDISTRIBUTION,
)
# The gravest first: a message says one.
ILLEGITIMATE, SUSPECT, RECALLED, EXPIRED = "Illegitimate", "Suspect", "Recalled", "Expired"
INFORMATION = (ILLEGITIMATE, SUSPECT, RECALLED, EXPIRED, "ExpirationExtended")


class VerificationData(TypedDict):
    """The ``data`` of a verification message, in GS1's own spelling."""

    verified: bool
    verificationFailureReason: NotRequired[str]
    additionalInfo: NotRequired[str]


class Verification(TypedDict):
    """A request, and who answers it until when.

    ``ledger`` is what the ledger itself said when it was asked. ``answer`` is what holds: the ledger's, where
    it settled the request, or the manufacturer's. ``answered_by`` is "ledger" or the manufacturer's GLN.
    """

    doc: Literal["verification"]
    id: str
    requester: str
    responder: str
    gtin: str
    serial: str
    lot: str
    expiry: str
    context: Literal["saleable_return", "suspect", "dispense"]
    status: Literal["requested", "answered"]
    requested_at: int
    due_at: int
    ledger: VerificationData
    answer: NotRequired[VerificationData]
    answered_by: NotRequired[str]
    answered_at: NotRequired[int]


class Verified(TypedDict):
    """The latest verification of a pack for its return to ``gln``: what a saleable return is checked with."""

    doc: Literal["verified"]
    ref: str
    gln: str
    verification: str
    answer: VerificationData
    requested_at: int
