"""Composite keys and the ranges that they make, as Fabric's shims write them.

A composite key is U+0000, the object type, then each attribute, every part closed by U+0000. A simple key
never starts with U+0000, so the two kinds cannot meet in one range.
"""

from __future__ import annotations

from collections.abc import Sequence

from chaincode.shim.errors import ShimError

SEPARATOR = "\x00"
# Closes the range of a prefix: the largest code point, which no attribute may hold.
LAST = "\U0010ffff"
# Stands for an empty start key, so that an open range of simple keys leaves composite keys out.
FIRST_SIMPLE = "\x01"


def create_composite_key(object_type: str, attributes: Sequence[str]) -> str:
    """Join an object type and its attributes; raises ShimError where a part holds U+0000 or U+10FFFF."""
    parts = (object_type, *attributes)
    for part in parts:
        if SEPARATOR in part or LAST in part:
            raise ShimError("a part of a composite key must not hold U+0000 or U+10FFFF")
    return SEPARATOR + SEPARATOR.join(parts) + SEPARATOR


def split_composite_key(key: str) -> tuple[str, tuple[str, ...]]:
    """Undo `create_composite_key`; raises ShimError for a simple or a damaged key."""
    if len(key) < 2 or key[0] != SEPARATOR or key[-1] != SEPARATOR:
        raise ShimError("not a composite key")
    object_type, *attributes = key[1:-1].split(SEPARATOR)
    return object_type, tuple(attributes)


def prefix_range(object_type: str, attributes: Sequence[str]) -> tuple[str, str]:
    """Start (inclusive) and end (exclusive) of all composite keys that begin with these parts."""
    start = create_composite_key(object_type, attributes)
    return start, start + LAST


def simple_range(start: str, end: str) -> tuple[str, str]:
    """Check a range of simple keys; an empty start is the first simple key, an empty end has no limit."""
    for key in (start, end):
        if key.startswith(SEPARATOR):
            raise ShimError("a range of simple keys must not reach into composite keys; use a prefix")
    return start or FIRST_SIMPLE, end
