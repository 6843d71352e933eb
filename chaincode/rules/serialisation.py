"""Serial numbers: how they begin, how they end, and when an end is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chaincode.model.documents.goods import Lot
from chaincode.model.documents.registry import Product
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule
from chaincode.rules.goods import Goods

# Why goods leave the supply chain other than by being dispensed.
REASONS = ("damaged", "destroyed", "exported", "other", "sample", "stolen")
# What does not come back, or only as evidence.
_FINAL = ("destroyed", "stolen")
# What whoever stores goods reports about them; anything else is their owner's decision.
_REPORTED = ("damaged", "stolen")
_DAY_MS = 86_400_000


@rule(Code.SERIAL_DUPLICATE)
def never_used(found: Sequence[object | None], serials: Sequence[str], field: str) -> None:
    """A product's serial number is given to one pack only, ever. ``found`` is what the ledger has under each.

    Source: FD&C Act, section 581(20); Delegated Regulation (EU) 2016/161, article 4(d).
    """
    for place, document in enumerate(found):
        if document is not None:
            message = f"serial number {serials[place]} was commissioned"
            raise Refusal(Code.SERIAL_DUPLICATE, message, f"{field}[{place}]")


@rule(Code.NOT_OWNER)
def may_end(goods: Goods, gln: str, reason: str, field: str) -> None:
    """Goods are decommissioned by their owner; who stores them reports only damage and theft.

    Source: Delegated Regulation (EU) 2016/161, articles 22 and 25; FD&C Act, section 581(22).
    """
    if goods.owner != gln and not (goods.custodian == gln and reason in _REPORTED):
        raise Refusal(Code.NOT_OWNER, f"{goods.ref} is not {gln}'s to decommission as {reason}", field)


@rule(Code.NOT_DECOMMISSIONED)
def decommissioned(goods: Goods, field: str) -> None:
    """Only a decommissioning is reversed; what was supplied to the public stays so.

    Source: Delegated Regulation (EU) 2016/161, article 13(1)(e).
    """
    if goods.document.get("status") != "decommissioned":
        raise Refusal(Code.NOT_DECOMMISSIONED, f"{goods.ref} is not decommissioned", field)


@rule(Code.REVERSAL_FORBIDDEN)
def returnable(goods: Goods, field: str) -> None:
    """What was destroyed or stolen is never active again.

    Source: Delegated Regulation (EU) 2016/161, article 13(1)(d).
    """
    reason = goods.document["decommissioning"]["reason"]
    if reason in _FINAL:
        raise Refusal(Code.REVERSAL_FORBIDDEN, f"{goods.ref} was decommissioned as {reason}", field)


@rule(Code.REVERSAL_LATE, parameters=("reversal_days",))
def reversed_in_time(goods: Goods, now: int, days: int, field: str) -> None:
    """A decommissioning is reversed within ten days. ``now`` is epoch milliseconds.

    Source: Delegated Regulation (EU) 2016/161, article 13(1)(b).
    """
    if now > goods.document["decommissioning"]["at"] + days * _DAY_MS:
        message = f"{goods.ref} was decommissioned more than {days} days ago"
        raise Refusal(Code.REVERSAL_LATE, message, field)


@rule(Code.REVERSAL_ELSEWHERE)
def reversed_in_place(goods: Goods, gln: str, field: str) -> None:
    """A decommissioning is reversed by whoever made it, at the same place.

    Source: Delegated Regulation (EU) 2016/161, article 13(1)(a).
    """
    place = goods.document["decommissioning"]["gln"]
    if place != gln:
        raise Refusal(Code.REVERSAL_ELSEWHERE, f"{goods.ref} was decommissioned at {place}", field)


@rule(Code.NOT_AUTHORISED)
def own_product(product: Product, gln: str, field: str) -> None:
    """A pack gets its serial number from the manufacturer or repackager whose product it is.

    Source: FD&C Act, section 582(b)(2)(A) and (e)(2)(A)(i).
    """
    if product["manufacturer"] != gln:
        raise Refusal(Code.NOT_AUTHORISED, f"{product['gtin']} is not a product of {gln}", field)


@rule(Code.LOTS_DIFFER)
def one_lot(unit: Mapping[str, Any], original: Lot, field: str) -> None:
    """One repackaging is of one lot, so that the history of the new packs can be determined.

    Source: 21 CFR 211.130(c).
    """
    if (unit["gtin"], unit["lot"]) != (original["gtin"], original["lot"]):
        message = f"it is of lot {unit['lot']} of {unit['gtin']}, the first one of {original['lot']}"
        raise Refusal(Code.LOTS_DIFFER, message, field)
