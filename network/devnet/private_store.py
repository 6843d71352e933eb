"""Private sets as every member's peer keeps them: by block and transaction, until they expire or are purged.

All of it stands in the ledger's own LMDB environment and is written with the block that it belongs to.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from network.devnet.keys import PLACE, Version, key_hash

_NUMBER = struct.Struct(">Q")


@dataclass(frozen=True)
class PrivateDatabases:
    """LMDB's handles: each member's private sets, where each private key is in them, what expires when."""

    sets: Any
    keys: Any
    expiries: Any


@dataclass(frozen=True, slots=True)
class Kept:
    """What a transaction wrote to a collection: ``clear`` is a KVRWSet, each of ``members`` keeps it."""

    place: Version
    namespace: str
    collection: str
    members: frozenset[str]
    clear: bytes


@dataclass(frozen=True, slots=True)
class Expiring:
    """A transaction's writes to a collection vanish with block ``number``; ``hashed`` is its HashedRWSet."""

    number: int
    place: Version
    namespace: str
    collection: str
    hashed: bytes


@dataclass(frozen=True, slots=True)
class Purged:
    """A transaction purged a private key: no value that it had until then is kept."""

    place: Version
    namespace: str
    collection: str
    key_hash: bytes


@dataclass(frozen=True)
class PrivateEffects:
    """What a block does to the private sets: what it adds, when that goes, what goes now and is purged."""

    kept: Sequence[Kept] = ()
    expiring: Sequence[Expiring] = ()
    expired: Sequence[Expiring] = ()
    purged: Sequence[Purged] = ()


class PrivateReader:
    """The private sets within one of LMDB's transactions."""

    def __init__(self, databases: PrivateDatabases, transaction: Any) -> None:
        self._databases = databases
        self._transaction = transaction

    def of_block(self, number: int, msp_id: str) -> Iterator[tuple[int, rwset_pb2.NsPvtReadWriteSet]]:
        """What a member keeps of a block: one collection's set and the transaction's position at a time."""
        for key, value in self._scan(self._databases.sets, _NUMBER.pack(number)):
            if _member(key) == msp_id:
                yield PLACE.unpack_from(key)[1], rwset_pb2.NsPvtReadWriteSet.FromString(value)

    def members(
        self, place: Version, namespace: str, collection: str
    ) -> Iterator[tuple[str, kv_rwset_pb2.KVRWSet]]:
        """Who keeps a transaction's private set of a collection, and the set."""
        for key, value in self._scan(self._databases.sets, _set_key(place, namespace, collection)):
            yield _member(key), _clear(value)

    def expiring(self, number: int) -> Iterator[Expiring]:
        """What vanishes with a block."""
        for key, value in self._scan(self._databases.expiries, _NUMBER.pack(number)):
            entry = rwset_pb2.NsReadWriteSet.FromString(value)
            hashed = entry.collection_hashed_rwset[0]
            block, index = PLACE.unpack_from(key, _NUMBER.size)
            yield Expiring(
                number, (block, index), entry.namespace, hashed.collection_name, hashed.hashed_rwset
            )

    def places(self, purged: Purged) -> Iterator[Version]:
        """Where a purged key was written, up to its purge."""
        prefix = _key_prefix(purged.namespace, purged.collection, purged.key_hash)
        for key, _ in self._scan(self._databases.keys, prefix):
            block, index = PLACE.unpack_from(key, len(prefix))
            if (block, index) <= purged.place:
                yield block, index

    def _scan(self, database: Any, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        with self._transaction.cursor(db=database) as cursor:
            more = cursor.set_range(prefix)
            while more and cursor.key().startswith(prefix):
                yield cursor.item()
                more = cursor.next()


def joined(
    kept: Iterable[tuple[int, rwset_pb2.NsPvtReadWriteSet]],
) -> dict[int, rwset_pb2.TxPvtReadWriteSet]:
    """The whole private set of each transaction out of those of its collections."""
    sets: dict[int, rwset_pb2.TxPvtReadWriteSet] = {}
    for index, one in kept:
        whole = sets.setdefault(index, rwset_pb2.TxPvtReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV))
        for known in whole.ns_pvt_rwset:
            if known.namespace == one.namespace:
                known.collection_pvt_rwset.extend(one.collection_pvt_rwset)
                break
        else:
            whole.ns_pvt_rwset.append(one)
    return sets


def write(databases: PrivateDatabases, transaction: Any, effects: PrivateEffects) -> None:
    """Apply a block's effects within the transaction that writes the block."""
    for kept in effects.kept:
        record = rwset_pb2.NsPvtReadWriteSet(namespace=kept.namespace)
        record.collection_pvt_rwset.add(collection_name=kept.collection, rwset=kept.clear)
        serialized = record.SerializeToString()
        prefix = _set_key(kept.place, kept.namespace, kept.collection)
        for member in kept.members:
            transaction.put(prefix + member.encode(), serialized, db=databases.sets)
        for key in _index_keys(kept.place, kept.namespace, kept.collection, _clear(serialized)):
            transaction.put(key, b"", db=databases.keys)
    for one in effects.expiring:
        entry = rwset_pb2.NsReadWriteSet(namespace=one.namespace)
        entry.collection_hashed_rwset.add(collection_name=one.collection, hashed_rwset=one.hashed)
        transaction.put(_expiry_key(one), entry.SerializeToString(), db=databases.expiries)
    reader = PrivateReader(databases, transaction)
    for one in effects.expired:
        transaction.delete(_expiry_key(one), db=databases.expiries)
        prefix = _set_key(one.place, one.namespace, one.collection)
        for member, clear in list(reader.members(one.place, one.namespace, one.collection)):
            transaction.delete(prefix + member.encode(), db=databases.sets)
            for key in _index_keys(one.place, one.namespace, one.collection, clear):
                transaction.delete(key, db=databases.keys)
    for purged in effects.purged:
        for place in list(reader.places(purged)):
            _purge(databases, transaction, purged, place)


def _purge(databases: PrivateDatabases, transaction: Any, purged: Purged, place: Version) -> None:
    """Take a key's write out of a transaction's set. The set stays, if empty, as a peer shows it."""
    reader = PrivateReader(databases, transaction)
    prefix = _set_key(place, purged.namespace, purged.collection)
    for member, clear in list(reader.members(place, purged.namespace, purged.collection)):
        left = [one for one in clear.writes if key_hash(one.key) != purged.key_hash]
        del clear.writes[:]
        clear.writes.extend(left)
        record = rwset_pb2.NsPvtReadWriteSet(namespace=purged.namespace)
        record.collection_pvt_rwset.add(collection_name=purged.collection, rwset=clear.SerializeToString())
        transaction.put(prefix + member.encode(), record.SerializeToString(), db=databases.sets)
    index = _key_prefix(purged.namespace, purged.collection, purged.key_hash) + PLACE.pack(*place)
    transaction.delete(index, db=databases.keys)


def _collection_id(namespace: str, collection: str) -> bytes:
    """Neither name holds a zero character; a digest, since LMDB's keys are short."""
    return hashlib.sha256(f"{namespace}\x00{collection}".encode()).digest()


def _set_key(place: Version, namespace: str, collection: str) -> bytes:
    """The members' ids follow."""
    return PLACE.pack(*place) + _collection_id(namespace, collection)


def _member(set_key: bytes) -> str:
    return set_key[PLACE.size + hashlib.sha256().digest_size :].decode()


def _clear(record: bytes) -> kv_rwset_pb2.KVRWSet:
    [collection] = rwset_pb2.NsPvtReadWriteSet.FromString(record).collection_pvt_rwset
    return kv_rwset_pb2.KVRWSet.FromString(collection.rwset)


def _key_prefix(namespace: str, collection: str, digest: bytes) -> bytes:
    return hashlib.sha256(_collection_id(namespace, collection) + digest).digest()


def _index_keys(
    place: Version, namespace: str, collection: str, clear: kv_rwset_pb2.KVRWSet
) -> Iterator[bytes]:
    for one in clear.writes:
        yield _key_prefix(namespace, collection, key_hash(one.key)) + PLACE.pack(*place)


def _expiry_key(one: Expiring) -> bytes:
    head = _NUMBER.pack(one.number) + PLACE.pack(*one.place)
    return head + _collection_id(one.namespace, one.collection)
