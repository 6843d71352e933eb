"""What is inside a container: how many packs of which lots, at all levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from chaincode.model.documents.goods import Content


def total(inside: Iterable[Mapping[str, Any]]) -> list[Content]:
    """The contents of units and containers together, by GTIN and lot."""
    counts: Counter[tuple[str, str]] = Counter()
    for document in inside:
        if document["doc"] == "unit":
            counts[document["gtin"], document["lot"]] += 1
        else:
            for content in document["contents"]:
                counts[content["gtin"], content["lot"]] += content["count"]
    return _listed(counts)


def less(contents: Iterable[Content], taken: Iterable[Content]) -> list[Content]:
    """What is left of ``contents`` without ``taken``."""
    counts = Counter({(content["gtin"], content["lot"]): content["count"] for content in contents})
    counts.subtract({(content["gtin"], content["lot"]): content["count"] for content in taken})
    return _listed(counts)


def _listed(counts: Mapping[tuple[str, str], int]) -> list[Content]:
    return [
        {"gtin": gtin, "lot": lot, "count": counts[gtin, lot]}
        for gtin, lot in sorted(counts)
        if counts[gtin, lot]
    ]
