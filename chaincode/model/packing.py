"""Packing lists come in parts: who asks about one pack of a case reads a part, and not the whole list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chaincode.model import canonical, keys
from chaincode.model.documents.goods import Packing

# A part of a container's packing list: the SSCC and the part's number.
Part = tuple[str, str]
# Of one container.
MAX_CHILDREN = 1000
# Children that a part names.
PART = 100
MAX_PARTS = MAX_CHILDREN // PART


def part_of(place: int) -> str:
    """The part that names the child at a place, from 0."""
    return str(place // PART)


def hashes_of(container: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each part of a container's list, by the part's number and in order.

    None where its document says, forged, what that of no container can say.
    """
    said = container.get("parts")
    if not isinstance(said, list) or len(said) > MAX_PARTS or not all(isinstance(one, str) for one in said):
        return {}
    return {str(number): part for number, part in enumerate(said)}


def part_keys(container: Mapping[str, Any]) -> list[str]:
    """The keys of all parts of a container's list, in order."""
    return [keys.packing_key(container["sscc"], part) for part in hashes_of(container)]


def seal_of(hashes: Iterable[str]) -> bytes:
    """The private value that seals a list of parts with these hashes."""
    return canonical.dumps(list(hashes))


def part_named(document: Mapping[str, Any]) -> Part:
    """The part that names goods, by the document of their packed period, forged as that may be."""
    return str(document["parent"]), str(document.get("part"))


def children_of(parts: Iterable[Packing]) -> dict[str, int]:
    """The number of each child's packed period, by its ref."""
    return {
        ref: period
        for packing in parts
        for ref, period in zip(packing["children"], packing["periods"], strict=True)
    }
