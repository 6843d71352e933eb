"""A devnet's parts over a store in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from network.devnet import config, msp_folder
from network.devnet.channel_policies import ChannelPolicies
from network.devnet.clock import Clock
from network.devnet.definitions import Definitions, of_channel
from network.devnet.genesis import genesis_block
from network.devnet.msp import Membership
from network.devnet.nodes import Node, load_node
from network.devnet.store import Store
from network.identities import Identities
from network.topology import Topology
from tests.unit.network.devnet.consortium import Consortium, opened
from tests.unit.network.devnet.ledgers import LedgerBench


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "devnet")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def membership(topology: Topology, identities: Identities) -> Membership:
    msps = [msp_folder.read(one.msp_id, identities.msp(one)) for one in topology.organizations]
    return Membership(msps, Clock())


@pytest.fixture(scope="session")
def peers(topology: Topology, identities: Identities) -> dict[str, Node]:
    """Each member's peer, by MSP id."""
    return {one.msp_id: load_node(one.msp_id, identities.peer(one)) for one in topology.organizations}


@pytest.fixture(scope="session")
def client(topology: Topology, identities: Identities) -> Node:
    """The first member's gateway user."""
    first = topology.organizations[0]
    return load_node(first.msp_id, identities.user(first, "gateway"))


@pytest.fixture(scope="session")
def definitions(topology: Topology, identities: Identities) -> Definitions:
    channel = topology.channels[0]
    genesis = genesis_block(topology, channel, identities, Clock())
    return of_channel(channel, ChannelPolicies(config.channel_group(genesis)))


@pytest.fixture
def ledger(
    store: Store, membership: Membership, definitions: Definitions, peers: dict[str, Node], client: Node
) -> LedgerBench:
    return LedgerBench(store, membership, definitions, peers, client)


@pytest.fixture
async def consortium(
    topology: Topology, identities: Identities, definitions: Definitions, tmp_path: Path
) -> AsyncIterator[Consortium]:
    async with opened(topology, identities, definitions, tmp_path / "chain") as made:
        yield made
