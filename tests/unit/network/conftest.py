"""The project's topology and identities made for it, once for all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

from network.identities import Identities
from network.topology import Topology

# A busy machine is no failure of a property.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def topology() -> Topology:
    return Topology.load()


@pytest.fixture(scope="session")
def identities(topology: Topology, tmp_path_factory: pytest.TempPathFactory) -> Identities:
    made = Identities(topology, tmp_path_factory.mktemp("network"))
    made.create()
    return made
