"""A ledger with nothing around it, and a client of one member."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.fabric import CommitError, connect
from network import ledger
from tests.support import ledgers
from tests.support.ledgers import Ledger
from tests.support.system import kinds

TOPOLOGY = Path(__file__).with_name("topology.yaml")


@pytest.fixture(scope="module", params=kinds())
def small_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """A ledger of two members that serves the probe; once per kind."""
    with ledgers.started(request.param, TOPOLOGY, tmp_path_factory.mktemp(request.param)) as started:
        yield started


class Probe:
    """Calls the probe as one member."""

    def __init__(self, started: Ledger, stack: AsyncExitStack, member: str) -> None:
        self.ledger = started
        self._stack = stack
        self.organization = next(o for o in started.topology.organizations if o.name == member)
        self.profile = ledger.member_profile(started.home, self.organization)
        self._gateway = connect(self.profile)
        self.network = self._gateway.network(started.topology.channel)
        self.contract = self.network.contract("probe")

    async def read(
        self, function: str, *arguments: str, transient: dict[str, bytes] | None = None, at: str = ""
    ) -> Any:
        """Evaluate on the member's own peer, or that of the MSP ``at``."""
        encoded = [argument.encode() for argument in arguments]
        proposal = self.contract.proposal(
            function,
            *encoded,
            transient=transient,
            endorsing_organizations=[at or self.organization.msp_id],
        )
        return json.loads(await proposal.evaluate())

    async def write(
        self,
        function: str,
        *arguments: str,
        transient: dict[str, bytes] | None = None,
        endorsers: Sequence[str] = (),
    ) -> str:
        """Endorse (by the named MSPs), submit and wait for the commit; returns the transaction id."""
        encoded = [argument.encode() for argument in arguments]
        proposal = self.contract.proposal(
            function, *encoded, transient=transient, endorsing_organizations=endorsers
        )
        transaction = await proposal.endorse()
        status = await (await transaction.submit()).status()
        if not status.successful:
            raise CommitError(status.transaction_id, status.code, status.name, status.block_number)
        return status.transaction_id

    async def close(self) -> None:
        await self._gateway.close()


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
