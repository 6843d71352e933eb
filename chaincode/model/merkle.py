"""Merkle trees as in RFC 6962, section 2.1: SHA-256, leaves and nodes hashed with prefixes of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256 of 0x00 and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree head over leaf hashes; of none, SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    # Pairing neighbours level by level, an odd last one moving up, gives the RFC's recursive definition.
    level = list(leaves)
    while len(level) > 1:
        pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf ``index``, leaf upwards (RFC 6962, section 2.1.1); IndexError if none."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    path = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
        index //= 2
    return path


def verify(head: bytes, leaf_hash: bytes, index: int, count: int, path: Sequence[bytes]) -> bool:
    """Whether ``path`` proves that ``leaf_hash`` is leaf ``index`` of ``count`` under ``head``."""
    if not 0 <= index < count:
        return False
    remaining = iter(path)
    node, last = leaf_hash, count - 1
    while last > 0:
        if index % 2 == 1 or index < last:
            sibling = next(remaining, None)
            if sibling is None:
                return False
            node = _node(sibling, node) if index % 2 == 1 else _node(node, sibling)
        index //= 2
        last //= 2
    return node == head and next(remaining, None) is None


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
