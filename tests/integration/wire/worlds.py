"""A ledger of three members that bytes can be sent to; two of them with the same identities compare."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import grpc
import yaml

from network import ledger
from network.identities import Identities
from network.topology import Batch, Topology
from tests.integration.wire import answers, cases, cast, forge, proposals
from tests.support.ledgers import Ledger
from tests.support.ports import free_base_port

KNOWN_SECONDS = 60.0
TOPOLOGY = Path(__file__).with_name("topology.yaml")


class World:
    """A running ledger and those who sign."""

    def __init__(self, kind: str, home: Path, identities: Path | None, batch: Batch | None) -> None:
        self.kind = kind
        self.home = home
        self.topology = Topology.load(_written(home, batch), free_base_port())
        if identities:
            shutil.copytree(identities, home / "network" / "organizations")
        ledger.prepare(self.topology, home, kind)
        self.identities = Identities(self.topology, home / "network")
        self.cast = cast.load(self.topology, self.identities)
        self.ledger = Ledger(self.topology, home, kind)

    def channel(self, member: int = 0) -> grpc.aio.Channel:
        """A channel to the peer of a member, by its place in the topology."""
        organization = self.topology.organizations[member]
        root = self.identities.tls(self.identities.peer(organization)).root.read_bytes()
        address = f"127.0.0.1:{self.topology.peer_port(organization)}"
        return answers.channel(address, root, self.topology.peer_host(organization))


@contextlib.contextmanager
def running(
    kind: str, home: Path, identities: Path | None = None, batch: Batch | None = None
) -> Iterator[World]:
    """A ledger in ``home``; with the organisations' folder of another's, the same people sign.

    ``batch`` says when blocks are cut, where that is not to be the file's: one transaction to a block.
    """
    home.mkdir(parents=True, exist_ok=True)
    world = World(kind, home, identities, batch)
    try:
        world.ledger.start()
        asyncio.run(_known(world))
        yield world
    finally:
        world.ledger.stop()


async def _known(world: World) -> None:
    """Wait until the first member's gateway knows every member's peer, of which it hears from the others.

    A proposal that is too old is refused by every peer that it knows, one after the other.
    """
    old = forge.draft(world.cast.client, bytes(24))
    forge.at(old.channel_header, -proposals.OUTSIDE)
    asked = cases.evaluate(old.signed())
    async with world.channel() as channel, asyncio.timeout(KNOWN_SECONDS):
        caller, times = answers.Caller(channel), 0
        while times < 3:
            refused = await caller.ask(cases.EVALUATE, asked)
            times = times + 1 if len(refused.details) == len(world.topology.organizations) else 0
            await asyncio.sleep(0.2)


def _written(home: Path, batch: Batch | None) -> Path:
    """The topology's file, or one of its own that differs in the batch."""
    if batch is None:
        return TOPOLOGY
    read = yaml.safe_load(TOPOLOGY.read_text(encoding="utf-8")) | {"batch": batch.model_dump()}
    path = home / "topology.yaml"
    path.write_text(yaml.safe_dump(read), encoding="utf-8")
    return path
