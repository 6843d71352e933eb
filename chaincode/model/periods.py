"""How the period of a packed unit is written: without what its key and its being packed say already.

A case of a thousand packs writes a thousand of these, which so are all the same; each peer that endorses,
checks and keeps them has two thirds of the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What only a loose period says: packed goods have it from their container.
LOOSE = ("offer", "owner", "owner_msp", "custodian", "taken_at")
# What a packed unit's key says, and its status: nothing else is ever packed, and while it is nothing changes.
_TOLD = ("gtin", "serial", "status")


def packed(document: Mapping[str, Any], sscc: str) -> dict[str, Any]:
    """What is written of the packed period in container ``sscc`` that follows a loose one.

    ``document`` is the loose one's.
    """
    left_out = LOOSE + _TOLD if document["doc"] == "unit" else LOOSE
    kept = {name: value for name, value in document.items() if name not in left_out}
    return kept | {"parent": sscc, "period": document["period"] + 1}


def whole(written: Mapping[str, Any], gtin: str, serial: str) -> dict[str, Any]:
    """The document of a unit's period from what is written of it, its key naming ``gtin`` and ``serial``."""
    if "parent" not in written:
        return dict(written)
    return {**written, "gtin": gtin, "serial": serial, "status": "commissioned"}
