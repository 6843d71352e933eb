"""A ledger of the project's own four members and policies, whose chaincode servers also forge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from network.topology import DEFAULT
from tests.security.collusion.consortium import Consortium
from tests.support import ledgers
from tests.support.ledgers import Ledger
from tests.support.system import kinds

HONEST, EVIL = "chaincode.contracts.{}:chaincode", "tests.security.collusion.evil:{}"


@pytest.fixture(scope="module", params=kinds())
def evil_ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger; once per kind."""
    # As the command keeps it: a directory per kind in the state directory.
    home = tmp_path_factory.mktemp("collusion") / request.param
    home.mkdir()
    text = DEFAULT.read_text(encoding="utf-8")
    for name in ("registry", "custody"):
        assert HONEST.format(name) in text
        text = text.replace(HONEST.format(name), EVIL.format(name))
    topology = home / "topology.yaml"
    topology.write_text(text, encoding="utf-8")
    with ledgers.started(request.param, topology, home) as started:
        yield started


@pytest.fixture
async def members(evil_ledger: Ledger) -> AsyncIterator[Consortium]:
    async with AsyncExitStack() as stack:
        made = Consortium(evil_ledger, stack)
        await made.open()
        yield made
