"""The chain itself: what every part of devnet shares, and how a block is made of submitted envelopes."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Sequence

from fabric_protos.common import common_pb2

from gateway.fabric.blocks import header_der, header_hash
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.policy import Policy
from network.devnet.store import Store
from network.devnet.validator import Validator

log = logging.getLogger(__name__)


class Chain:
    """Blocks of one channel, and whoever waits for the next."""

    def __init__(
        self, store: Store, membership: Membership, policies: dict[str, Policy], orderer: Node, genesis: bytes
    ) -> None:
        self.store = store
        self.membership = membership
        self.policies = policies
        self._orderer = orderer
        self._validator = Validator(store, membership, policies)
        self._height = store.height()
        if self._height == 0:
            block = common_pb2.Block.FromString(genesis)
            self._last_hash = header_hash(block.header)
            store.commit(0, genesis, [], [])
            self._height = 1
        else:
            last = common_pb2.Block.FromString(store.block(self._height - 1) or b"")
            self._last_hash = header_hash(last.header)
        self._grown = asyncio.Condition()

    @property
    def height(self) -> int:
        return self._height

    @property
    def last_hash(self) -> bytes:
        """The newest block's header hash."""
        return self._last_hash

    async def wait_above(self, height: int) -> None:
        """Wait until there are more than ``height`` blocks."""
        async with self._grown:
            await self._grown.wait_for(lambda: self._height > height)

    async def append(self, envelopes: Sequence[bytes]) -> None:
        """Validate envelopes, write them as the next block, durably, and tell whoever waits."""
        number = self._height
        validated = self._validator.validate(number, envelopes)
        codes = bytes(transaction.code for transaction in validated.transactions)
        block = make_block(number, self._last_hash, envelopes, codes, self._orderer)
        index = [(t.transaction_id, place, t.code) for place, t in enumerate(validated.transactions) if t.new]
        # Off the event loop: the sync takes milliseconds, in which endorsements go on.
        await asyncio.to_thread(
            self.store.commit, number, block.SerializeToString(), validated.changes, index
        )
        self._last_hash = header_hash(block.header)
        async with self._grown:
            self._height = number + 1
            self._grown.notify_all()


def make_block(
    number: int, previous_hash: bytes, envelopes: Sequence[bytes], codes: bytes, orderer: Node | None
) -> common_pb2.Block:
    """A block with its hashes, the orderer's signature over its header, and the validation codes."""
    block = common_pb2.Block()
    block.header.number = number
    block.header.previous_hash = previous_hash
    block.header.data_hash = hashlib.sha256(b"".join(envelopes)).digest()
    block.data.data.extend(envelopes)
    block.metadata.metadata.extend([b""] * len(common_pb2.BlockMetadataIndex.values()))
    block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = codes
    if orderer is not None:
        block.metadata.metadata[common_pb2.SIGNATURES] = _signed(block.header, orderer)
    return block


def _signed(header: common_pb2.BlockHeader, orderer: Node) -> bytes:
    value = common_pb2.OrdererBlockMetadata(last_config=common_pb2.LastConfig(index=0)).SerializeToString()
    signature_header = common_pb2.SignatureHeader(
        creator=orderer.serialized, nonce=os.urandom(24)
    ).SerializeToString()
    metadata = common_pb2.Metadata(value=value)
    metadata.signatures.add(
        signature_header=signature_header,
        signature=orderer.sign(value + signature_header + header_der(header)),
    )
    return metadata.SerializeToString()
