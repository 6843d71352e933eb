"""What every ledger that tests have used must be at its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.fabric import connect
from mediledger.audit.run import audit
from network import ledger
from network.devnet import places
from network.devnet.verify import verify
from network.topology import Topology


def audit_ledger(topology: Topology, home: Path) -> None:
    """Nothing stands on a running ledger to which those whom it concerns did not consent."""

    async def read() -> None:
        async with connect(ledger.member_profile(home, topology.organizations[-1])) as gateway:
            audited = await audit(gateway.network(topology.channel), lambda _: None)
        assert audited.findings == (), audited.verdict

    asyncio.run(read())


def verify_devnet(home: Path) -> None:
    """Verify every ledger below a home; LedgerDiffers."""
    for folder in places.ledgers(home):
        verify(folder, lambda _: None)
