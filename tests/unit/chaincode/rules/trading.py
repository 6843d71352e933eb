"""Documents that the tests of transfers begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaincode.model.documents.trade import Transfer
from chaincode.model.errors import Refusal

SELLER, BUYER, THIRD = "9521234000013", "9521234000020", "9521234000037"
GTIN, OTHER_GTIN = "09521234100010", "09521234100027"
PACK, OTHER_PACK = f"01{GTIN}21A", f"01{GTIN}21B"
CASE = "00095212340000000013"


def transfer(**changes: Any) -> Transfer:
    """An offer of two packs of one lot."""
    made: Any = {
        "doc": "transfer",
        "id": "T-1",
        "kind": "sale",
        "what": [PACK, OTHER_PACK],
        "contents": [{"gtin": GTIN, "lot": "L1", "count": 2}],
        "from": SELLER,
        "to": BUYER,
        "status": "offered",
        "offered_at": 1_000,
        "due_at": 5_000,
    }
    return made | changes


def refusal(check: Callable[..., None], *arguments: Any) -> Refusal | None:
    """What a rule refuses with, None where it allows."""
    try:
        check(*arguments)
    except Refusal as found:
        return found
    return None
