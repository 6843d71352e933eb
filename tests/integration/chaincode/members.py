"""A client of one member that calls the probe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from gateway.fabric import CommitError, connect
from network import ledger
from tests.support.ledgers import Ledger


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
