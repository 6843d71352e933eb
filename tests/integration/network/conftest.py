"""Networks of three members, from nothing to an answer, once per kind of ledger."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import yaml

from network import ledger
from network.identities import Identities
from network.topology import Topology
from tests.integration.network.callers import Callers
from tests.support import ledgers
from tests.support.ledgers import Ledger
from tests.support.ports import free_base_port
from tests.support.system import kinds

TOPOLOGY = Path(__file__).with_name("topology.yaml")
CHANNELS = Path(__file__).with_name("channels.yaml")


class Network(Ledger):
    """A ledger that knows how long it took to come up, and that a changed topology can be told of."""

    seconds = 0.0

    def replan(self, topology: Topology) -> None:
        """Take what is started from now on out of a changed topology."""
        self.topology = topology
        self._specs = {spec.name: spec for spec in ledger.plan(topology, self.home, self.kind)}


@pytest.fixture(scope="module", params=kinds())
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three members, deeper in the file system than the address of a Unix socket is long."""
    home = tmp_path_factory.mktemp(request.param) / ("deep" * 30)
    home.mkdir()
    # A copy, that a test may write another version of.
    path = home / "topology.yaml"
    path.write_text(TOPOLOGY.read_text())
    began = time.monotonic()
    topology = Topology.load(path, base_port=free_base_port())
    ledger.prepare(topology, home, request.param)
    network = Network(topology, home, request.param)
    try:
        network.start()
        network.seconds = time.monotonic() - began
        yield network
    finally:
        network.stop()


@pytest.fixture(scope="package", params=kinds())
def members(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with two channels and a user whose certificate is revoked; one for all that looks at it."""
    home = tmp_path_factory.mktemp(f"members-{request.param}")
    topology = Topology.load(CHANNELS)
    identities = Identities(topology, home / "network")
    identities.create()
    identities.revoke(topology.organizations[0], "bridge")
    with ledgers.started(request.param, CHANNELS, home) as running:
        yield running


@pytest.fixture
async def callers(members: Ledger) -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        yield Callers(members, stack)


def rewritten(network: Network, chaincode: str, **fields: str) -> Topology:
    """The network's topology with other fields of one chaincode, written where it was read from."""
    path = network.topology.path
    raw = yaml.safe_load(path.read_text())
    next(one for one in raw["chaincodes"] if one["name"] == chaincode).update(fields)
    path.write_text(yaml.safe_dump(raw))
    return Topology.load(path, base_port=network.topology.base_port)
