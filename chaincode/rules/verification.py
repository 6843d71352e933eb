"""Verification of product identifiers: what the ledger says of a pack, and whose answer counts for what."""

from __future__ import annotations

from dataclasses import dataclass

from chaincode.model.documents.goods import Lot
from chaincode.model.documents.registry import Party
from chaincode.model.documents.verification import (
    EXPIRED,
    ILLEGITIMATE,
    NO_MATCH_EXPIRY,
    NO_MATCH_LOT,
    NO_MATCH_LOT_EXPIRY,
    NO_MATCH_SERIAL,
    NOT_FOR_REDISTRIBUTION,
    RECALLED,
    SUSPECT,
    Verification,
    VerificationData,
    Verified,
)
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# Holds that say more than that somebody is looking at the goods.
_GRAVE = frozenset({"suspect", "illegitimate", "condemned"})


@dataclass(frozen=True)
class Pack:
    """What the ledger knows of the pack with a GTIN and a serial number.

    ``status`` is the unit's own; ``holds`` the statuses of the holds on it and on what is around it, where
    there are any; ``recalled`` whether an open recall covers it.
    """

    lot: Lot
    status: str
    holds: frozenset[str]
    recalled: bool


def response(pack: Pack | None, lot: str, expiry: str, today: str) -> VerificationData:
    """What the ledger answers of a pack with the identifier's GTIN and serial number; None is no such pack.

    Verified is an identifier that was commissioned with this lot and expiry, of a pack that was not handed
    out, decommissioned or found suspect. What else makes it unsaleable is told beside it, the gravest alone.

    Source of the words: GS1 Lightweight Messaging Standard for Verification of Product Identifiers.
    """
    if pack is None:
        return {"verified": False, "verificationFailureReason": NO_MATCH_SERIAL}
    failure = _mismatch(pack.lot, lot, expiry)
    if failure is not None:
        return {"verified": False, "verificationFailureReason": failure}
    information = _information(pack, today)
    active = pack.status == "commissioned" and not pack.holds & _GRAVE
    data: VerificationData = {"verified": active}
    if not active:
        data["verificationFailureReason"] = NOT_FOR_REDISTRIBUTION
    if information is not None:
        data["additionalInfo"] = information
    return data


def _mismatch(known: Lot, lot: str, expiry: str) -> str | None:
    if known["lot"] != lot:
        return NO_MATCH_LOT if known["expiry"] == expiry else NO_MATCH_LOT_EXPIRY
    return None if known["expiry"] == expiry else NO_MATCH_EXPIRY


def _information(pack: Pack, today: str) -> str | None:
    if "illegitimate" in pack.holds:
        return ILLEGITIMATE
    if "suspect" in pack.holds:
        return SUSPECT
    if pack.recalled:
        return RECALLED
    return EXPIRED if pack.lot["expiry"] < today else None


def settled(context: str, data: VerificationData) -> bool:
    """Whether the ledger's answer is the manufacturer's: its own record of the identifier, which agrees.

    Not of a suspect pack, whose identifier may be a copied one: there the manufacturer itself looks.
    """
    return data["verified"] and context != "suspect"


@rule(Code.NOT_AUTHORISED, parameters=("verification_hours",))
def answered_by(party: Party, responder: str, field: str) -> None:
    """A request to verify is answered by the product's manufacturer or repackager, within the clock.

    Source: FD&C Act, section 582(b)(4)(C), (e)(4)(C).
    """
    if party["gln"] != responder:
        raise Refusal(Code.NOT_AUTHORISED, f"the request is to {responder}", field)


@rule(Code.VERIFICATION_ANSWERED)
def unanswered(verification: Verification, field: str) -> None:
    """A manufacturer answers a request once; what the ledger itself answered, it may still correct.

    Source: Design of MediLedger: the consortium's own; the answer itself is that of FD&C Act, section
    582(b)(4)(C), (e)(4)(C).
    """
    if verification.get("answered_by", "ledger") != "ledger":
        message = f"verification {verification['id']} was answered by {verification['responder']}"
        raise Refusal(Code.VERIFICATION_ANSWERED, message, field)


@rule(Code.VERIFICATION_CONTRADICTED)
def consistent(answer: VerificationData, ledger: VerificationData, field: str) -> None:
    """Nobody verifies an identifier that the ledger knows otherwise, or a pack that is no longer sold.

    Source: FD&C Act, section 581(28).
    """
    if answer["verified"] and not ledger["verified"]:
        reason = ledger["verificationFailureReason"]
        raise Refusal(Code.VERIFICATION_CONTRADICTED, f"the ledger's own answer is {reason}", field)


@rule(Code.NOT_VERIFIED)
def returnable(verified: Verified | None, ref: str, gln: str, since: int, field: str) -> None:
    """A returned pack is sold on only when its identifier was verified, by who took it back, after it came.

    ``since`` is when the return was offered, epoch milliseconds. What is recalled, expired or suspect is no
    saleable return.

    Source: FD&C Act, section 582(b)(4)(E), (c)(4)(D), (e)(4)(E).
    """
    if verified is None or verified["requested_at"] < since:
        raise Refusal(Code.NOT_VERIFIED, f"{gln} has not verified {ref} for this return", field)
    answer = verified["answer"]
    if not answer["verified"] or "additionalInfo" in answer:
        told = answer.get("verificationFailureReason") or answer.get("additionalInfo")
        raise Refusal(Code.NOT_VERIFIED, f"{verified['verification']} on {ref}: {told}", field)
