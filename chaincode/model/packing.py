"""Packing lists come in parts: who asks about one pack of a case reads a part, and not the whole list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chaincode.model import keys
from chaincode.model.documents.goods import Packing

# A part of a container's packing list: the SSCC and the part's number.
Part = tuple[str, str]
# Of one container.
MAX_CHILDREN = 1000
# Children that a part names.
PART = 100


def part_of(place: int) -> str:
    """The part that names the child at a place, from 0."""
    return str(place // PART)


def parts_of(children: int) -> int:
    """How many parts name so many children."""
    return -(-children // PART)


def part_keys(sscc: str, parts: int) -> list[str]:
    """The keys of so many parts of a container's list; none of more than any container has."""
    allowed = parts <= parts_of(MAX_CHILDREN)
    return [keys.packing_key(sscc, str(part)) for part in range(parts if allowed else 0)]


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
