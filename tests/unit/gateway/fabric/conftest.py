"""A fake gateway peer and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.fabric import Gateway, Identity, Network, signer_from_pem
from tests.unit.chaincode.shim.certificates import Pair, issue
from tests.unit.gateway.fabric.envelopes import CHANNEL
from tests.unit.gateway.fabric.fake_gateway import FakeGateway


@pytest.fixture(scope="session")
def pair() -> Pair:
    """The client's certificate and key."""
    return issue("gateway")


@pytest.fixture(scope="session")
def identity(pair: Pair) -> Identity:
    return Identity("ManufacturerMSP", pair.pem)


@pytest.fixture
async def fake() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as started:
        yield started


@pytest.fixture
async def network(fake: FakeGateway, identity: Identity, pair: Pair) -> AsyncIterator[Network]:
    async with Gateway([fake.peer], identity, signer_from_pem(pair.key_pem)) as gateway:
        yield gateway.network(CHANNEL)
