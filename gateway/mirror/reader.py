"""Blocks off the ledger, parsed, in batches that suit one database transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from gateway.fabric import Network
from gateway.fabric.blocks import BlockView, parse_block

# Parsed blocks that wait for the database; the stream from the ledger is not read while it is full.
QUEUE_BLOCKS = 64
BATCH_BLOCKS = 64
# A batch closes at this many writes: one transaction holds this much in memory.
BATCH_WRITES = 20_000


async def batches(
    network: Network, start_block: int, stop_before: int | None = None
) -> AsyncIterator[list[BlockView]]:
    """Blocks from ``start_block`` on, as many at a time as are there already.

    Ends before block ``stop_before``, else never. Reading and parsing go on while a batch is written.
    """
    queue: asyncio.Queue[BlockView] = asyncio.Queue(QUEUE_BLOCKS)

    async def read() -> None:
        async for block in network.block_events(start_block):
            await queue.put(parse_block(block))
            if stop_before is not None and block.header.number + 1 >= stop_before:
                return

    if stop_before is not None and start_block >= stop_before:
        return
    reader = asyncio.create_task(read())
    try:
        while True:
            batch = [await _first(queue, reader)]
            writes = _writes(batch[0])
            while len(batch) < BATCH_BLOCKS and writes < BATCH_WRITES and not queue.empty():
                batch.append(queue.get_nowait())
                writes += _writes(batch[-1])
            yield batch
            if stop_before is not None and batch[-1].number + 1 >= stop_before:
                return
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def _first(queue: asyncio.Queue[BlockView], reader: asyncio.Task[None]) -> BlockView:
    """The next block; the reader's error where it ended with one."""
    getter = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({getter, reader}, return_when=asyncio.FIRST_COMPLETED)
        if not getter.done() and not queue.empty():
            await getter
        if getter.done():
            return getter.result()
        reader.result()
        raise EOFError("the block stream ended")
    finally:
        getter.cancel()


def _writes(block: BlockView) -> int:
    return sum(len(transaction.writes) for transaction in block.transactions)
