"""Read-write sets: what a transaction read and wrote, as it is recorded and as Fabric writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from network.devnet import rangehash
from network.devnet.keys import Version, key_hash


@dataclass
class RangeRead:
    """A range that was read: what was seen of it, to its end or to the last key that was fetched."""

    start: str
    end: str
    exhausted: bool = False
    seen: list[tuple[str, Version]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PrivateWrite:
    """A private key's new value, None where it goes; purged with all that it was."""

    value: bytes | None
    purge: bool = False


@dataclass
class CollectionSet:
    """One collection's reads and writes, by their keys in clear."""

    reads: dict[str, Version | None] = field(default_factory=dict)
    writes: dict[str, PrivateWrite] = field(default_factory=dict)
    metadata: dict[str, dict[str, bytes]] = field(default_factory=dict)
    read_values: bool = False


@dataclass
class NamespaceSet:
    """One chaincode's reads and writes."""

    reads: dict[str, Version | None] = field(default_factory=dict)
    writes: dict[str, bytes | None] = field(default_factory=dict)
    metadata: dict[str, dict[str, bytes]] = field(default_factory=dict)
    ranges: list[RangeRead] = field(default_factory=list)
    collections: dict[str, CollectionSet] = field(default_factory=dict)


def serialize(namespaces: dict[str, NamespaceSet]) -> tuple[bytes, bytes]:
    """The public read-write set and the private one, empty where nothing is private.

    Namespaces, collections and keys are sorted: equal runs give equal bytes.
    """
    public = rwset_pb2.TxReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV)
    private = rwset_pb2.TxPvtReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV)
    for name in sorted(namespaces):
        one = namespaces[name]
        written = public.ns_rwset.add(namespace=name, rwset=_public(one).SerializeToString())
        secret = rwset_pb2.NsPvtReadWriteSet(namespace=name)
        for collection in sorted(one.collections):
            entries = one.collections[collection]
            clear = _clear(entries)
            hashed = written.collection_hashed_rwset.add(
                collection_name=collection, hashed_rwset=_hashed(entries).SerializeToString()
            )
            if clear:
                hashed.pvt_rwset_hash = hashlib.sha256(clear).digest()
                secret.collection_pvt_rwset.add(collection_name=collection, rwset=clear)
        if secret.collection_pvt_rwset:
            private.ns_pvt_rwset.append(secret)
    return public.SerializeToString(), private.SerializeToString() if private.ns_pvt_rwset else b""


def _public(one: NamespaceSet) -> kv_rwset_pb2.KVRWSet:
    kv = kv_rwset_pb2.KVRWSet()
    for key in sorted(one.reads):
        version = one.reads[key]
        read = kv.reads.add(key=key)
        if version is not None:
            # Set as a whole: a version of block 0 and place 0 is a version too.
            read.version.CopyFrom(_version(version))
    for queried in _distinct(one.ranges):
        info = kv.range_queries_info.add(
            start_key=queried.start, end_key=queried.end, itr_exhausted=queried.exhausted
        )
        many = rangehash.summary(queried.seen, rangehash.DEGREE)
        if many is not None:
            info.reads_merkle_hashes.CopyFrom(many)
            continue
        if queried.seen:
            info.raw_reads.kv_reads.extend(rangehash.read(key, version) for key, version in queried.seen)
    add = kv.writes.add
    for key in sorted(one.writes):
        value = one.writes[key]
        if value is None:
            add(key=key, is_delete=True)
        else:
            add(key=key, value=value)
    for key in sorted(one.metadata):
        kv.metadata_writes.add(key=key, entries=_entries(one.metadata[key]))
    return kv


def _hashed(one: CollectionSet) -> kv_rwset_pb2.HashedRWSet:
    hashed = kv_rwset_pb2.HashedRWSet()
    for key in sorted(one.reads):
        version = one.reads[key]
        read = hashed.hashed_reads.add(key_hash=key_hash(key))
        if version is not None:
            read.version.CopyFrom(_version(version))
    for key in sorted(one.writes):
        written = one.writes[key]
        if written.value is None:
            hashed.hashed_writes.add(key_hash=key_hash(key), is_delete=True, is_purge=written.purge)
        else:
            digest = hashlib.sha256(written.value).digest()
            hashed.hashed_writes.add(key_hash=key_hash(key), value_hash=digest)
    for key in sorted(one.metadata):
        hashed.metadata_writes.add(key_hash=key_hash(key), entries=_entries(one.metadata[key]))
    return hashed


def _clear(one: CollectionSet) -> bytes:
    """The private part, which only members see; empty where nothing is written."""
    kv = kv_rwset_pb2.KVRWSet()
    for key in sorted(one.writes):
        value = one.writes[key].value
        if value is None:
            kv.writes.add(key=key, is_delete=True)
        else:
            kv.writes.add(key=key, value=value)
    for key in sorted(one.metadata):
        # The entries stand with the hash; here only whose version they change.
        kv.metadata_writes.add(key=key)
    return kv.SerializeToString()


def _version(version: Version) -> kv_rwset_pb2.Version:
    return kv_rwset_pb2.Version(block_num=version[0], tx_num=version[1])


def _entries(entries: dict[str, bytes]) -> list[kv_rwset_pb2.KVMetadataEntry]:
    return [kv_rwset_pb2.KVMetadataEntry(name=name, value=entries[name]) for name in sorted(entries)]


def _distinct(ranges: list[RangeRead]) -> Iterator[RangeRead]:
    """Each range once, however often it was read; what was never asked for its first result, not at all."""
    known = set()
    for queried in ranges:
        key = (queried.start, queried.end, queried.exhausted)
        if key not in known:
            known.add(key)
            yield queried


def first_difference(one: bytes, other: bytes) -> str:
    """The first key in which two public read-write sets differ, for whoever must find out why."""
    left, right = _flat(one), _flat(other)
    for entry in sorted({*left, *right}):
        if left.get(entry) != right.get(entry):
            namespace, kind, key = entry
            return f"{kind} of {key!r} in {namespace}"
    return "nothing that it read or wrote"


def _flat(results: bytes) -> dict[tuple[str, str, str], bytes]:
    flat: dict[tuple[str, str, str], bytes] = {}
    for namespace in rwset_pb2.TxReadWriteSet.FromString(results).ns_rwset:
        kv = kv_rwset_pb2.KVRWSet.FromString(namespace.rwset)
        name = namespace.namespace
        for kind, entries in (
            ("the read", kv.reads),
            ("the write", kv.writes),
            ("the metadata", kv.metadata_writes),
        ):
            flat |= {(name, kind, entry.key): entry.SerializeToString() for entry in entries}
        flat |= {(name, "the range", q.start_key): q.SerializeToString() for q in kv.range_queries_info}
        for hashed in namespace.collection_hashed_rwset:
            place = f"{name}, collection {hashed.collection_name}"
            read = kv_rwset_pb2.HashedRWSet.FromString(hashed.hashed_rwset)
            for kind, hashes in (
                ("the read", read.hashed_reads),
                ("the write", read.hashed_writes),
                ("the metadata", read.metadata_writes),
            ):
                flat |= {(place, kind, entry.key_hash.hex()): entry.SerializeToString() for entry in hashes}
    return flat
