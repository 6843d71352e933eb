"""What every devnet that a test has used must be at its end: what its own blocks say."""

from __future__ import annotations

from pathlib import Path

from network.devnet import places
from network.devnet.verify import verify


def verify_devnet(home: Path) -> None:
    """Verify every ledger below a home; LedgerDiffers."""
    for folder in places.ledgers(home):
        verify(folder, lambda _: None)
