"""How a period of goods is written: a unit's without what its key and its being packed say already.

A commissioning writes a thousand of these, which so are nearly all the same: each peer that endorses, checks
and keeps them has less to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Whose loose goods are and who has them; and all that only they have: packed ones have it from a container.
HANDS = ("owner", "owner_msp", "custodian")
LOOSE = ("offer", *HANDS)
# What a unit's key says; and the status of one in a tray or a container, which nothing changes: no other is
# ever packed.
_KEY = ("gtin", "serial")
_INSIDE = (*_KEY, "status")


def is_inside(document: Mapping[str, Any]) -> bool:
    """Whether a document is of a unit in a tray, or of goods or a tray in a container."""
    return "tray" in document or "parent" in document


def packed(document: Mapping[str, Any], sscc: str) -> dict[str, Any]:
    """The document of goods that were loose, whose this is, in the container with this SSCC."""
    kept = {name: value for name, value in document.items() if name not in LOOSE}
    return kept | {"parent": sscc}


def written(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is written of the document of a period."""
    if document["doc"] != "unit":
        return document
    told = _INSIDE if is_inside(document) else _KEY
    return {name: value for name, value in document.items() if name not in told}


def whole(found: Mapping[str, Any], gtin: str, serial: str) -> dict[str, Any]:
    """The document of a unit's period from what is written of it, its key naming ``gtin`` and ``serial``."""
    said = {"gtin": gtin, "serial": serial}
    if is_inside(found):
        said["status"] = "commissioned"
    return {**found, **said}
