"""The audit of a channel, as a member's peer has it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from rich.table import Table

from gateway.fabric import Network
from mediledger.audit.auditor import Auditor
from mediledger.audit.finding import Finding

# Findings that are kept; of a ledger that is wrong throughout, these show how.
MAX_FINDINGS = 10_000


@dataclass(frozen=True)
class Audited:
    """What was read, the first findings, and how many there are."""

    blocks: int
    transactions: int
    findings: tuple[Finding, ...]
    count: int

    @property
    def verdict(self) -> str:
        """The result in words."""
        if not self.count:
            return "nothing wrong"
        return "1 finding" if self.count == 1 else f"{self.count} findings"

    def table(self) -> Table:
        """The findings as a person reads them."""
        table = Table()
        for column in ("block", "transaction", "creator", "endorsers", "rule broken", "key"):
            table.add_column(column, overflow="fold")
        for one in self.findings:
            endorsers = ", ".join(one.endorsers)
            table.add_row(
                str(one.block),
                one.transaction_id[:16],
                one.creator,
                endorsers,
                one.broken.value,
                one.readable_key,
            )
        return table


async def audit(network: Network, progress: Callable[[int], None]) -> Audited:
    """Read every block that the peer has now; ``progress`` is told the number of each."""
    auditor = Auditor()
    findings: list[Finding] = []
    count = 0
    height = await network.height()
    async with aclosing(network.block_events(0)) as blocks:
        async for block in blocks:
            found = auditor.block(block)
            count += len(found)
            findings += found[: MAX_FINDINGS - len(findings)]
            progress(block.header.number)
            if block.header.number + 1 >= height:
                break
    return Audited(auditor.blocks, auditor.transactions, tuple(findings), count)
