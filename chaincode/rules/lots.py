"""Lots: their dates, and what they were repackaged from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from chaincode.model.documents.goods import Lot
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


@rule(Code.INVALID_ARGUMENT)
def made(manufactured: str, today: str, field: str) -> None:
    """A lot is created when it has been made: its day of manufacture (``YYYY-MM-DD``) is not in the future.

    Source: 21 CFR 211.188(b)(1).
    """
    if manufactured > today:
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} is not in the future", field)


@rule(Code.INVALID_ARGUMENT)
def keeps(expiry: str, manufactured: str, field: str) -> None:
    """A lot expires after the day on which it was made.

    Source: 21 CFR 211.137(a).
    """
    if expiry <= manufactured:
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} is after the day of manufacture", field)


@rule(Code.LOT_EXISTS)
def unused(found: object | None, lot: str, field: str) -> None:
    """A product's lot number names one lot.

    Source: 21 CFR 210.3(b)(11) (a lot number determines the complete history of a lot).
    """
    if found is not None:
        raise Refusal(Code.LOT_EXISTS, f"lot {lot} exists", field)


@rule(Code.LOT_EXPIRED)
def unexpired(lot: Lot, today: str, field: str) -> None:
    """Packs may be supplied up to and on their lot's expiry date, not later.

    Source: 21 CFR 211.137(a); GS1 General Specifications, section 3.4.7 (expiration date).
    """
    if lot["expiry"] < today:
        raise Refusal(Code.LOT_EXPIRED, f"lot {lot['lot']} expired on {lot['expiry']}", field)


@rule(Code.EXPIRY_EXTENDED)
def expires_no_later(lot: Lot, original: Lot, field: str) -> None:
    """Repackaging gives a product no longer life: the new lot expires when the old one does, or before.

    Source: 21 CFR 211.137(a) and 211.166(a)(4).
    """
    if lot["expiry"] > original["expiry"]:
        message = f"lot {lot['lot']} expires on {lot['expiry']}, what goes into it on {original['expiry']}"
        raise Refusal(Code.EXPIRY_EXTENDED, message, field)


def with_origin(lot: Lot, original: Lot) -> Lot:
    """The lot with the lot that was repackaged into it, and whatever that was itself made from."""
    origins: Collection[Any] = [
        *lot.get("origins", []),
        {"gtin": original["gtin"], "lot": original["lot"]},
        *original.get("origins", []),
    ]
    distinct = {(origin["gtin"], origin["lot"]): origin for origin in origins}
    return {**lot, "origins": [distinct[key] for key in sorted(distinct)]}
