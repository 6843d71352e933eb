"""How far a consumer of events has come, and where that is kept."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from gateway.fabric.errors import FabricError


class CheckpointError(FabricError):
    """A checkpoint's file that cannot be used; the message names it."""


@dataclass(frozen=True)
class Position:
    """A place in a stream: the next block and, within it, the last transaction that is done.

    Attributes:
        block_number: the next block, None where nothing is done yet.
        transaction_id: of that block's transactions the last one that is done, "" for none.
    """

    block_number: int | None = None
    transaction_id: str = ""

    @classmethod
    def after_block(cls, number: int) -> Position:
        """All of block ``number`` is done."""
        return cls(number + 1)

    @classmethod
    def after_transaction(cls, number: int, transaction_id: str) -> Position:
        """Block ``number`` is done up to this transaction."""
        return cls(number, transaction_id)


class Checkpoint(Protocol):
    """Where a stream learns its first position: one of those below, or a caller's own.

    A caller whose effects go into a database keeps the position there too, and writes it in the transaction
    of those effects: then each event takes effect exactly once. Its own ``load`` is all that a stream needs.
    """

    async def load(self) -> Position:
        """The position to begin at."""


class Checkpointer(Checkpoint, Protocol):
    """A checkpoint that is moved on as blocks or transactions are done."""

    async def save(self, position: Position) -> None:
        """Everything before ``position`` is done."""


class InMemoryCheckpointer:
    """A checkpoint that lasts as long as the process: for a stream that is closed and opened again."""

    def __init__(self, position: Position | None = None) -> None:
        self.position = position or Position()

    async def load(self) -> Position:
        return self.position

    async def save(self, position: Position) -> None:
        self.position = position


class FileCheckpointer:
    """A checkpoint in a file, for use in ``async with``.

    A position that was saved is on the disk; a crash while it is saved leaves the one before. One process
    owns the file at a time. The file is JSON with the members ``blockNumber`` and ``transactionId``, which
    the official Node client's file checkpointer reads and writes too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: IO[str] | None = None
        self._saving = asyncio.Lock()

    async def __aenter__(self) -> FileCheckpointer:
        """Take the file; CheckpointError where another has it, or where it cannot be made."""
        self._lock = await asyncio.to_thread(self._own)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    async def load(self) -> Position:
        """The saved position, none done where there is no file yet; CheckpointError for other content."""
        return await asyncio.to_thread(self._read)

    async def save(self, position: Position) -> None:
        """Returns when it is on the disk; OSError where it cannot be, CheckpointError unless entered."""
        if self._lock is None:
            raise CheckpointError(f"{self._path}: the checkpointer is not entered")
        async with self._saving:
            await asyncio.to_thread(self._write, position)

    def _own(self) -> IO[str]:
        # A file of its own: the checkpoint's is replaced at each save, and a lock stays with the old one.
        path = self._path.with_name(f"{self._path.name}.lock")
        try:
            lock = path.open("a")
        except OSError as error:
            raise CheckpointError(f"{path}: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise CheckpointError(f"{self._path}: another process keeps its checkpoint here") from error
        return lock

    def _read(self) -> Position:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Position()
        try:
            return _position(json.loads(text))
        except (ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{self._path}: no checkpoint: {error}") from error

    def _write(self, position: Position) -> None:
        content = {"transactionId": position.transaction_id}
        if position.block_number is not None:
            content["blockNumber"] = str(position.block_number)
        fresh = self._path.with_name(f"{self._path.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            # The new name is on the disk only when its folder is.
            os.fsync(folder)
        finally:
            os.close(folder)


def _position(content: Any) -> Position:
    number = content.get("blockNumber")
    transaction_id = content.get("transactionId") or ""
    if not isinstance(transaction_id, str):
        raise TypeError("transactionId is no text")
    if number is not None and int(number) < 0:
        raise ValueError("blockNumber is negative")
    return Position(None if number is None else int(number), transaction_id)
