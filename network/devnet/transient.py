"""Private read-write sets between their endorsement and their block, as a peer's transient store has them.

An LMDB environment that is not synced: what the operating system has taken survives kill -9, and what a power
cut takes away is private data that a member lacks, never a block.
"""

from __future__ import annotations

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
        """Keep a TxPvtReadWriteSet until its block, or until many others have come."""
        with self._environment.begin(write=True) as write:
            if not write.put(transaction_id.encode(), private, db=self._sets, overwrite=False):
                return
            cursor = write.cursor(db=self._order)
            number = _NUMBER.unpack(cursor.key())[0] + 1 if cursor.last() else 0
            write.put(_NUMBER.pack(number), transaction_id.encode(), db=self._order)
            if cursor.first():
                oldest = cursor.key()
                if number - _NUMBER.unpack(oldest)[0] >= MAX_KEPT:
                    write.delete(cursor.value(), db=self._sets)
                    write.delete(oldest, db=self._order)

    def get(self, transaction_id: str) -> bytes | None:
        """The private set of a transaction, None where there is none."""
        with self._environment.begin(db=self._sets) as read:
            return read.get(transaction_id.encode())

    def drop(self, transaction_ids: list[str]) -> None:
        """Forget the private sets of transactions whose block is written."""
        if not transaction_ids:
            return
        with self._environment.begin(write=True) as write:
            for transaction_id in transaction_ids:
                write.delete(transaction_id.encode(), db=self._sets)
