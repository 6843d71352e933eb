"""A channel and its chaincodes, as a client calls them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from fabric_protos.common import common_pb2

from gateway.fabric import events, queries
from gateway.fabric.client import Client
from gateway.fabric.commit import Commit
from gateway.fabric.errors import CommitError
from gateway.fabric.events import ChaincodeEvent, Checkpoint
from gateway.fabric.proposal import Proposal, propose
from gateway.fabric.transaction import Transaction, transaction_from


class Contract:
    """A chaincode on a channel."""

    def __init__(self, client: Client, channel: str, name: str) -> None:
        self._client = client
        self._channel = channel
        self.name = name

    def proposal(
        self,
        function: str,
        *arguments: bytes,
        transient: Mapping[str, bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> Proposal:
        """A proposal to call ``function``, to evaluate or endorse."""
        return propose(
            self._client,
            self._channel,
            self.name,
            [function.encode(), *arguments],
            transient,
            endorsing_organizations,
        )

    async def evaluate(
        self,
        function: str,
        *arguments: bytes,
        transient: Mapping[str, bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> bytes:
        """Read: run ``function`` on one peer and return its result; EvaluateError."""
        proposal = self.proposal(
            function, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        return await proposal.evaluate()

    async def submit(
        self,
        function: str,
        *arguments: bytes,
        transient: Mapping[str, bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> bytes:
        """Write: endorse, submit, wait for the commit, return the function's result.

        Raises EndorseError (nothing was written), SubmitError or CommitStatusError (the outcome is open), and
        CommitError (it was found invalid). Where it must happen exactly once see ``outcomes``.
        """
        proposal = self.proposal(
            function, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        transaction = await proposal.endorse()
        commit = await transaction.submit()
        status = await commit.status()
        if not status.successful:
            raise CommitError(status.transaction_id, status.code, status.name, status.block_number)
        return transaction.result


class Network:
    """A channel."""

    def __init__(self, client: Client, channel: str) -> None:
        self._client = client
        self.channel = channel

    def contract(self, chaincode: str) -> Contract:
        return Contract(self._client, self.channel, chaincode)

    def transaction_from(self, envelope: bytes) -> Transaction:
        """The transaction of a stored envelope, to submit it again; FabricError where it is none."""
        return transaction_from(self._client, envelope)

    def commit(self, transaction_id: str) -> Commit:
        """The commit of a transaction known by its id."""
        return Commit(self._client, self.channel, transaction_id)

    def block_events(
        self, start_block: int | None = None, checkpoint: Checkpoint | None = None
    ) -> AsyncIterator[common_pb2.Block]:
        """Blocks in order and without end, from the checkpoint, else from ``start_block``, else the next one.

        The stream reconnects by itself, with bounded pauses, to the next peer where there are several.
        """
        return events.blocks(self._client, self.channel, start_block, checkpoint)

    def chaincode_events(
        self, chaincode: str, start_block: int | None = None, checkpoint: Checkpoint | None = None
    ) -> AsyncIterator[ChaincodeEvent]:
        """A chaincode's events in order and without end, as ``block_events``."""
        return events.chaincode_events(self._client, self.channel, chaincode, start_block, checkpoint)

    async def height(self) -> int:
        """How many blocks this client's peer has."""
        return await queries.height(self._client, self.channel)

    async def block(self, number: int) -> common_pb2.Block:
        """A block by its number; EvaluateError where the peer does not have it."""
        return await queries.block(self._client, self.channel, number)

    async def block_by_transaction(self, transaction_id: str) -> common_pb2.Block:
        """The block that a transaction is in; EvaluateError where the peer has none."""
        return await queries.block_by_transaction(self._client, self.channel, transaction_id)
