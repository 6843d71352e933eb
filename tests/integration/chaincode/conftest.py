"""A ledger with nothing around it, and a client of one member."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.integration.chaincode.members import Probe
from tests.integration.chaincode.private_members import Members
from tests.support import ledgers
from tests.support.ledgers import Ledger
from tests.support.system import kinds

TOPOLOGY = Path(__file__).with_name("topology.yaml")
PRIVATE_TOPOLOGY = Path(__file__).with_name("private.yaml")


@pytest.fixture(scope="package", params=kinds())
def small_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """A ledger of two members that serves the probe; once per kind."""
    with ledgers.started(request.param, TOPOLOGY, tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture
async def manufacturer(small_ledger: Ledger) -> AsyncIterator[Probe]:
    async with AsyncExitStack() as stack:
        probe = Probe(small_ledger, stack, "manufacturer")
        stack.push_async_callback(probe.close)
        yield probe


@pytest.fixture
async def regulator(small_ledger: Ledger) -> AsyncIterator[Probe]:
    async with AsyncExitStack() as stack:
        probe = Probe(small_ledger, stack, "regulator")
        stack.push_async_callback(probe.close)
        yield probe


# One for each module: the first ends with the death of peers, and then members must find each other again.
@pytest.fixture(scope="module", params=kinds())
def private_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """A ledger of three members whose probe has private data collections; once per kind."""
    home = tmp_path_factory.mktemp(request.param)
    with ledgers.started(request.param, PRIVATE_TOPOLOGY, home) as started:
        yield started


@pytest.fixture
async def members(private_ledger: Ledger) -> AsyncIterator[Members]:
    async with AsyncExitStack() as stack:
        probes = [Probe(private_ledger, stack, o.name) for o in private_ledger.topology.organizations]
        for probe in probes:
            stack.push_async_callback(probe.close)
        yield Members(*probes)
