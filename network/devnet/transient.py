"""Private read-write sets between their endorsement and their block, as a peer's transient store has them.

An LMDB environment that is not synced: what the operating system has taken survives kill -9, and what a power
cut takes away is private data that a member lacks, never a block.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import lmdb

MAP_BYTES = 64 * 2**30
# A private set whose transaction was never submitted goes after this many later ones.
MAX_KEPT = 100_000

_NUMBER = struct.Struct(">Q")


class TransientStore:
    """Private sets by transaction id, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = lmdb.open(
            str(folder), map_size=MAP_BYTES, max_dbs=2, max_readers=1024, sync=False, metasync=False
        )
        self._sets = self._environment.open_db(b"sets")
        self._order = self._environment.open_db(b"order")

    def close(self) -> None:
        self._environment.close()

    def keep(self, transaction_id: str, private: bytes) -> None:
        """Keep a TxPvtReadWriteSet until its block, or until many others have come.

        A transaction has several where it was endorsed more than once; its block's hashes tell which counts.
        """
        key = transaction_id.encode() + hashlib.sha256(private).digest()
        with self._environment.begin(write=True) as write:
            if not write.put(key, private, db=self._sets, overwrite=False):
                return
            cursor = write.cursor(db=self._order)
            number = _NUMBER.unpack(cursor.key())[0] + 1 if cursor.last() else 0
            write.put(_NUMBER.pack(number), key, db=self._order)
            if cursor.first():
                oldest = cursor.key()
                if number - _NUMBER.unpack(oldest)[0] >= MAX_KEPT:
                    write.delete(cursor.value(), db=self._sets)
                    write.delete(oldest, db=self._order)

    def get(self, transaction_id: str) -> list[bytes]:
        """The private sets of a transaction."""
        with self._environment.begin(db=self._sets) as read:
            return [read.get(key, b"") for key in _keys(read, transaction_id)]

    def drop(self, transaction_ids: list[str]) -> None:
        """Forget the private sets of transactions whose block is written."""
        if not transaction_ids:
            return
        with self._environment.begin(write=True, db=self._sets) as write:
            for transaction_id in transaction_ids:
                for key in _keys(write, transaction_id):
                    write.delete(key)


def _keys(transaction: lmdb.Transaction, transaction_id: str) -> list[bytes]:
    """The keys of a transaction's sets: its id, then their digests."""
    prefix = transaction_id.encode()
    found: list[bytes] = []
    with transaction.cursor() as cursor:
        more = cursor.set_range(prefix)
        while more and bytes(cursor.key()).startswith(prefix):
            found.append(bytes(cursor.key()))
            more = cursor.next()
    return found
