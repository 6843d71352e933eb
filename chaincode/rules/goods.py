"""Units and containers: in which state what may be done to them, and what becomes of them.

Every function that changes a document returns a new one; what was read stays as it was.
"""

from __future__ import annotations

from typing import Any

from chaincode.model import gs1
from chaincode.model.documents.goods import QUARANTINE, Container, Lot, Unit
from chaincode.model.errors import Code, Refusal

Goods = Unit | Container


def name(goods: Goods) -> str:
    """The element string of a unit or container."""
    if goods["doc"] == "unit":
        return gs1.unit_ref(goods["gtin"], goods["serial"])
    return gs1.container_ref(goods["sscc"])


def loose(goods: Goods, field: str) -> None:
    """It is in no container: its custody is its own."""
    if "parent" in goods:
        code = Code.UNIT_PACKED if goods["doc"] == "unit" else Code.CONTAINER_PACKED
        raise Refusal(code, f"{name(goods)} is packed in 00{goods['parent']}", field)


def in_custody(goods: Goods, gln: str, field: str) -> None:
    """``gln`` has it; ``goods`` is loose, or the outermost container of what is meant."""
    if goods.get("custodian") != gln:
        raise Refusal(Code.NOT_CUSTODIAN, f"{name(goods)} is not in the custody of {gln}", field)


def not_offered(goods: Goods, field: str) -> None:
    """No offer of it is open."""
    if "offer" in goods:
        raise Refusal(Code.OFFER_PENDING, f"{name(goods)} is offered in transfer {goods['offer']}", field)


def not_held(goods: Goods, field: str) -> None:
    """It is not in quarantine."""
    if "hold" in goods:
        raise Refusal(Code.HELD, f"{name(goods)} is in {goods['hold']}", field)


def in_circulation(goods: Goods, field: str) -> None:
    """A unit that is not dispensed yet, or a container that still holds something."""
    if goods["doc"] == "unit" and goods["status"] == "dispensed":
        raise Refusal(Code.UNIT_DISPENSED, f"{name(goods)} was dispensed", field)
    if goods["doc"] == "container" and goods["status"] == "unpacked":
        raise Refusal(Code.CONTAINER_UNPACKED, f"{name(goods)} was unpacked", field)


def marketable(lot: Lot, today: str, field: str) -> None:
    """The lot is released, and its expiry date has not passed; it may be used on that date."""
    if lot["status"] != "released":
        raise Refusal(Code.LOT_NOT_RELEASED, f"lot {lot['lot']} is {lot['status']}", field)
    if lot["expiry"] < today:
        raise Refusal(Code.LOT_EXPIRED, f"lot {lot['lot']} expired on {lot['expiry']}", field)


def packed(goods: Goods, sscc: str) -> Goods:
    """As a container's content: custody is now the container's."""
    changed: Any = goods.copy()
    for own in ("owner", "custodian"):
        changed.pop(own, None)
    changed["parent"] = sscc
    return changed


def unpacked(goods: Goods, container: Container) -> Goods:
    """Out of ``container``, whose owner, custodian and hold it takes over."""
    changed: Any = goods.copy()
    changed.pop("parent", None)
    changed["owner"] = container["owner"]
    changed["custodian"] = container["custodian"]
    if "hold" in container:
        changed["hold"] = container["hold"]
        changed["hold_reason"] = container["hold_reason"]
    return changed


def offered(goods: Goods, transfer: str) -> Goods:
    """In an open offer."""
    changed: Any = goods.copy()
    changed["offer"] = transfer
    return changed


def no_longer_offered(goods: Goods) -> Goods:
    """The offer is closed and changed nothing."""
    changed: Any = goods.copy()
    changed.pop("offer", None)
    return changed


def moved(goods: Goods, gln: str) -> Goods:
    """Accepted by ``gln``, who owns it and has it."""
    changed: Any = no_longer_offered(goods)
    changed["owner"] = gln
    changed["custodian"] = gln
    return changed


def quarantined(goods: Goods, reason: str) -> Goods:
    """On hold, and why."""
    changed: Any = goods.copy()
    changed["hold"] = QUARANTINE
    changed["hold_reason"] = reason
    return changed


def released(goods: Goods) -> Goods:
    """No longer on hold."""
    changed: Any = goods.copy()
    for own in ("hold", "hold_reason"):
        changed.pop(own, None)
    return changed


def dispensed(unit: Unit, at: int) -> Unit:
    """Handed to a patient."""
    return {**unit, "status": "dispensed", "dispensed_at": at}
