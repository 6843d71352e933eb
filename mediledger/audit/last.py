"""How goods stand by their newest period: what the audit keeps of each, and no more."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chaincode.model import canonical, keys
from chaincode.model.periods import LOOSE, is_inside
from chaincode.model.trays import Place
from mediledger.audit import policies
from mediledger.audit.members import Members

# Kinds of goods, each of whose documents is that of a period.
PERIODS = ("unit", "container")
# What says where goods are and which, and so changes while they stay as they are.
_PLACE = ("period", "gtin", "serial", "sscc", "tray", "parent", "taken_at")
# How many refs, and the hash of them.
Told = tuple[int, bytes]


class Last(NamedTuple):
    """The newest period of goods, and its key's policy; owner and custodian (MSPs) only of loose ones.

    Of a pack in its tray ``tray`` alone is kept, and the tray says the rest. ``gone`` is what a container's
    document says was taken out; of one that was unpacked, less than none. ``born`` is what of a pack is true
    for ever: lot, time of commissioning, origin. ``kept`` is the hash of what goods keep when they are packed
    or taken out; empty of a pack that never is any more.
    """

    period: int
    owner: str = ""
    custodian: str = ""
    parent: str = ""
    policy: bytes = b""
    gone: Told = (0, b"")
    born: tuple[str, int, str] | None = None
    kept: bytes = b""
    tray: Place | None = None


def last_of(document: Mapping[str, Any], members: Members, policy: bytes) -> Last:
    """What to keep of a period's document, whose key has this policy."""
    if "tray" in document:
        return Last(document["period"], policy=policy, tray=(document["gtin"], document["tray"]))
    born, kept = born_of(document), kept_of(document)
    if "parent" in document:
        return Last(document["period"], parent=document["parent"], policy=policy, born=born, kept=kept)
    owner, custodian = document["owner_msp"], members.msp(document["custodian"])
    return Last(document["period"], owner, custodian, "", policy, gone_of(document), born, kept)


def born_of(document: Mapping[str, Any]) -> tuple[str, int, str] | None:
    """What of a pack, or of the packs of a tray, is true for ever; of a container nothing."""
    if document["doc"] == "container":
        return None
    return document["lot"], document["commissioned_at"], document.get("origin", "")


def kept_of(document: Mapping[str, Any]) -> bytes:
    """The hash of what goods keep when they are packed or taken out; see ``Last``."""
    if document["doc"] == "unit" and document["status"] != "commissioned":
        return b""
    return digest(document, *LOOSE, *_PLACE)


def stays(document: Mapping[str, Any], last: Last) -> bool:
    """Whether a document of packed goods says what the last one of them said, and nothing of loose ones."""
    return not any(name in document for name in LOOSE) and kept_of(document) == last.kept


def gone_of(document: Mapping[str, Any], count: int | None = None) -> Told:
    """What a container's document says was taken out, or the first ``count`` of it."""
    if document["doc"] != "container":
        return told([])
    if document["status"] == "unpacked":
        return -1, b""
    return told(document["taken"][:count])


def told(refs: Sequence[str]) -> Told:
    """What is kept of a list that only grows."""
    return len(refs), hashlib.sha256("\n".join(refs).encode()).digest() if refs else b""


def digest(document: Mapping[str, Any], *without: str) -> bytes:
    """The hash of a document without some of its fields."""
    left = {name: value for name, value in document.items() if name not in without}
    return hashlib.sha256(canonical.dumps(left)).digest()


def guarded(document: Mapping[str, Any], members: Members, policy: bytes) -> bool:
    """Whether its key can be written again only by whom goods belong to; of what is packed, by nobody.

    Nor can a pack's first document, which names its tray.
    """
    if is_inside(document):
        return policies.settled(policy)
    whose = (document["owner_msp"], members.msp(document["custodian"]))
    return all(policies.guarded(policy, msp) for msp in whose)


def period_of(key: str) -> tuple[str, int]:
    """The ref and period of a key of goods; ValueError of another key."""
    kind, attributes = keys.split(key)
    if kind == "unit":
        gtin, serial, *number = attributes
        return f"01{gtin}21{serial}", int(number[0]) if number else 0
    sscc, *number = attributes
    return f"00{sscc}", int(number[0]) if number else 0
