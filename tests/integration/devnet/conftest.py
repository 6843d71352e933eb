"""One devnet for each module of tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.fabric import Network
from tests.support.devnet import CHANNEL, Devnet, started


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with started(tmp_path_factory.mktemp("devnet")) as made:
        yield made


@pytest.fixture
async def network(devnet: Devnet) -> AsyncIterator[Network]:
    async with devnet.gateway() as gateway:
        found = gateway.network(CHANNEL)
        await devnet.ready(found)
        yield found
