"""One member's peer with all the channels that it takes part in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from network.devnet.chain import Chain
from network.devnet.endorsement import Endorsements
from network.devnet.endorser import Endorser
from network.devnet.nodes import Peer
from network.devnet.orderer import Orderer


@dataclass(frozen=True)
class Joined:
    """A channel, and the peer as an endorser in it."""

    chain: Chain
    endorser: Endorser
    endorsements: Endorsements


class Site:
    """A member's peer. It has joined the first channel at least, which all members have."""

    def __init__(self, peer: Peer, joined: Mapping[str, Joined], orderers: Mapping[str, Orderer]) -> None:
        """``orderers`` are those of every channel, joined or not."""
        self.peer = peer
        self._joined = joined
        self._first = next(iter(joined.values()))
        self._orderers = orderers

    def at(self, channel: str) -> Joined:
        """A channel; the first for one that the peer has not joined, where its name is found to be wrong."""
        return self._joined.get(channel, self._first)

    def joined(self, channel: str) -> Joined | None:
        """A channel that the peer has joined, the first for no name; None for another."""
        return self._joined.get(channel) if channel else self._first

    def orderer(self, channel: str) -> Orderer:
        """Who orders for a channel; the first one's, who does not know it, where there is none."""
        return self._orderers.get(channel) or next(iter(self._orderers.values()))
