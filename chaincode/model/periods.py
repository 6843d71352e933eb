"""How a period of goods is written: a unit's without what its key and its being packed say already.

A commissioning or a case writes a thousand of these, which so are all the same: each peer that endorses,
checks and keeps them has less to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What only a loose period says: packed goods have it from their container.
_LOOSE = ("offer", "owner", "owner_msp", "custodian", "taken_at", "ended")
# What a unit's key says; and the status of a packed one, which nothing changes: no other is ever packed.
_KEY = ("gtin", "serial")
_PACKED = (*_KEY, "status")


def tells_end(ref: str, number: int) -> bool:
    """Whether the document of a period of goods says itself when it has ended, by its owner's word.

    Loose ones do: a pack on a shelf, a case on no pallet then need no look at a key that is not there. A
    pack's first does not, for packing a case would write a thousand of them again.
    """
    return number % 2 == 0 and (number > 0 or ref.startswith("00"))


def goes_on(ref: str, document: Mapping[str, Any]) -> bool:
    """Whether a period may follow the one that a document is of."""
    return "ended" in document or not tells_end(ref, document["period"])


def packed(document: Mapping[str, Any], sscc: str, part: str) -> dict[str, Any]:
    """The document of the packed period that follows a loose one, whose this is.

    ``sscc`` is the container's, ``part`` that of its packing list which names the goods.
    """
    kept = {name: value for name, value in document.items() if name not in _LOOSE}
    return kept | {"parent": sscc, "part": part, "period": document["period"] + 1}


def written(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is written of the document of a period."""
    if document["doc"] != "unit":
        return document
    told = _PACKED if "parent" in document else _KEY
    return {name: value for name, value in document.items() if name not in told}


def whole(found: Mapping[str, Any], gtin: str, serial: str) -> dict[str, Any]:
    """The document of a unit's period from what is written of it, its key naming ``gtin`` and ``serial``."""
    said = {"gtin": gtin, "serial": serial}
    if "parent" in found:
        said["status"] = "commissioned"
    return {**found, **said}
