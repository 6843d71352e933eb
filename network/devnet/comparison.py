"""What a ledger keeps, held against what its blocks make of an empty one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from google.protobuf.message import DecodeError

from network.devnet import keys, transaction
from network.devnet.errors import DevnetError
from network.devnet.snapshot import PLACE
from network.devnet.store import NUMBER, Contents


class LedgerDiffers(DevnetError):
    """The first thing in which a ledger is not what it should be."""


def compare(kept: Contents, made: Contents) -> int:
    """LedgerDiffers unless both hold the same beside their blocks; how many keys have a value."""
    ours, theirs = kept.databases, made.databases
    for name, left, right in (
        ("header index", kept.items(ours.headers), made.items(theirs.headers)),
        ("transaction index", kept.items(ours.transactions), made.items(theirs.transactions)),
        ("history", kept.items(ours.history), made.items(theirs.history)),
        ("expiries", kept.items(ours.private.expiries), made.items(theirs.private.expiries)),
        ("metadata", _public(kept.items(ours.metadata)), made.items(theirs.metadata)),
    ):
        _same(name, left, right)
    count = _same("state", _public(kept.items(ours.state)), made.items(theirs.state))
    for key, value in kept.items(ours.state):
        if keys.is_private(key):
            _check_value(kept, key, value)
            count += 1
    _check_sets(kept)
    return count


def _same(name: str, kept: Iterator[tuple[bytes, bytes]], made: Iterator[tuple[bytes, bytes]]) -> int:
    count = 0
    while True:
        ours, theirs = next(kept, None), next(made, None)
        if ours is None and theirs is None:
            return count
        if ours != theirs:
            raise LedgerDiffers(f"{name}: {_difference(ours, theirs)}")
        count += 1


def _difference(kept: tuple[bytes, bytes] | None, made: tuple[bytes, bytes] | None) -> str:
    if made is None or (kept is not None and kept[0] < made[0]):
        return f"{_shown(kept)} is there, and no block makes it"
    if kept is None or made[0] < kept[0]:
        return f"{_shown(made)} is missing"
    return f"{_shown(kept)} is another than the blocks make it"


def _shown(item: tuple[bytes, bytes] | None) -> str:
    """A key for whoever reads: text where it is text. Values stay out of messages."""
    key = item[0] if item else b""
    try:
        return repr(key.decode())
    except UnicodeDecodeError:
        return key.hex()


def _public(items: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    return ((key, value) for key, value in items if not keys.is_private(key))


def _check_value(kept: Contents, key: bytes, value: bytes) -> None:
    """LedgerDiffers unless a member's private value is the one that the ledger has the hash of.

    A member that lacks a newer value, or its deletion, has an older one left, of which no hash is kept.
    """
    place = value[: PLACE.size]
    hashed_key, clear = keys.behind_hash(key, value[PLACE.size :])
    hashed = kept.get(kept.databases.state, hashed_key)
    if hashed is None:
        return
    agreed = hashed[PLACE.size :] == hashlib.sha256(clear).digest()
    if place > hashed[: PLACE.size] or (place == hashed[: PLACE.size] and not agreed):
        raise LedgerDiffers(f"private data: the value of {_shown((key, b''))} is not what was agreed on")


def _check_sets(kept: Contents) -> None:
    """LedgerDiffers unless members keep the private sets that were agreed on, less what was purged."""
    block, held = common_pb2.Block(), -1
    for key, value in kept.items(kept.databases.private.sets):
        number, index = PLACE.unpack_from(key)
        try:
            record = rwset_pb2.NsPvtReadWriteSet.FromString(value)
            [collection] = record.collection_pvt_rwset
            clear = kv_rwset_pb2.KVRWSet.FromString(collection.rwset)
            if number != held:
                data = kept.get(kept.databases.blocks, NUMBER.pack(number)) or b""
                block, held = common_pb2.Block.FromString(data), number
            read = transaction.unpack(block.data.data[index])
            agreed = {
                (write.key_hash, write.value_hash)
                for space in read.action.namespaces
                for one in space.collections
                for write in one.hashed.hashed_writes
                if (space.namespace, one.collection) == (record.namespace, collection.collection_name)
            }
            right = {(keys.key_hash(one.key), _digest(one)) for one in clear.writes} <= agreed
        except (DecodeError, IndexError, ValueError, transaction.Invalid):
            right = False
        if not right:
            raise LedgerDiffers(
                f"private data: a set of transaction {index} in block {number} is not what was agreed on"
            )


def _digest(write: kv_rwset_pb2.KVWrite) -> bytes:
    return b"" if write.is_delete else hashlib.sha256(write.value).digest()
