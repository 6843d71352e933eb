"""The state as of one block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from network.devnet import keys
from network.devnet.keys import PLACE, Version
from network.devnet.private_store import PrivateDatabases, PrivateReader

HISTORY_MARK = b"\x00\x00"


@dataclass(frozen=True, slots=True)
class Stored:
    """A key's value and where it was written."""

    value: bytes
    version: Version


@dataclass(frozen=True)
class Databases:
    """LMDB's handles of the named databases."""

    blocks: Any
    headers: Any
    state: Any
    metadata: Any
    history: Any
    transactions: Any
    definitions: Any
    private: PrivateDatabases


class Snapshot:
    """State, metadata, history and private sets as of one block, for as long as it is open."""

    def __init__(self, databases: Databases, transaction: Any) -> None:
        self._databases = databases
        self._transaction = transaction
        self.private = PrivateReader(databases.private, transaction)
        self._guarded: dict[str, bool] = {}

    def get(self, namespace: str, key: str) -> Stored | None:
        """A key's committed value."""
        stored = keys.encode(namespace, key)
        found = self._transaction.get(stored, db=self._databases.state)
        return None if found is None else _read(stored, found)[1]

    def versions(self, namespace: str, many: Iterable[str]) -> Iterator[Version | None]:
        """Where each of many keys was written, None where it has no value."""
        get, state = self._transaction.get, self._databases.state
        for key in many:
            found = get(keys.encode(namespace, key), db=state)
            yield None if found is None else PLACE.unpack_from(found)

    def metadata(self, namespace: str, key: str) -> bytes:
        """A key's metadata, a serialized StateMetadataResult; empty where it has none."""
        if not self.has_metadata(namespace):
            return b""
        return self._transaction.get(keys.encode(namespace, key), default=b"", db=self._databases.metadata)

    def range(self, namespace: str, start: str, end: str) -> Iterator[tuple[str, Stored]]:
        """Keys from ``start`` to before ``end`` (without end where it is empty), in their order."""
        first, last = keys.bounds(namespace, start, end)
        prefix = first
        cursor = self._transaction.cursor(db=self._databases.state)
        beyond = keys.is_cut(keys.encode(namespace, start))
        cut: list[tuple[str, Stored]] = []
        more = cursor.set_range(first)
        while more and cursor.key() < last:
            stored, value = cursor.item()
            key, one = _read(stored, value)
            if cut and not (key is not None and stored.startswith(prefix)):
                yield from _ordered(cut, start, end)
                cut = []
            if key is not None:
                prefix = stored[: keys.MAX_PLAIN_BYTES]
                cut.append((key, one))
            elif not (beyond and stored == first):
                yield keys.plain(namespace, stored), one
            more = cursor.next()
        yield from _ordered(cut, start, end)

    def history(self, namespace: str, key: str) -> list[Version]:
        """Where a key was written or deleted, the newest first."""
        prefix = keys.encode(namespace, key) + HISTORY_MARK
        cursor = self._transaction.cursor(db=self._databases.history)
        found: list[Version] = []
        more = cursor.set_range(prefix)
        while more and cursor.key().startswith(prefix):
            place = cursor.key()[len(prefix) :]
            # A longer rest is another key's, which begins with this one.
            if len(place) == PLACE.size:
                number, index = PLACE.unpack(place)
                found.append((number, index))
            more = cursor.next()
        found.reverse()
        return found

    def has_metadata(self, namespace: str) -> bool:
        """Whether any key of a namespace has metadata; most have none, and need no look for each key."""
        known = self._guarded.get(namespace)
        if known is None:
            prefix = keys.prefix_of(namespace)
            cursor = self._transaction.cursor(db=self._databases.metadata)
            known = bool(cursor.set_range(prefix)) and cursor.key().startswith(prefix)
            self._guarded[namespace] = known
        return known


def pack(key: str, stored: bytes, value: bytes, head: bytes) -> bytes:
    """A value as the state keeps it, behind its version, packed as a `PLACE`."""
    return head + keys.pack_cut(key) + value if keys.is_cut(stored) else head + value


def _read(stored: bytes, found: bytes) -> tuple[str | None, Stored]:
    """The whole key where the stored one is cut, and the value."""
    number, index = PLACE.unpack_from(found)
    rest = found[PLACE.size :]
    if not keys.is_cut(stored):
        return None, Stored(rest, (number, index))
    key, value = keys.unpack_cut(rest)
    return key, Stored(value, (number, index))


def _ordered(cut: list[tuple[str, Stored]], start: str, end: str) -> Iterator[tuple[str, Stored]]:
    for key, stored in sorted(cut, key=lambda entry: entry[0].encode()):
        if start.encode() <= key.encode() and (not end or key.encode() < end.encode()):
            yield key, stored
