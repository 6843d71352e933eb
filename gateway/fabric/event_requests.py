"""Signable requests for streams: chaincode events, blocks, filtered blocks, blocks with private data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import events_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.checkpoint import Position
from gateway.fabric.client import Client
from gateway.fabric.connections import Connection
from gateway.fabric.errors import EventsError, FabricError
from gateway.fabric.headers import header, nonce
from gateway.fabric.signable import Signable
from gateway.fabric.streams import Events, connected

Item = TypeVar("Item")

_NEVER = 2**64 - 1
# What a peer's deliver service ends a stream with, as the gRPC code that says the same.
_CODES = {
    common_pb2.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    common_pb2.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    common_pb2.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    common_pb2.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}


@dataclass(frozen=True)
class ChaincodeEvent:
    """An event that a committed, valid transaction set."""

    block_number: int
    transaction_id: str
    chaincode: str
    name: str
    payload: bytes

    @property
    def position(self) -> Position:
        """Where a consumer is when it is done with this event."""
        return Position.after_transaction(self.block_number, self.transaction_id)


@dataclass(frozen=True, repr=False)
class EventsRequest(Signable, Generic[Item]):
    """A request for a stream of events.

    Attributes:
        deadline: its field in Deadlines.
        channel: the channel.
    """

    deadline: ClassVar[str]

    channel: str

    def events(self, seconds: float | None = None) -> Events[Item]:
        """The stream that it asks for, over one connection, whose end is an EventsError.

        Where it begins is part of what is signed: it is not taken up again where it broke off.
        """
        return Events(_Once(self, seconds).items)

    @abstractmethod
    async def open(self, connection: Connection, seconds: float | None) -> Any:
        """See streams.Opens."""

    @abstractmethod
    def read(self, response: Any) -> Iterator[tuple[Item | None, Position]]:
        """See streams.Opens."""


class _Once(Generic[Item]):
    """The stream of one request."""

    def __init__(self, request: EventsRequest[Item], seconds: float | None) -> None:
        self._request = request
        self._seconds = seconds
        self._begun = False

    async def items(self) -> AsyncGenerator[Item, None]:
        """What comes over the one connection; EventsError where that was lost with the wait for an item."""
        if self._begun:
            raise EventsError(grpc.StatusCode.CANCELLED, "whoever waited for an item gave up", (), "")
        self._begun = True
        transport = self._request.client.transport
        endpoint = transport.current
        limit = self._seconds
        if limit is None:
            limit = getattr(transport.deadlines, self._request.deadline)
        try:
            async with aclosing(connected(endpoint, await self._request.sign(), limit)) as items:
                async for item, _ in items:
                    if item is not None:
                        yield item
        except EventsError as error:
            if error.code == grpc.StatusCode.UNAVAILABLE:
                transport.lost(endpoint)
            raise


@dataclass(frozen=True, repr=False)
class ChaincodeEventsRequest(EventsRequest[ChaincodeEvent]):
    """A request for a chaincode's events."""

    deadline = "chaincode_events"

    async def open(self, connection: Connection, seconds: float | None) -> Any:
        return connection.gateway.ChaincodeEvents(self._signed_request, timeout=seconds)

    def read(self, response: Any) -> Iterator[tuple[ChaincodeEvent | None, Position]]:
        number = response.block_number
        for event in response.events:
            read = ChaincodeEvent(number, event.tx_id, event.chaincode_id, event.event_name, event.payload)
            yield read, read.position
        yield None, Position.after_block(number)

    @property
    def _signed_request(self) -> gateway_pb2.SignedChaincodeEventsRequest:
        return gateway_pb2.SignedChaincodeEventsRequest(request=self.message, signature=self.signature)

    @property
    def bytes(self) -> bytes:
        return self._signed_request.SerializeToString()


@dataclass(frozen=True, repr=False)
class _DeliverRequest(EventsRequest[Item]):
    """A request to a peer's deliver service: a signed envelope that says where to begin."""

    method: ClassVar[str]
    member: ClassVar[str]

    async def open(self, connection: Connection, seconds: float | None) -> Any:
        call = getattr(connection.deliver, self.method)(timeout=seconds)
        await call.write(self._envelope)
        return call

    def read(self, response: Any) -> Iterator[tuple[Item | None, Position]]:
        if response.WhichOneof("Type") == "status":
            code = _CODES.get(response.status, grpc.StatusCode.UNKNOWN)
            raise EventsError(code, f"the peer ended the stream with status {response.status}", (), "")
        item = getattr(response, self.member)
        yield item, Position.after_block(self._number(item))

    def _number(self, item: Any) -> int:
        number: int = item.header.number
        return number

    @property
    def _envelope(self) -> common_pb2.Envelope:
        return common_pb2.Envelope(payload=self.message, signature=self.signature)

    @property
    def bytes(self) -> bytes:
        return self._envelope.SerializeToString()


@dataclass(frozen=True, repr=False)
class BlockEventsRequest(_DeliverRequest[common_pb2.Block]):
    """A request for whole blocks."""

    deadline = "block_events"
    method = "Deliver"
    member = "block"


@dataclass(frozen=True, repr=False)
class FilteredBlockEventsRequest(_DeliverRequest[events_pb2.FilteredBlock]):
    """A request for blocks without what their transactions carry: ids, codes, events without payload."""

    deadline = "filtered_block_events"
    method = "DeliverFiltered"
    member = "filtered_block"

    def _number(self, item: Any) -> int:
        number: int = item.number
        return number


@dataclass(frozen=True, repr=False)
class BlockAndPrivateDataEventsRequest(_DeliverRequest[events_pb2.BlockAndPrivateData]):
    """A request for whole blocks with the private data that the client's organisation may read."""

    deadline = "block_and_private_data_events"
    method = "DeliverWithPrivateData"
    member = "block_and_private_data"

    def _number(self, item: Any) -> int:
        number: int = item.block.header.number
        return number


def chaincode_events_message(client: Client, channel: str, chaincode: str, start: Position) -> bytes:
    """The request for a chaincode's events from ``start`` on, as it is signed."""
    request = gateway_pb2.ChaincodeEventsRequest(
        channel_id=channel,
        chaincode_id=chaincode,
        identity=client.identity.serialized,
        start_position=_seek_position(start),
        after_transaction_id=start.transaction_id,
    )
    return request.SerializeToString()


def deliver_message(client: Client, channel: str, start: Position) -> bytes:
    """The request for blocks without end from ``start``'s on, as it is signed."""
    seek = ab_pb2.SeekInfo(
        start=_seek_position(start),
        stop=_seek_position(Position(_NEVER)),
        behavior=ab_pb2.SeekInfo.BLOCK_UNTIL_READY,
    )
    sought = header(
        common_pb2.DELIVER_SEEK_INFO,
        channel,
        client.identity.serialized,
        nonce(),
        client.clock(),
        tls_cert_hash=client.transport.tls_certificate_hash,
    )
    return common_pb2.Payload(header=sought, data=seek.SerializeToString()).SerializeToString()


def chaincode_events_from(client: Client, request: bytes) -> ChaincodeEventsRequest:
    """The request whose ``bytes`` these are; FabricError where they are none."""
    try:
        signed = gateway_pb2.SignedChaincodeEventsRequest.FromString(request)
        channel = gateway_pb2.ChaincodeEventsRequest.FromString(signed.request).channel_id
    except DecodeError as error:
        raise FabricError("these bytes are no request for events") from error
    return ChaincodeEventsRequest(client, signed.request, signed.signature, channel)


Deliver = TypeVar("Deliver", bound=_DeliverRequest[Any])


def deliver_from(kind: type[Deliver], client: Client, request: bytes) -> Deliver:
    """The request whose ``bytes`` these are; FabricError where they are none."""
    try:
        envelope = common_pb2.Envelope.FromString(request)
        read = common_pb2.Payload.FromString(envelope.payload).header
        channel = common_pb2.ChannelHeader.FromString(read.channel_header).channel_id
    except DecodeError as error:
        raise FabricError("these bytes are no request for events") from error
    return kind(client, envelope.payload, envelope.signature, channel)


def _seek_position(position: Position) -> ab_pb2.SeekPosition:
    if position.block_number is None:
        return ab_pb2.SeekPosition(next_commit=ab_pb2.SeekNextCommit())
    return ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=position.block_number))
