"""Changes of ownership and custody."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

# ``from`` is a word of Python's, so this one is written as a call.
Transfer = TypedDict(
    "Transfer",
    {
        "doc": Literal["transfer"],
        "id": str,
        "what": list[str],
        "from": str,
        "to": str,
        "status": Literal["offered", "accepted", "rejected", "cancelled"],
        "transaction_statement": bool,
        "offered_at": int,
        "closed_at": NotRequired[int],
        "reason": NotRequired[str],
    },
)
