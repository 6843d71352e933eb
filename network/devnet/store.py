"""Blocks, state, history and the transaction index in one crash-safe LMDB environment.

A block and all its effects are one LMDB transaction, synced before it returns: after kill -9 the store holds
the block whole or not at all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lmdb

from network.devnet.errors import DevnetError

# Sparse: the file takes what is used, the map only address space.
MAP_BYTES = 64 * 2**30
MAX_READERS = 8192
# LMDB's limit on a key, less what is put around ours.
MAX_KEY_BYTES = 480

_NUMBER = struct.Struct(">Q")
_PLACE = struct.Struct(">QI")
_INDEX = struct.Struct(">QIB")

Version = tuple[int, int]
"""Where a value was written: block number and position of the transaction in it."""


@dataclass(frozen=True)
class Stored:
    """A key's value and where it was written."""

    value: bytes
    version: Version


@dataclass(frozen=True)
class Change:
    """What a block does to one key; ``value`` None deletes it."""

    namespace: str
    key: str
    value: bytes | None
    version: Version


@dataclass(frozen=True)
class Location:
    """Where a transaction is, and its validation code."""

    block_number: int
    index: int
    code: int


class Snapshot:
    """State and history as of one block, for as long as it is open."""

    def __init__(self, store: Store, transaction: Any) -> None:
        self._store = store
        self._transaction = transaction

    def get(self, namespace: str, key: str) -> Stored | None:
        """A key's committed value."""
        found = self._transaction.get(state_key(namespace, key), db=self._store.state)
        return None if found is None else _stored(found)

    def range(self, namespace: str, start: str, end: str) -> Iterator[tuple[str, Stored]]:
        """Keys from ``start`` to before ``end`` (without end where it is empty), in their order."""
        prefix = f"{namespace}\x00".encode()
        stop = state_key(namespace, end) if end else f"{namespace}\x01".encode()
        cursor = self._transaction.cursor(db=self._store.state)
        more = cursor.set_range(state_key(namespace, start))
        while more and cursor.key() < stop:
            yield cursor.key()[len(prefix) :].decode(), _stored(cursor.value())
            more = cursor.next()

    def history(self, namespace: str, key: str) -> list[Version]:
        """Where a key was written or deleted, the newest first."""
        prefix = state_key(namespace, key) + b"\x00\x00"
        cursor = self._transaction.cursor(db=self._store.history_index)
        found = []
        more = cursor.set_range(prefix)
        while more and cursor.key().startswith(prefix):
            place = cursor.key()[len(prefix) :]
            if len(place) == _PLACE.size:
                found.append(_PLACE.unpack(place))
            more = cursor.next()
        return [(number, index) for number, index in reversed(found)]

    def block(self, number: int) -> bytes | None:
        """A block's bytes."""
        return self._transaction.get(_NUMBER.pack(number), db=self._store.blocks)


class Store:
    """The environment below ``folder``; one process at a time opens it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = lmdb.open(
            str(folder), map_size=MAP_BYTES, max_dbs=4, max_readers=MAX_READERS, metasync=True, sync=True
        )
        self.blocks = self._environment.open_db(b"blocks")
        self.state = self._environment.open_db(b"state")
        self.history_index = self._environment.open_db(b"history")
        self._transactions = self._environment.open_db(b"transactions")

    def close(self) -> None:
        self._environment.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The state as it is now; later blocks do not show in it."""
        transaction = self._environment.begin(buffers=False)
        try:
            yield Snapshot(self, transaction)
        finally:
            transaction.abort()

    def height(self) -> int:
        """How many blocks there are."""
        with self._environment.begin(db=self.blocks) as transaction:
            cursor = transaction.cursor()
            return _NUMBER.unpack(cursor.key())[0] + 1 if cursor.last() else 0

    def block(self, number: int) -> bytes | None:
        """A block's bytes, None where there is no such block yet."""
        with self._environment.begin(db=self.blocks) as transaction:
            return transaction.get(_NUMBER.pack(number))

    def locate(self, transaction_id: str) -> Location | None:
        """Where a transaction is; of one that was sent twice, the first. None of what is no id at all."""
        if not 1 <= len(transaction_id.encode()) <= MAX_KEY_BYTES:
            return None
        with self._environment.begin(db=self._transactions) as transaction:
            found = transaction.get(transaction_id.encode())
        return Location(*_INDEX.unpack(found)) if found else None

    def commit(
        self, number: int, block: bytes, changes: list[Change], transactions: list[tuple[str, int, int]]
    ) -> None:
        """Write a block and its effects, durably. ``transactions`` are (id, position, code) of new ids."""
        with self._environment.begin(write=True) as write:
            if not write.put(_NUMBER.pack(number), block, db=self.blocks, overwrite=False):
                raise DevnetError(f"block {number} is there already")
            for change in changes:
                key = state_key(change.namespace, change.key)
                if change.value is None:
                    write.delete(key, db=self.state)
                else:
                    write.put(key, _PLACE.pack(*change.version) + change.value, db=self.state)
                write.put(key + b"\x00\x00" + _PLACE.pack(*change.version), b"", db=self.history_index)
            for transaction_id, index, code in transactions:
                write.put(transaction_id.encode(), _INDEX.pack(number, index, code), db=self._transactions)


def state_key(namespace: str, key: str) -> bytes:
    """A key in its namespace; DevnetError where it is too long."""
    made = f"{namespace}\x00{key}".encode()
    if len(made) > MAX_KEY_BYTES:
        raise DevnetError(f"devnet's keys have at most {MAX_KEY_BYTES} bytes")
    return made


def _stored(found: bytes) -> Stored:
    number, index = _PLACE.unpack_from(found)
    return Stored(found[_PLACE.size :], (number, index))
