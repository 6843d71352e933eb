"""The summary of a long range read: a Merkle tree over its results, as a peer makes it.

A peer writes up to 50 results of a range into the read-write set one by one and, of more, the hashes of the
tree's highest level (core/ledger/kvledger/txmgmt/rwsetutil). Whoever validates reads the range again and
builds the same tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from network.devnet.keys import Version

# How many results, or hashes of a level, are hashed together (core/ledger/kvledger/txmgmt/txmgr).
DEGREE = 50


def summary(reads: Iterable[tuple[str, Version]], degree: int) -> kv_rwset_pb2.QueryReadsMerkleSummary | None:
    """The summary of a range, its keys and versions in order; None where they are at most ``degree``."""
    levels: list[list[bytes]] = [[]]
    pending: list[kv_rwset_pb2.KVRead] = []
    for key, version in reads:
        pending.append(read(key, version))
        if len(pending) > degree:
            _add(levels, _leaf(pending), degree)
            pending = []
    if levels == [[]]:
        return None
    if pending:
        _add(levels, _leaf(pending), degree)
    _close(levels, degree)
    return kv_rwset_pb2.QueryReadsMerkleSummary(
        max_degree=degree, max_level=len(levels), max_level_hashes=levels[-1]
    )


def read(key: str, version: Version) -> kv_rwset_pb2.KVRead:
    """One result of a range as a read-write set has it."""
    return kv_rwset_pb2.KVRead(key=key, version=kv_rwset_pb2.Version(block_num=version[0], tx_num=version[1]))


def _leaf(reads: list[kv_rwset_pb2.KVRead]) -> bytes:
    return hashlib.sha256(kv_rwset_pb2.QueryReads(kv_reads=reads).SerializeToString()).digest()


def _add(levels: list[list[bytes]], leaf: bytes, degree: int) -> None:
    """Add a leaf; a level of more than ``degree`` hashes becomes one of the level above."""
    levels[0].append(leaf)
    for level, hashes in enumerate(levels):
        if len(hashes) <= degree:
            return
        if level + 1 == len(levels):
            levels.append([])
        levels[level + 1].append(_together(hashes))
        levels[level] = []


def _close(levels: list[list[bytes]], degree: int) -> None:
    """Bring what is left on lower levels up to the highest; a hash that stands alone goes up as it is."""
    for level in range(len(levels) - 1):
        hashes = levels[level]
        if hashes:
            levels[level + 1].append(hashes[0] if len(hashes) == 1 else _together(hashes))
            levels[level] = []
    if len(levels[-1]) > degree:
        levels.append([_together(levels[-1])])


def _together(hashes: list[bytes]) -> bytes:
    return hashlib.sha256(b"".join(hashes)).digest()
