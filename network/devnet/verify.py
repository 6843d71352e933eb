"""Whether a ledger is what its own blocks say: every block checked, and everything made again from them."""

from __future__ import annotations

import hashlib
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fabric_protos.common import common_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.blocks import header_der, header_hash
from gateway.fabric.commit import code_name
from network.devnet import config, definitions
from network.devnet.channel_policies import ChannelPolicies
from network.devnet.clock import Clock
from network.devnet.comparison import LedgerDiffers, compare
from network.devnet.msp import IdentityRefused, Membership
from network.devnet.store import NUMBER, Contents, Effects, Store, reading
from network.devnet.transaction import Code
from network.devnet.validator import Validator
from network.policy import of_role

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Verified:
    """What was found to be right: blocks, transactions in them, valid ones, keys that have a value."""

    channel: str
    blocks: int
    transactions: int
    valid: int
    keys: int


def verify(folder: Path, progress: Progress) -> Verified:
    """Check a channel's ledger in ``folder``, which devnet may have open, up to its newest block.

    Every block's number, hashes, signature and validation codes; then state, metadata, history and indexes
    against what the blocks make of an empty ledger. ``progress`` is told the number of each block. Raises
    LedgerDiffers with the first difference, DevnetError where there is no ledger to read.
    """
    with reading(folder) as kept, tempfile.TemporaryDirectory(prefix="devnet-verify-") as scratch:
        made = Store(Path(scratch), durable=False)
        try:
            replay = _Replay(kept, made)
            for number, (key, block) in enumerate(kept.items(kept.databases.blocks)):
                if NUMBER.unpack(key)[0] != number:
                    raise LedgerDiffers(f"block {number} is missing")
                replay.block(number, block)
                progress(number)
            with made.contents() as again:
                count = compare(kept, again)
        finally:
            made.close()
    return Verified(replay.channel, replay.height, replay.transactions, replay.valid, count)


class _Replay:
    """Blocks, each checked against the one before, and what they make of an empty ledger."""

    def __init__(self, kept: Contents, made: Store) -> None:
        first = kept.get(kept.databases.blocks, NUMBER.pack(0))
        if first is None:
            raise LedgerDiffers("block 0 is missing")
        self.channel = config.channel_of(first)
        self._made = made
        self._group = config.channel_group(first)
        self._membership = Membership(config.msps(first).values(), Clock())
        self._defined = deque(kept.items(kept.databases.definitions))
        self._validator = self._under("[]")
        self._previous = b""
        self.height = 0
        self.transactions = 0
        self.valid = 0

    def _under(self, described: str) -> Validator:
        """What validates under definitions; private values are not made again, since members forget them."""
        members = list(self._group.groups["Application"].groups)
        defined = definitions.read(described, self.channel, members, ChannelPolicies(self._group))
        return Validator(self.channel, self._made, self._membership, defined, lambda _: ())

    def block(self, number: int, data: bytes) -> None:
        """Check the next block and take it in; LedgerDiffers."""
        try:
            block = common_pb2.Block.FromString(data)
        except DecodeError as error:
            raise LedgerDiffers(f"block {number} cannot be decoded") from error
        header = block.header
        if header.number != number:
            raise LedgerDiffers(f"block {number} says that it is number {header.number}")
        if header.previous_hash != self._previous:
            raise LedgerDiffers(f"block {number} does not follow block {number - 1}: previous hash")
        if header.data_hash != hashlib.sha256(b"".join(block.data.data)).digest():
            raise LedgerDiffers(f"block {number} does not hold what its data hash says")
        effects = Effects()
        while self._defined and NUMBER.unpack(self._defined[0][0])[0] <= number:
            self._validator = self._under(self._defined.popleft()[1].decode())
        if number:
            self._check_signature(block)
            effects = self._validate(block)
        self._previous = header_hash(header)
        self._made.commit(number, self._previous, b"", effects)
        self.height = number + 1

    def _check_signature(self, block: common_pb2.Block) -> None:
        number = block.header.number
        try:
            metadata = common_pb2.Metadata.FromString(block.metadata.metadata[common_pb2.SIGNATURES])
            [signature] = metadata.signatures
            creator = common_pb2.SignatureHeader.FromString(signature.signature_header).creator
            orderer = self._membership.identify(creator)
            orderer.verify(
                metadata.value + signature.signature_header + header_der(block.header), signature.signature
            )
        except (DecodeError, IndexError, ValueError, IdentityRefused) as error:
            raise LedgerDiffers(f"block {number} is not signed by an orderer: {error}") from error
        if of_role(orderer.msp_id, "orderer") not in orderer.principals:
            raise LedgerDiffers(f"block {number} is signed by no orderer, but somebody of {orderer.msp_id}")

    def _validate(self, block: common_pb2.Block) -> Effects:
        number = block.header.number
        kept = block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER]
        validated = self._validator.validate(number, list(block.data.data))
        if len(kept) != len(validated.codes):
            raise LedgerDiffers(f"block {number} has {len(kept)} codes, not {len(validated.codes)}")
        for place, (before, now) in enumerate(zip(kept, validated.codes, strict=True)):
            if before != now:
                raise LedgerDiffers(
                    f"block {number}, transaction {place}: the code kept is {code_name(before)}, "
                    f"validated again it is {code_name(now)}"
                )
        self.transactions += len(kept)
        self.valid += kept.count(Code.VALID)
        return validated.effects
