"""A channel: its contracts, its commits, its events, and what a peer says of its ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from fabric_protos.common import common_pb2
from fabric_protos.peer import events_pb2

from gateway.fabric import queries
from gateway.fabric.calls import Subject
from gateway.fabric.checkpoint import Checkpoint, Position
from gateway.fabric.client import Client
from gateway.fabric.commit import Commit, commit_from, commit_message
from gateway.fabric.contract import Contract
from gateway.fabric.errors import FabricError
from gateway.fabric.event_requests import (
    BlockAndPrivateDataEventsRequest,
    BlockEventsRequest,
    ChaincodeEvent,
    ChaincodeEventsRequest,
    EventsRequest,
    FilteredBlockEventsRequest,
    chaincode_events_from,
    chaincode_events_message,
    deliver_from,
    deliver_message,
)
from gateway.fabric.events import Follower
from gateway.fabric.proposal import Proposal, proposal_from
from gateway.fabric.streams import Events
from gateway.fabric.transaction import Transaction, transaction_from

NEXT_BLOCK = Position()


class _OfChannel(Protocol):
    @property
    def channel(self) -> str: ...


Item = TypeVar("Item")
OfChannel = TypeVar("OfChannel", bound=_OfChannel)


class Network:
    """A channel.

    Streams begin at the checkpoint, else at ``start_block``, else at the next block, and go on without end or
    for ``seconds``. They reconnect by themselves, with bounded pauses, to the next peer if there are several.
    """

    def __init__(self, client: Client, channel: str) -> None:
        self._client = client
        self.channel = channel

    def contract(self, chaincode: str, name: str = "") -> Contract:
        """A chaincode; ``name`` is of one of several contracts that it is made of."""
        return Contract(self._client, self.channel, chaincode, name)

    def commit(self, transaction_id: str) -> Commit:
        """The commit of a transaction known by its id."""
        subject = Subject(transaction_id, self.channel)
        return Commit(self._client, commit_message(self._client, subject), b"", subject)

    def proposal_from(self, stored: bytes) -> Proposal:
        """The proposal of these ``bytes``; FabricError where they are none, or of another channel."""
        return self._checked(proposal_from(self._client, stored))

    def transaction_from(self, stored: bytes) -> Transaction:
        """The transaction of these ``bytes``, to sign or to submit again; FabricError as above."""
        return self._checked(transaction_from(self._client, stored))

    def commit_from(self, stored: bytes) -> Commit:
        """The commit of these ``bytes``; FabricError as above."""
        return self._checked(commit_from(self._client, stored))

    def chaincode_events(
        self,
        chaincode: str,
        start_block: int | None = None,
        checkpoint: Checkpoint | Position | None = None,
        seconds: float | None = None,
    ) -> Events[ChaincodeEvent]:
        """The events that a chaincode's valid transactions set."""
        return self._follow(
            lambda start: self.chaincode_events_request(chaincode, start), start_block, checkpoint, seconds
        )

    def block_events(
        self,
        start_block: int | None = None,
        checkpoint: Checkpoint | Position | None = None,
        seconds: float | None = None,
    ) -> Events[common_pb2.Block]:
        """Whole blocks."""
        return self._follow(self.block_events_request, start_block, checkpoint, seconds)

    def filtered_block_events(
        self,
        start_block: int | None = None,
        checkpoint: Checkpoint | Position | None = None,
        seconds: float | None = None,
    ) -> Events[events_pb2.FilteredBlock]:
        """Blocks without what their transactions carry: ids, validation codes, events without payload."""
        return self._follow(self.filtered_block_events_request, start_block, checkpoint, seconds)

    def block_and_private_data_events(
        self,
        start_block: int | None = None,
        checkpoint: Checkpoint | Position | None = None,
        seconds: float | None = None,
    ) -> Events[events_pb2.BlockAndPrivateData]:
        """Whole blocks with the private data that the client's organisation may read."""
        return self._follow(self.block_and_private_data_events_request, start_block, checkpoint, seconds)

    def chaincode_events_request(
        self, chaincode: str, start: Position = NEXT_BLOCK
    ) -> ChaincodeEventsRequest:
        """A request for a chaincode's events, to be signed here or elsewhere."""
        message = chaincode_events_message(self._client, self.channel, chaincode, start)
        return ChaincodeEventsRequest(self._client, message, b"", self.channel)

    def block_events_request(self, start: Position = NEXT_BLOCK) -> BlockEventsRequest:
        """A request for whole blocks, to be signed here or elsewhere."""
        return BlockEventsRequest(*self._deliver(start))

    def filtered_block_events_request(self, start: Position = NEXT_BLOCK) -> FilteredBlockEventsRequest:
        """A request for filtered blocks, to be signed here or elsewhere."""
        return FilteredBlockEventsRequest(*self._deliver(start))

    def block_and_private_data_events_request(
        self, start: Position = NEXT_BLOCK
    ) -> BlockAndPrivateDataEventsRequest:
        """A request for blocks with private data, to be signed here or elsewhere."""
        return BlockAndPrivateDataEventsRequest(*self._deliver(start))

    def chaincode_events_request_from(self, stored: bytes) -> ChaincodeEventsRequest:
        """The request of these ``bytes``; FabricError where they are none, or of another channel."""
        return self._checked(chaincode_events_from(self._client, stored))

    def block_events_request_from(self, stored: bytes) -> BlockEventsRequest:
        """The request of these ``bytes``; FabricError where they are none, or of another channel."""
        return self._checked(deliver_from(BlockEventsRequest, self._client, stored))

    def filtered_block_events_request_from(self, stored: bytes) -> FilteredBlockEventsRequest:
        """The request of these ``bytes``; FabricError where they are none, or of another channel."""
        return self._checked(deliver_from(FilteredBlockEventsRequest, self._client, stored))

    def block_and_private_data_events_request_from(self, stored: bytes) -> BlockAndPrivateDataEventsRequest:
        """The request of these ``bytes``; FabricError where they are none, or of another channel."""
        return self._checked(deliver_from(BlockAndPrivateDataEventsRequest, self._client, stored))

    async def height(self, seconds: float | None = None) -> int:
        """How many blocks this client's peer has; EvaluateError."""
        return await queries.height(self._client, self.channel, seconds)

    async def block(self, number: int, seconds: float | None = None) -> common_pb2.Block:
        """A block by its number; EvaluateError where the peer does not have it."""
        return await queries.block(self._client, self.channel, number, seconds)

    async def block_by_transaction(
        self, transaction_id: str, seconds: float | None = None
    ) -> common_pb2.Block:
        """The block that a transaction is in; EvaluateError where the peer has none."""
        return await queries.block_by_transaction(self._client, self.channel, transaction_id, seconds)

    def _follow(
        self,
        request_from: Callable[[Position], EventsRequest[Item]],
        start_block: int | None,
        checkpoint: Checkpoint | Position | None,
        seconds: float | None,
    ) -> Events[Item]:
        follower = Follower(self._client, self.channel, request_from, start_block, checkpoint, seconds)
        return Events(follower.items)

    def _deliver(self, start: Position) -> tuple[Client, bytes, bytes, str]:
        return self._client, deliver_message(self._client, self.channel, start), b"", self.channel

    def _checked(self, request: OfChannel) -> OfChannel:
        if request.channel != self.channel:
            raise FabricError(f"these bytes are of channel {request.channel!r}, not of {self.channel!r}")
        return request
