"""Streams of blocks and chaincode events that survive the loss of a connection."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2

from gateway.fabric.errors import FabricError
from gateway.fabric.transaction import Client

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
_NEVER = 2**64 - 1
# What no reconnection mends: the peer does not let us read, or knows no such channel.
_FINAL = frozenset(
    {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.INVALID_ARGUMENT}
)


class EventsRefused(FabricError):
    """The peer refuses a stream; asking again does not help."""


@dataclass
class Checkpoint:
    """How far a consumer has come: the next block and, within it, the last transaction that is done."""

    block_number: int | None = None
    transaction_id: str = ""

    def block_done(self, number: int) -> None:
        """All of block ``number`` is done."""
        self.block_number = number + 1
        self.transaction_id = ""

    def transaction_done(self, number: int, transaction_id: str) -> None:
        """Block ``number`` is done up to this transaction."""
        self.block_number = number
        self.transaction_id = transaction_id


@dataclass(frozen=True)
class ChaincodeEvent:
    """An event that a committed, valid transaction set."""

    block_number: int
    transaction_id: str
    chaincode: str
    name: str
    payload: bytes


async def blocks(
    client: Client, channel: str, start_block: int | None, checkpoint: Checkpoint | None
) -> AsyncIterator[common_pb2.Block]:
    """See Network.block_events."""
    wanted = checkpoint.block_number if checkpoint and checkpoint.block_number is not None else start_block
    pause = _Pause("block")
    while True:
        call = client.transport.deliver.Deliver()
        try:
            await call.write(_seek(client, channel, wanted))
            async for response in call:
                if response.WhichOneof("Type") == "status":
                    raise _StreamEnded(common_pb2.Status.Name(response.status))
                pause.reset()
                yield response.block
                wanted = response.block.header.number + 1
            raise _StreamEnded("the peer closed it")
        except (grpc.aio.AioRpcError, _StreamEnded) as error:
            await pause.after(error)
            client.transport.next_peer()
        finally:
            call.cancel()


async def chaincode_events(
    client: Client, channel: str, chaincode: str, start_block: int | None, checkpoint: Checkpoint | None
) -> AsyncIterator[ChaincodeEvent]:
    """See Network.chaincode_events."""
    position = checkpoint or Checkpoint()
    block, after = position.block_number, position.transaction_id
    if block is None:
        block = start_block
    pause = _Pause("chaincode event")
    while True:
        request = gateway_pb2.ChaincodeEventsRequest(
            channel_id=channel,
            chaincode_id=chaincode,
            identity=client.identity.serialized,
            start_position=_position(block),
            after_transaction_id=after,
        ).SerializeToString()
        signed = gateway_pb2.SignedChaincodeEventsRequest(request=request, signature=client.sign(request))
        call = client.transport.gateway.ChaincodeEvents(signed)
        try:
            async for response in call:
                pause.reset()
                for event in response.events:
                    yield ChaincodeEvent(
                        response.block_number,
                        event.tx_id,
                        event.chaincode_id,
                        event.event_name,
                        event.payload,
                    )
                    block, after = response.block_number, event.tx_id
                block, after = response.block_number + 1, ""
            raise _StreamEnded("the peer closed it")
        except (grpc.aio.AioRpcError, _StreamEnded) as error:
            await pause.after(error)
            client.transport.next_peer()
        finally:
            call.cancel()


class _StreamEnded(Exception):
    """A stream that the peer ended without an error of gRPC's."""


class _Pause:
    """Growing, jittered pauses between reconnections."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = FIRST_PAUSE

    def reset(self) -> None:
        self._next = FIRST_PAUSE

    async def after(self, error: grpc.aio.AioRpcError | _StreamEnded) -> None:
        if isinstance(error, grpc.aio.AioRpcError):
            if error.code() in _FINAL:
                raise EventsRefused(f"{self._what} stream: {error.code().name}: {error.details()}") from error
            reason = f"{error.code().name}: {error.details()}"
        else:
            reason = str(error)
            if reason == "FORBIDDEN":
                raise EventsRefused(f"{self._what} stream: {reason}")
        log.warning("%s stream lost (%s), again in %.1f s", self._what, reason, self._next)
        await asyncio.sleep(self._next * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        self._next = min(self._next * 2, LONGEST_PAUSE)


def _position(block: int | None) -> ab_pb2.SeekPosition:
    if block is None:
        return ab_pb2.SeekPosition(next_commit=ab_pb2.SeekNextCommit())
    return ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=block))


def _seek(client: Client, channel: str, block: int | None) -> common_pb2.Envelope:
    """A signed request for blocks without end."""
    seek = ab_pb2.SeekInfo(
        start=_position(block),
        stop=ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=_NEVER)),
        behavior=ab_pb2.SeekInfo.BLOCK_UNTIL_READY,
    )
    header = common_pb2.ChannelHeader(type=common_pb2.DELIVER_SEEK_INFO, channel_id=channel)
    header.timestamp.seconds, header.timestamp.nanos = divmod(time.time_ns(), 1_000_000_000)
    signature_header = common_pb2.SignatureHeader(creator=client.identity.serialized, nonce=os.urandom(24))
    payload = common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=signature_header.SerializeToString(),
        ),
        data=seek.SerializeToString(),
    ).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=client.sign(payload))
