"""A ledger of two members, and clients of the first one's peer."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.fabric import Gateway, Identity, Network, Profile, connect
from network import ledger
from tests.support import ledgers, services
from tests.support.ledgers import Ledger
from tests.support.system import kinds

TOPOLOGY = Path(__file__).with_name("topology.yaml")


@pytest.fixture(scope="package", params=kinds())
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger; once per kind."""
    with ledgers.started(request.param, TOPOLOGY, tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture
def profile(running: Ledger) -> Profile:
    """The manufacturer's."""
    return ledger.member_profile(running.home, running.topology.organizations[0])


@pytest.fixture
async def network(profile: Profile) -> AsyncIterator[Network]:
    async with connect(profile) as gateway:
        yield gateway.network(profile.channel)


@pytest.fixture
async def unsigned(profile: Profile) -> AsyncIterator[Network]:
    """A client of the same identity that has no signer."""
    identity = Identity(profile.msp_id, profile.certificate)
    async with Gateway(profile.peers, identity, None) as gateway:
        yield gateway.network(profile.channel)


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return uuid.uuid4().hex


@pytest.fixture(scope="package")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.postgres(tmp_path_factory.mktemp("postgres")) as service:
        yield service.url
