"""What goes wrong while a real network is administered."""

from __future__ import annotations

from chaincode.model.errors import MediLedgerError


class CommandFailed(MediLedgerError):
    """One of Fabric's tools, or a peer, refused; the message is its own."""
