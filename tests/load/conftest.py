"""A ledger with nothing around it, for the client's load."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.fabric import Network, connect
from network import ledger
from tests.support import ledgers
from tests.support.ledgers import Ledger
from tests.support.system import kinds

TOPOLOGY = Path(__file__).with_name("topology.yaml")


# Real Fabric is for the longer run alone.
KINDS = [pytest.param(kind, marks=[pytest.mark.slow] if kind == "fabric" else []) for kind in kinds()]


@pytest.fixture(scope="module", params=KINDS)
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger; once per kind. Fabric's peers take what they take unless told otherwise: 500 calls."""
    home = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE", "500")
        with ledgers.started(request.param, TOPOLOGY, home) as started:
            yield started


@pytest.fixture
async def network(bare: Ledger) -> AsyncIterator[Network]:
    """One client, of the manufacturer's."""
    profile = ledger.member_profile(bare.home, bare.topology.organizations[0])
    async with connect(profile) as gateway:
        yield gateway.network(profile.channel)
