"""Whether what a transaction read is still so, and what the valid ones of a block do to the state."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import chaincode_shim_pb2

from network.devnet import keys, rangehash
from network.devnet.definitions import Definitions
from network.devnet.keys import Version, key_hash
from network.devnet.snapshot import Snapshot
from network.devnet.store import Change, MetadataChange
from network.devnet.transaction import Code, HashedSpace, Invalid, Space, Transaction

log = logging.getLogger(__name__)

# "Nil value not allowed", core/ledger/kvledger/txmgmt/validation: prepareTxOps.
FATAL = (
    "block=%d place=%d sets the policy of a key, without having read it, that an earlier transaction of the "
    "block deletes: peers of Fabric 3.1.5 end at such a block, and again whenever they are started"
)

Read: TypeAlias = kv_rwset_pb2.KVRead | kv_rwset_pb2.KVReadHash
PrivatePart = Mapping[tuple[str, str], bytes]
"""A transaction's private sets, KVRWSets by chaincode and collection, found to be what its hashes say.

One that no member comes by is not in it.
"""


class BlockState:
    """The state before a block, and what its transactions so far have made of it."""

    def __init__(self, snapshot: Snapshot, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._definitions = definitions
        # By namespace and key: whatever a transaction of this block wrote, None where it deleted.
        self._written: dict[str, dict[str, tuple[bytes | None, Version]]] = {}
        self._metadata: dict[tuple[str, str], bytes] = {}
        self.changes: list[Change] = []
        self.metadata_changes: list[MetadataChange] = []

    def check(self, transaction: Transaction) -> None:
        """Invalid where a key, a range or a hash that was read is another now."""
        for space in transaction.action.namespaces:
            reads = space.public.reads
            self._check_reads(space.namespace, [read.key for read in reads], reads)
            for queried in space.public.range_queries_info:
                if not self._same_range(space.namespace, queried):
                    raise Invalid(Code.PHANTOM_READ_CONFLICT)
            for collection in space.collections:
                place = keys.hashes_of(space.namespace, collection.collection)
                hashed = collection.hashed.hashed_reads
                self._check_reads(place, [read.key_hash.hex() for read in hashed], hashed)

    def apply(self, transaction: Transaction, version: Version, private: PrivatePart) -> None:
        """Make the transaction's writes part of the state, and of the members' what is private."""
        for space in transaction.action.namespaces:
            touched = self._write_public(space.namespace, space.public.writes, version)
            for metadata in space.public.metadata_writes:
                self._write_metadata(
                    space.namespace, metadata.key, metadata.entries, version, metadata.key in touched
                )
            for collection in space.collections:
                self._apply_hashes(space, collection, version)
                clear = private.get((space.namespace, collection.collection))
                if clear is not None:
                    self._apply_private(space.namespace, collection, clear, version)

    def forget(self, namespace: str, key: str, version: Version) -> None:
        """Remove a key that no transaction of the block has written."""
        if key not in self._written.get(namespace, ()):
            self._write(namespace, key, None, version, history=False)

    def _check_reads(self, namespace: str, names: Sequence[str], reads: Sequence[Read]) -> None:
        # What an earlier transaction of the block has touched is another now, even deleted twice.
        written = self._written.get(namespace, ())
        for name, read, version in zip(names, reads, self._snapshot.versions(namespace, names), strict=True):
            known = (read.version.block_num, read.version.tx_num) if read.HasField("version") else None
            if name in written or version != known:
                raise Invalid(Code.MVCC_READ_CONFLICT)

    def _same_range(self, namespace: str, queried: kv_rwset_pb2.RangeQueryInfo) -> bool:
        if queried.HasField("reads_merkle_hashes"):
            then_all = queried.reads_merkle_hashes
            now_all = rangehash.summary(self._range(namespace, queried), max(2, then_all.max_degree))
            return now_all == then_all
        seen = iter(queried.raw_reads.kv_reads)
        for key, version in self._range(namespace, queried):
            then = next(seen, None)
            if then is None or then.key != key or (then.version.block_num, then.version.tx_num) != version:
                return False
        return next(seen, None) is None

    def _range(self, namespace: str, queried: kv_rwset_pb2.RangeQueryInfo) -> Iterator[tuple[str, Version]]:
        """What the range holds now, the block's earlier transactions counted in."""
        end = queried.end_key
        if not queried.itr_exhausted:
            # Its end is the last key that was fetched, and belongs to it.
            end += "\x00"
        written = self._written.get(namespace, {})
        changed = sorted(key for key in written if queried.start_key <= key and (not end or key < end))
        place = 0
        for key, stored in self._snapshot.range(namespace, queried.start_key, end):
            while place < len(changed) and changed[place] <= key:
                if written[changed[place]][0] is not None:
                    yield changed[place], written[changed[place]][1]
                place += 1
            if key not in written:
                yield key, stored.version
        for key in changed[place:]:
            if written[key][0] is not None:
                yield key, written[key][1]

    def _write_public(
        self, namespace: str, writes: Sequence[kv_rwset_pb2.KVWrite], version: Version
    ) -> Container[str]:
        """Write what a transaction writes, often much; the keys."""
        touched: dict[str, tuple[bytes | None, Version]] = {}
        for write in writes:
            key, value = write.key, None if write.is_delete else write.value or None
            if value is None:
                self._write(namespace, key, None, version, history=True)
            else:
                self.changes.append(Change(namespace, key, value, version))
            touched[key] = (value, version)
        self._written.setdefault(namespace, {}).update(touched)
        return touched

    def _write(self, namespace: str, key: str, value: bytes | None, version: Version, history: bool) -> None:
        self._written.setdefault(namespace, {})[key] = (value, version)
        self.changes.append(Change(namespace, key, value, version, history))
        if value is None and (self._snapshot.metadata(namespace, key) or (namespace, key) in self._metadata):
            self._set_metadata(namespace, key, b"")

    def _write_metadata(
        self,
        namespace: str,
        key: str,
        entries: Sequence[kv_rwset_pb2.KVMetadataEntry],
        version: Version,
        written: bool,
    ) -> None:
        """New metadata: of a key that is there, or comes to be; it counts as a new version."""
        value = self._current(namespace, key)
        if value is None:
            if not written and key in self._written.get(namespace, ()):
                log.warning(FATAL, *version)
            return
        if not written:
            self._write(namespace, key, value, version, history=False)
        self._set_metadata(namespace, key, _result(tuple((entry.name, entry.value) for entry in entries)))

    def _set_metadata(self, namespace: str, key: str, value: bytes) -> None:
        self._metadata[namespace, key] = value
        self.metadata_changes.append(MetadataChange(namespace, key, value))

    def _current(self, namespace: str, key: str) -> bytes | None:
        written = self._written.get(namespace, {})
        if key in written:
            return written[key][0]
        stored = self._snapshot.get(namespace, key)
        return stored.value if stored else None

    def _apply_hashes(self, space: Space, collection: HashedSpace, version: Version) -> None:
        place = keys.hashes_of(space.namespace, collection.collection)
        touched = set()
        for write in collection.hashed.hashed_writes:
            value = None if write.is_delete or not write.value_hash else write.value_hash
            self._write(place, write.key_hash.hex(), value, version, history=False)
            touched.add(write.key_hash)
        for metadata in collection.hashed.metadata_writes:
            key = metadata.key_hash
            self._write_metadata(place, key.hex(), metadata.entries, version, key in touched)

    def _apply_private(self, namespace: str, collection: HashedSpace, clear: bytes, version: Version) -> None:
        """The values, at each member; a key whose metadata alone changes gets its hash's new version."""
        defined = self._definitions.need_collection(namespace, collection.collection)
        kv = kv_rwset_pb2.KVRWSet.FromString(clear)
        hashes = {write.key_hash for write in collection.hashed.hashed_writes}
        hashes |= {write.key_hash for write in collection.hashed.metadata_writes}
        known = keys.hashes_of(namespace, collection.collection)
        for msp in sorted(defined.members):
            place = keys.private_of(namespace, collection.collection, msp)
            touched = set()
            for write in kv.writes:
                if key_hash(write.key) in hashes:
                    value = None if write.is_delete or not write.value else write.value
                    self._write(place, write.key, value, version, history=False)
                    touched.add(write.key)
            for metadata in kv.metadata_writes:
                value = self._current(place, metadata.key)
                if metadata.key in touched or value is None:
                    continue
                # A value that is not the hash's, since a later one was lost, must not look like it.
                if hashlib.sha256(value).digest() == self._current(known, key_hash(metadata.key).hex()):
                    self._write(place, metadata.key, value, version, history=False)


@lru_cache(maxsize=256)
def _result(entries: tuple[tuple[str, bytes], ...]) -> bytes:
    """Metadata as it is kept; of many keys' one policy made once."""
    result = chaincode_shim_pb2.StateMetadataResult()
    for name, value in entries:
        result.entries.add(metakey=name, value=value)
    return result.SerializeToString()
