"""The chain itself: what every part of devnet shares, and how a block is made of submitted envelopes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fabric_protos.common import common_pb2

from gateway.fabric.blocks import header_hash
from network.devnet import block as blocks
from network.devnet import config
from network.devnet.block import Summary, Written
from network.devnet.channel_policies import ChannelPolicies
from network.devnet.clock import Clock
from network.devnet.definitions import Definitions
from network.devnet.errors import DevnetError
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.store import Effects, Location, Store
from network.devnet.transient import TransientStore
from network.devnet.validator import Validator

log = logging.getLogger(__name__)

# Newest blocks kept at hand for streams, and transactions for histories.
RECENT_BLOCKS = 8
RECENT_SUMMARIES = 64
RECENT_WRITTEN = 64


class Chain:
    """Blocks of one channel, and whoever waits for the next."""

    def __init__(
        self,
        folder: Path,
        channel: str,
        genesis: bytes,
        definitions: Definitions,
        orderer: Node,
        clock: Clock,
    ) -> None:
        """Open the ledger in ``folder``, beginning it with ``genesis`` where it is new.

        Raises DevnetError where it was begun for another channel or other members.
        """
        self.channel = channel
        self.definitions = definitions
        self.clock = clock
        self.store = Store(folder)
        self.transient = TransientStore(folder / "transient")
        self._recent: OrderedDict[int, bytes] = OrderedDict()
        self._summaries: OrderedDict[int, list[Summary]] = OrderedDict()
        self._written: OrderedDict[tuple[int, int], Written] = OrderedDict()
        self._orderer = orderer
        try:
            self._height = self._begin(genesis)
        except DevnetError as error:
            self.store.close()
            self.transient.close()
            raise DevnetError(f"{error}; remove the folder {folder} to begin a new ledger") from error
        self.members = config.members(self.block(0))
        self.policies = ChannelPolicies(config.channel_group(self.block(0)))
        self.membership = Membership(config.msps(self.block(0)).values(), clock)
        self._last_hash = header_hash(common_pb2.Block.FromString(self.block(self._height - 1)).header)
        self.store.define(self._height, definitions.described)
        self._validator = Validator(channel, self.store, self.membership, definitions, self.transient.get)
        self._writer = ThreadPoolExecutor(1, "ledger-writer")
        self._grown = asyncio.Condition()
        self._waiting: dict[str, set[asyncio.Future[Location]]] = {}

    def _begin(self, genesis: bytes) -> int:
        """Write block 0, or see that it has the same members; how many blocks there are."""
        height = self.store.height()
        if height == 0:
            first = common_pb2.Block.FromString(genesis)
            self.store.commit(0, header_hash(first.header), genesis, Effects())
            return 1
        stored = self.store.block(0) or b""
        if config.channel_of(stored) != config.channel_of(genesis):
            raise DevnetError("the ledger there was begun for another channel")
        if config.authorities(stored) != config.authorities(genesis):
            raise DevnetError("the ledger there was begun for other members")
        return height

    @property
    def height(self) -> int:
        """How many blocks there are."""
        return self._height

    @property
    def last_hash(self) -> bytes:
        """The newest block's header hash."""
        return self._last_hash

    def close(self) -> None:
        """Finish the write that is under way and close the ledger."""
        self._writer.shutdown()
        self.store.close()
        self.transient.close()

    def block(self, number: int) -> bytes:
        """The bytes of a block that there is."""
        found = self._recent.get(number) or self.store.block(number)
        if found is None:
            raise DevnetError(f"there is no block {number}")
        return found

    def summary(self, number: int) -> list[Summary]:
        """What streams of events tell of a block that there is."""
        found = self._summaries.get(number)
        if found is None:
            found = blocks.summaries(common_pb2.Block.FromString(self.block(number)))
            _remember(self._summaries, number, found, RECENT_SUMMARIES)
        return found

    def written(self, number: int, index: int) -> Written:
        """What the transaction at a place of the chain wrote."""
        found = self._written.get((number, index))
        if found is None:
            found = blocks.written_by(common_pb2.Block.FromString(self.block(number)), index)
            _remember(self._written, (number, index), found, RECENT_WRITTEN)
        return found

    async def wait_above(self, height: int) -> None:
        """Wait until there are more than ``height`` blocks."""
        if self._height > height:
            return
        async with self._grown:
            await self._grown.wait_for(lambda: self._height > height)

    async def committed(self, transaction_id: str) -> Location:
        """Where a transaction is, once it is in a block."""
        found = self.store.locate(transaction_id)
        if found is not None:
            # On disk a block may be ahead, by a moment, of what the chain calls its height.
            await self.wait_above(found.block_number)
            return found
        future: asyncio.Future[Location] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(transaction_id, set())
        waiting.add(future)
        try:
            return await future
        finally:
            waiting.discard(future)
            if not waiting and self._waiting.get(transaction_id) is waiting:
                del self._waiting[transaction_id]

    async def append(self, envelopes: Sequence[bytes]) -> None:
        """Validate envelopes, write them as the next block, durably, and tell whoever waits."""
        number = self._height
        loop = asyncio.get_running_loop()
        data, last_hash, effects = await loop.run_in_executor(self._writer, self._write, number, envelopes)
        self._last_hash = last_hash
        _remember(self._recent, number, data, RECENT_BLOCKS)
        async with self._grown:
            self._height = number + 1
            self._grown.notify_all()
        for transaction_id, index, code in effects.transactions:
            for future in self._waiting.get(transaction_id, ()):
                if not future.done():
                    future.set_result(Location(number, index, code))

    def _write(self, number: int, envelopes: Sequence[bytes]) -> tuple[bytes, bytes, Effects]:
        """In the writer's thread, beside which endorsing goes on."""
        began = time.perf_counter()
        validated = self._validator.validate(number, envelopes)
        made = blocks.make(number, self._last_hash, envelopes, validated.codes, self._orderer)
        data = made.SerializeToString()
        last_hash = header_hash(made.header)
        checked = time.perf_counter()
        self.store.commit(number, last_hash, data, validated.effects)
        self.transient.drop(validated.private)
        log.debug(
            "block=%d transactions=%d bytes=%d validated_ms=%.1f written_ms=%.1f",
            number,
            len(envelopes),
            len(data),
            1000 * (checked - began),
            1000 * (time.perf_counter() - checked),
        )
        return data, last_hash, validated.effects


def _remember(cache: OrderedDict[Any, Any], key: object, value: object, size: int) -> None:
    cache[key] = value
    if len(cache) > size:
        cache.popitem(last=False)
