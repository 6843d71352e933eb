"""What every devnet that a test has used must be at its end: what its own blocks say."""

from __future__ import annotations

from pathlib import Path

from network.devnet import places
from network.devnet.verify import verify
from network.topology import Topology


def verify_devnet(topology: Topology, home: Path) -> None:
    """Verify the ledger of every channel that was begun; LedgerDiffers."""
    for channel in topology.channels:
        folder = places.ledger(home, topology, channel)
        if (folder / "data.mdb").exists():
            verify(folder, channel, lambda _: None)
