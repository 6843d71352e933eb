"""Blocks off the ledger, parsed, in batches that suit one database transaction."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing

from fabric_protos.common import common_pb2
from google.protobuf.message import DecodeError

from chaincode.model.errors import MediLedgerError
from gateway.fabric import Network
from gateway.fabric.blocks import (
    BlockView,
    parse_block,
)

# A batch closes at this many blocks or writes: one transaction holds this much in memory.
BATCH_BLOCKS = 64
BATCH_WRITES = 20_000
# The stream from the ledger is not read while this much waits for the database, beyond one block.
WAITING_BLOCKS = 128
WAITING_WRITES = 40_000


class BlockError(MediLedgerError):
    """A block that is not what its header says, or a valid transaction that the mirror cannot read."""


async def batches(
    network: Network, start_block: int, stop_before: int | None = None
) -> AsyncIterator[list[BlockView]]:
    """Blocks from ``start_block`` on, as many at a time as are there already.

    Ends before block ``stop_before``, else never. Reading and parsing go on while a batch is written.
    """
    if stop_before is not None and start_block >= stop_before:
        return
    waiting = _Waiting()
    reader = asyncio.create_task(_read(network, start_block, stop_before, waiting))
    try:
        while batch := await waiting.take():
            yield batch
        await reader
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def _read(network: Network, start_block: int, stop_before: int | None, waiting: _Waiting) -> None:
    try:
        async with aclosing(network.block_events(start_block)) as blocks:
            async for block in blocks:
                await waiting.put(parsed(block))
                if stop_before is not None and block.header.number + 1 >= stop_before:
                    return
        raise ConnectionError("the block stream ended")
    finally:
        waiting.end()


class _Waiting:
    """Parsed blocks between the ledger's stream and the database."""

    def __init__(self) -> None:
        self._blocks: deque[BlockView] = deque()
        self._writes = 0
        self._ended = False
        self._changed = asyncio.Event()

    async def put(self, block: BlockView) -> None:
        while len(self._blocks) >= WAITING_BLOCKS or self._writes >= WAITING_WRITES:
            await self._change()
        self._blocks.append(block)
        self._writes += _writes(block)
        self._changed.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._changed.set()

    async def take(self) -> list[BlockView]:
        """The next batch, as soon as there is a block; empty at the end."""
        while not self._blocks and not self._ended:
            await self._change()
        batch: list[BlockView] = []
        writes = 0
        while self._blocks and len(batch) < BATCH_BLOCKS and writes < BATCH_WRITES:
            batch.append(self._blocks.popleft())
            writes += _writes(batch[-1])
        self._writes -= writes
        self._changed.set()
        return batch

    async def _change(self) -> None:
        # One puts and one takes, and never both wait: a full queue has something to take.
        self._changed.clear()
        await self._changed.wait()


def parsed(block: common_pb2.Block) -> BlockView:
    """A block as it is read.

    BlockError for a valid transaction that is unreadable, and where the data are not those that the header's
    hash, and so the chain, stands for. What peers found invalid may be unreadable: it has no effect.
    """
    if hashlib.sha256(b"".join(block.data.data)).digest() != block.header.data_hash:
        raise BlockError(f"block {block.header.number}: its data do not match its header")
    try:
        return parse_block(block)
    except (DecodeError, IndexError, ValueError) as error:
        raise BlockError(f"block {block.header.number}: unreadable: {error!r}") from error


def _writes(block: BlockView) -> int:
    return sum(len(transaction.writes) for transaction in block.transactions)
