"""A chaincode on a channel, as a client calls it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from gateway.fabric.client import Client
from gateway.fabric.commit import SubmittedTransaction
from gateway.fabric.errors import CommitError
from gateway.fabric.proposal import Proposal, propose


class Contract:
    """A chaincode on a channel, or one of the contracts that it is made of.

    Attributes:
        chaincode: the chaincode's name.
        name: the contract's name, "" for the chaincode's only or first one.
    """

    def __init__(self, client: Client, channel: str, chaincode: str, name: str = "") -> None:
        self._client = client
        self._channel = channel
        self.chaincode = chaincode
        self.name = name

    def proposal(
        self,
        function: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> Proposal:
        """A proposal to call ``function``, to evaluate or endorse; text goes as UTF-8.

        ``transient`` reaches the endorsers and never the ledger. ``endorsing_organizations`` are the MSP ids
        that are to endorse, or to evaluate; the peer chooses where there are none.
        """
        qualified = f"{self.name}:{function}" if self.name else function
        return propose(
            self._client,
            self._channel,
            self.chaincode,
            [_encoded(argument) for argument in (qualified, *arguments)],
            {key: _encoded(value) for key, value in (transient or {}).items()},
            endorsing_organizations,
        )

    async def evaluate(
        self,
        function: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
        seconds: float | None = None,
    ) -> bytes:
        """Read: run ``function`` on one peer and return its result; EvaluateError."""
        proposal = self.proposal(
            function, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        return await proposal.evaluate(seconds)

    async def submit(
        self,
        function: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
        seconds: float | None = None,
    ) -> bytes:
        """Write: endorse, submit, wait for the commit, return the function's result.

        ``seconds`` is for all three together, None for the deadline of each.
        Raises EndorseError (nothing was written), SubmitError or CommitStatusError (the outcome is open), and
        CommitError (it was found invalid). Where it must happen exactly once see ``outcomes``.
        """
        ends = _Ends(seconds)
        submitted = await self.submit_async(
            function,
            *arguments,
            transient=transient,
            endorsing_organizations=endorsing_organizations,
            seconds=seconds,
        )
        status = await submitted.status(ends.left)
        if not status.successful:
            raise CommitError(status.transaction_id, status.code, status.name, status.block_number)
        return submitted.result

    async def submit_async(
        self,
        function: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
        seconds: float | None = None,
    ) -> SubmittedTransaction:
        """Write without waiting: endorse and submit. What it returns has the result, and its status to await.

        ``seconds`` is for both together. Raises EndorseError (nothing was written) and SubmitError (open).
        """
        ends = _Ends(seconds)
        proposal = self.proposal(
            function, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        transaction = await proposal.endorse(seconds)
        return await transaction.submit(ends.left)


class _Ends:
    """One time limit for several calls."""

    def __init__(self, seconds: float | None) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds

    @property
    def left(self) -> float | None:
        return None if self._ends is None else max(self._ends - time.monotonic(), 0.0)


def _encoded(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
