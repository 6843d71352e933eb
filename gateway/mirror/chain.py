"""Whether the ledger is still the one that the mirror is a copy of."""

from __future__ import annotations

from gateway.fabric import FabricError, Network
from gateway.fabric.blocks import header_hash
from gateway.mirror.writer import ChainBroken, Position


class LedgerBehind(FabricError):
    """The ledger has fewer blocks than the mirror: its peer catches up, or it is another ledger."""


async def same_chain(network: Network, here: Position | None) -> None:
    """Raise where the ledger does not hold the mirror's last block: LedgerBehind, ChainBroken.

    Without this a mirror of a ledger that was since begun anew would wait for its next block in silence.
    """
    if here is None:
        return
    height = await network.height()
    if height < here.next_block:
        raise LedgerBehind(
            f"the ledger has {height} blocks and the mirror {here.next_block}: "
            "its peer is behind, or this database mirrors another ledger"
        )
    there = header_hash((await network.block(here.block_number)).header)
    if there != here.header_hash:
        raise ChainBroken(
            f"block {here.block_number} of the ledger is {there.hex()}, "
            f"but the mirror has {here.header_hash.hex()}: it mirrors another ledger"
        )
