"""What a block does to private data: what members keep of it, what expires with it, what it purges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from google.protobuf.message import DecodeError

from network.devnet import keys
from network.devnet.definitions import Definitions
from network.devnet.keys import Version, key_hash
from network.devnet.mvcc import BlockState, PrivatePart
from network.devnet.private_store import Expiring, Kept, PrivateEffects, Purged
from network.devnet.snapshot import Snapshot
from network.devnet.transaction import Transaction

PrivateSets = Callable[[str], Sequence[bytes]]
"""The private read-write sets that endorsers of a transaction id have left."""


class PrivateBlock:
    """Collects the effects of one block's transactions."""

    def __init__(self, snapshot: Snapshot, definitions: Definitions, private_sets: PrivateSets) -> None:
        self._snapshot = snapshot
        self._definitions = definitions
        self._private_sets = private_sets
        self._kept: list[Kept] = []
        self._expiring: list[Expiring] = []
        self._expired: list[Expiring] = []
        self._purged: list[Purged] = []

    def keep(self, transaction: Transaction, place: Version) -> PrivatePart:
        """Keep a transaction's private sets where they are what its hashes say; those sets.

        Members keep those of invalid transactions too (gossip/privdata: coordinator).
        """
        left = self._left(transaction)
        found: dict[tuple[str, str], bytes] = {}
        for space in transaction.action.namespaces:
            for collection in space.collections:
                defined = self._definitions.collection(space.namespace, collection.collection)
                if defined is None or not collection.writes:
                    continue
                name = space.namespace, defined.name
                clear = left.get(name)
                holders = defined.holders(transaction.action.endorsers)
                if clear is not None and holders:
                    found[name] = clear
                    self._kept.append(Kept(place, *name, holders, clear))
                expiry = defined.expiry(place[0])
                if expiry is not None:
                    hashed = collection.hashed.SerializeToString()
                    self._expiring.append(Expiring(expiry, place, *name, hashed))
        return found

    def purge(self, transaction: Transaction, place: Version, state: BlockState) -> None:
        """Purge the keys that a valid transaction says, whose other effects the state has."""
        for space in transaction.action.namespaces:
            for collection in space.collections:
                for write in collection.hashed.hashed_writes:
                    if write.is_purge:
                        name = collection.collection
                        self._purge(Purged(place, space.namespace, name, write.key_hash), state)

    def _purge(self, purged: Purged, state: BlockState) -> None:
        self._purged.append(purged)
        # The value too of a member that has lost the private set that names the key in clear.
        for place in self._snapshot.private.places(purged):
            for member, clear in self._snapshot.private.members(place, purged.namespace, purged.collection):
                values = keys.private_of(purged.namespace, purged.collection, member)
                for write in clear.writes:
                    if key_hash(write.key) == purged.key_hash:
                        state.forget(values, write.key, purged.place)

    def expire(self, number: int, state: BlockState) -> None:
        """Let vanish with block ``number`` what no later block, nor this one, has written again.

        After all transactions of the block, which still read it (pvtstatepurgemgmt: PurgeMgr).
        """
        for one in self._snapshot.private.expiring(number):
            self._expired.append(one)
            self._forget(one, (number, 0), state)

    def effects(self) -> PrivateEffects:
        return PrivateEffects(self._kept, self._expiring, self._expired, self._purged)

    def _forget(self, one: Expiring, version: Version, state: BlockState) -> None:
        hashes = keys.hashes_of(one.namespace, one.collection)
        vanishing: set[bytes] = set()
        hashed = kv_rwset_pb2.HashedRWSet.FromString(one.hashed)
        for digest in _hashes(hashed):
            if self._written_in(hashes, digest.hex(), one.place[0]):
                vanishing.add(digest)
                state.forget(hashes, digest.hex(), version)
        for member, clear in self._snapshot.private.members(one.place, one.namespace, one.collection):
            values = keys.private_of(one.namespace, one.collection, member)
            for key in {entry.key for entry in (*clear.writes, *clear.metadata_writes)}:
                if key_hash(key) in vanishing or self._written_in(values, key, one.place[0]):
                    state.forget(values, key, version)

    def _written_in(self, namespace: str, key: str, number: int) -> bool:
        stored = self._snapshot.get(namespace, key)
        return stored is not None and stored.version[0] == number

    def _left(self, transaction: Transaction) -> dict[tuple[str, str], bytes]:
        wanted = {
            (space.namespace, collection.collection): collection.private_hash
            for space in transaction.action.namespaces
            for collection in space.collections
            if collection.private_hash
        }
        if not wanted:
            return {}
        return {
            name: clear
            for left in self._private_sets(transaction.transaction_id)
            for name, clear in _parts(left)
            if wanted.get(name) == hashlib.sha256(clear).digest()
        }


def _hashes(hashed: kv_rwset_pb2.HashedRWSet) -> set[bytes]:
    return {one.key_hash for one in (*hashed.hashed_writes, *hashed.metadata_writes)}


def _parts(left: bytes) -> Iterator[tuple[tuple[str, str], bytes]]:
    try:
        sets = rwset_pb2.TxPvtReadWriteSet.FromString(left)
    except DecodeError:
        return
    for one in sets.ns_pvt_rwset:
        for collection in one.collection_pvt_rwset:
            yield (one.namespace, collection.collection_name), collection.rwset
