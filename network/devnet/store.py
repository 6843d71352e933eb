"""Blocks, state, metadata, history and the transaction index in one crash-safe LMDB environment.

A block and all its effects are one LMDB transaction, synced before it returns: after kill -9 the store holds
the block whole or not at all.
"""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import lmdb
from fabric_protos.ledger.rwset import rwset_pb2

from network.devnet import keys, private_store, scrub
from network.devnet.errors import DevnetError
from network.devnet.keys import PLACE, Version
from network.devnet.private_store import PrivateDatabases, PrivateEffects, PrivateReader
from network.devnet.snapshot import HISTORY_MARK, Databases, Snapshot, pack

# Sparse: the file takes what is used, the map only address space.
MAP_BYTES = 256 * 2**30
# Every call that runs chaincode holds one while it does.
MAX_READERS = 32_768
MAX_DATABASES = 16

NUMBER = struct.Struct(">Q")
_INDEX = struct.Struct(">QIB")


class Change(NamedTuple):
    """What a block does to one key; ``value`` None deletes it. Private keys and hashes have no history."""

    namespace: str
    key: str
    value: bytes | None
    version: Version
    history: bool = True


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """A key's new metadata (a serialized StateMetadataResult); empty removes it."""

    namespace: str
    key: str
    value: bytes


@dataclass(frozen=True)
class Effects:
    """What a block does: to keys and to metadata in their order, (id, position, code) of new ids, and what
    members keep of private data.

    Whoever deletes a key also removes its metadata.
    """

    changes: Sequence[Change] = ()
    metadata: Sequence[MetadataChange] = ()
    transactions: Sequence[tuple[str, int, int]] = ()
    private: PrivateEffects = field(default_factory=PrivateEffects)


@dataclass(frozen=True)
class Location:
    """Where a transaction is, and its validation code."""

    block_number: int
    index: int
    code: int


@dataclass(frozen=True)
class Contents:
    """LMDB's databases as of one block, to be read from end to end."""

    databases: Databases
    transaction: Any

    def items(self, database: Any) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of a database, in the order of the keys."""
        with self.transaction.cursor(db=database) as cursor:
            yield from cursor

    def get(self, database: Any, key: bytes) -> bytes | None:
        """One value of a database."""
        return self.transaction.get(key, db=database)


@contextmanager
def reading(folder: Path) -> Iterator[Contents]:
    """The contents of a ledger that devnet may have open at the same time; nothing is written.

    DevnetError where there is no ledger.
    """
    if not (folder / "data.mdb").exists():
        raise DevnetError(f"there is no ledger in {folder}")
    try:
        environment = lmdb.open(
            str(folder), map_size=MAP_BYTES, max_dbs=MAX_DATABASES, max_readers=MAX_READERS, readonly=True
        )
        databases = _databases(environment)
    except lmdb.Error as error:
        raise DevnetError(f"the ledger in {folder} cannot be read: {error}") from error
    with environment, environment.begin() as transaction:
        yield Contents(databases, transaction)


class Store:
    """The environment below ``folder``; one process at a time opens it, DevnetError for a second one.

    One that is not ``durable`` writes without waiting for the disk: for what can be made again.
    """

    def __init__(self, folder: Path, durable: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "devnet.lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise DevnetError(f"another devnet has the ledger in {folder} open") from None
        self._folder = folder
        scrub.rewrite_if_marked(folder, MAP_BYTES, MAX_DATABASES)
        self._environment = lmdb.open(
            str(folder),
            map_size=MAP_BYTES,
            max_dbs=MAX_DATABASES,
            max_readers=MAX_READERS,
            metasync=durable,
            sync=durable,
        )
        self._databases = _databases(self._environment)

    def close(self) -> None:
        self._environment.close()
        self._lock.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The state as it is now; later blocks do not show in it."""
        transaction = self._environment.begin(buffers=False)
        try:
            yield Snapshot(self._databases, transaction)
        finally:
            transaction.abort()

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        """All that is kept, as of one block."""
        with self._environment.begin() as transaction:
            yield Contents(self._databases, transaction)

    def height(self) -> int:
        """How many blocks there are."""
        with self._environment.begin(db=self._databases.blocks) as transaction:
            cursor = transaction.cursor()
            return NUMBER.unpack(cursor.key())[0] + 1 if cursor.last() else 0

    def block(self, number: int) -> bytes | None:
        """A block's bytes, None where there is no such block yet."""
        if not 0 <= number < 2**64:
            return None
        with self._environment.begin(db=self._databases.blocks) as transaction:
            return transaction.get(NUMBER.pack(number))

    def number_of(self, header_hash: bytes) -> int | None:
        """The number of the block with this header hash."""
        if len(header_hash) != 32:
            return None
        with self._environment.begin(db=self._databases.headers) as transaction:
            found = transaction.get(header_hash)
        return NUMBER.unpack(found)[0] if found else None

    def private_sets(self, number: int, msp_id: str) -> dict[int, rwset_pb2.TxPvtReadWriteSet]:
        """What a member keeps of a block's private data, by position of the transaction."""
        with self._environment.begin() as transaction:
            kept = list(PrivateReader(self._databases.private, transaction).of_block(number, msp_id))
        return private_store.joined(kept)

    def locate(self, transaction_id: str) -> Location | None:
        """Where a transaction is; of one that was sent twice, the first."""
        key = transaction_id.encode()
        if not 0 < len(key) <= keys.MAX_PLAIN_BYTES:
            return None
        with self._environment.begin(db=self._databases.transactions) as transaction:
            found = transaction.get(key)
        return Location(*_INDEX.unpack(found)) if found else None

    def define(self, number: int, described: str) -> None:
        """Note the definitions under which blocks from ``number`` on are validated."""
        data = described.encode()
        with self._environment.begin(write=True) as write:
            cursor = write.cursor(db=self._databases.definitions)
            if not cursor.last() or cursor.value() != data:
                cursor.put(NUMBER.pack(number), data)

    def commit(self, number: int, header_hash: bytes, block: bytes, effects: Effects) -> None:
        """Write a block and its effects, durably."""
        state: dict[bytes, bytes | None] = {}
        history: list[tuple[bytes, bytes]] = []
        for namespace, plain, value, version, has_history in effects.changes:
            key = keys.encode(namespace, plain)
            place = PLACE.pack(*version)
            state[key] = None if value is None else pack(plain, key, value, place)
            if has_history:
                history.append((key + HISTORY_MARK + place, b""))
        metadata = {keys.encode(m.namespace, m.key): m.value for m in effects.metadata}
        index = [
            (identity.encode(), _INDEX.pack(number, place, code))
            for identity, place, code in effects.transactions
        ]
        named = self._databases
        if effects.private.purged:
            scrub.mark(self._folder)
        with self._environment.begin(write=True) as write:
            if not write.put(NUMBER.pack(number), block, db=named.blocks, overwrite=False):
                raise DevnetError(f"block {number} is there already")
            write.put(header_hash, NUMBER.pack(number), db=named.headers)
            _put_many(write, named.state, [(k, v) for k, v in state.items() if v is not None])
            for key, value in state.items():
                if value is None:
                    write.delete(key, db=named.state)
            _put_many(write, named.metadata, [(k, v) for k, v in metadata.items() if v])
            for key, value in metadata.items():
                if not value:
                    write.delete(key, db=named.metadata)
            _put_many(write, named.history, history)
            _put_many(write, named.transactions, index)
            private_store.write(named.private, write, effects.private)


def _databases(environment: lmdb.Environment) -> Databases:
    opened = environment.open_db
    return Databases(
        blocks=opened(b"blocks"),
        headers=opened(b"headers"),
        state=opened(b"state"),
        metadata=opened(b"metadata"),
        history=opened(b"history"),
        transactions=opened(b"transactions"),
        definitions=opened(b"definitions"),
        private=PrivateDatabases(
            sets=opened(b"private_sets"), keys=opened(b"private_keys"), expiries=opened(b"expiries")
        ),
    )


def _put_many(write: lmdb.Transaction, database: Any, items: list[tuple[bytes, bytes]]) -> None:
    """Put items, sorted: neighbours share pages."""
    if items:
        items.sort()
        with write.cursor(db=database) as cursor:
            cursor.putmulti(items)
