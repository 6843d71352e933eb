"""Where devnet keeps what it knows, below a home."""

from __future__ import annotations

from pathlib import Path

from network.topology import Channel, Topology


def folder(home: Path) -> Path:
    """The folder that is devnet's own: its clock, its control socket, its ledgers."""
    return home / "network" / "devnet"


def ledgers(home: Path) -> list[Path]:
    """The folders of all ledgers that were begun, the first channel's first."""
    own = folder(home)
    return [one for one in (own, *sorted((own / "channels").glob("*"))) if (one / "data.mdb").exists()]


def ledger(home: Path, topology: Topology, channel: Channel) -> Path:
    """The folder of a channel's ledger."""
    return folder(home) if channel == topology.channels[0] else folder(home) / "channels" / channel.name
