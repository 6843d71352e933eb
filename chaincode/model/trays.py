"""Packs in trays: a hundred that were commissioned together have one owner's word for where they are.

A pack's first document is true for ever and names its tray. The tray's is its owner's to write, until all
that is left in it is packed: then nobody can write it again. So packing a case of a thousand writes ten keys,
and no majority can give a pack another tray, nor the seller of a case take packs of it back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chaincode.model import keys
from chaincode.model.documents.goods import Tray, Unit
from chaincode.model.periods import HANDS

# Packs of a tray. Who dispenses one reads the serial numbers of all.
SIZE = 100
# A tray by its GTIN and the first of its serial numbers.
Place = tuple[str, str]
# What each pack of a tray has of it, for ever.
_BORN = ("lot", "commissioned_at", "origin")


def place_of(born: Mapping[str, Any]) -> Place:
    """The tray that a pack's first document, forged as that may be, names."""
    return born["gtin"], str(born.get("tray"))


def key_of(tray: Tray) -> str:
    """The key of a tray's document."""
    return keys.tray_key(tray["gtin"], tray["serial"])


def divided(serials: Sequence[str]) -> list[Sequence[str]]:
    """Serial numbers of new packs by trays, in their order."""
    return [serials[first : first + SIZE] for first in range(0, len(serials), SIZE)]


def remaining(tray: Tray) -> list[str]:
    """The serial numbers of the packs that are in a tray still, loose or packed, in order."""
    left = set(tray["left"])
    return [serial for serial in tray["serials"] if serial not in left] if left else tray["serials"]


def is_tray(found: Any, place: Place) -> bool:
    """Whether what is written under a tray's key, forged as it may be, is the document of this tray."""
    if not isinstance(found, dict) or (found.get("gtin"), found.get("serial")) != place:
        return False
    lists = [found.get("serials"), found.get("left")]
    return all(isinstance(one, list) and all(isinstance(serial, str) for serial in one) for one in lists)


def names(tray: Tray, born: Mapping[str, Any]) -> bool:
    """Whether a tray is the one of a pack with this first document, as it was commissioned."""
    same = all(tray.get(name) == born.get(name) for name in _BORN)
    return same and born["serial"] in tray["serials"]


def pack_in(tray: Tray, serial: str) -> Unit:
    """The document of a pack that is in a tray, in its first period."""
    found: Any = {
        "doc": "unit",
        "gtin": tray["gtin"],
        "serial": serial,
        "period": 0,
        "tray": tray["serial"],
        "status": "commissioned",
    }
    found |= {name: tray[name] for name in (*_BORN, *HANDS, "parent") if name in tray}  # type: ignore[literal-required]
    return found


def packed(tray: Tray, sscc: str) -> dict[str, Any]:
    """The document of a tray that is packed with all that is left in it."""
    kept = {name: value for name, value in tray.items() if name not in HANDS}
    return kept | {"parent": sscc}


def less(tray: Tray, serials: Collection[str]) -> dict[str, Any]:
    """The document of a tray that some packs leave, in the order in which they do."""
    return {**tray, "left": [*tray["left"], *serials]}


def out_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of the period of its own that a pack begins when it leaves its tray.

    ``document`` is that of its first period, with what changes of it.
    """
    return {name: value for name, value in document.items() if name != "tray"} | {"period": 1}
