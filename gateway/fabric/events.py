"""Streams of blocks and chaincode events that survive the loss of a connection."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2

from gateway.fabric import queries
from gateway.fabric.client import Client
from gateway.fabric.errors import FabricError, GatewayCallError
from gateway.fabric.headers import header, nonce
from gateway.fabric.transport import Endpoint

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
_NEVER = 2**64 - 1
# What no reconnection mends: the peer does not let us read, or does not take the request.
_FINAL = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT", "FORBIDDEN", "BAD_REQUEST"})


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
    wanted = _start(start_block, checkpoint)
    stream = _Reconnecting("block", client)
    while True:
        call = None
        try:
            if wanted is None:
                # Fixed before the first connection: what is written while one is lost must not be missed.
                wanted = await queries.height(client, channel)
            call = stream.endpoint.deliver.Deliver()
            await call.write(_seek(client, channel, wanted))
            async for response in call:
                if response.WhichOneof("Type") == "status":
                    raise _Ended(common_pb2.Status.Name(response.status))
                stream.alive()
                yield response.block
                wanted = response.block.header.number + 1
            raise _Ended("closed by the peer")
        except (grpc.aio.AioRpcError, GatewayCallError, _Ended) as error:
            await stream.lost(error)
        finally:
            if call is not None:
                call.cancel()


async def chaincode_events(
    client: Client, channel: str, chaincode: str, start_block: int | None, checkpoint: Checkpoint | None
) -> AsyncIterator[ChaincodeEvent]:
    """See Network.chaincode_events."""
    wanted = _start(start_block, checkpoint)
    after = checkpoint.transaction_id if checkpoint else ""
    stream = _Reconnecting("chaincode event", client)
    while True:
        call = None
        try:
            if wanted is None:
                wanted = await queries.height(client, channel)
            request = gateway_pb2.ChaincodeEventsRequest(
                channel_id=channel,
                chaincode_id=chaincode,
                identity=client.identity.serialized,
                start_position=_position(wanted),
                after_transaction_id=after,
            ).SerializeToString()
            signed = gateway_pb2.SignedChaincodeEventsRequest(request=request, signature=client.sign(request))
            call = stream.endpoint.gateway.ChaincodeEvents(signed)
            async for response in call:
                stream.alive()
                for event in response.events:
                    yield ChaincodeEvent(
                        response.block_number,
                        event.tx_id,
                        event.chaincode_id,
                        event.event_name,
                        event.payload,
                    )
                    wanted, after = response.block_number, event.tx_id
                wanted, after = response.block_number + 1, ""
            raise _Ended("closed by the peer")
        except (grpc.aio.AioRpcError, GatewayCallError, _Ended) as error:
            await stream.lost(error)
        finally:
            if call is not None:
                call.cancel()


class _Ended(Exception):
    """A stream that the peer ended without an error of gRPC's; the message is the status it gave."""


class _Reconnecting:
    """Growing, jittered pauses between the connections of one stream, and the peer that each goes to."""

    def __init__(self, what: str, client: Client) -> None:
        self._what = what
        self._transport = client.transport
        self._pause = FIRST_PAUSE
        self._endpoint = self._transport.current

    @property
    def endpoint(self) -> Endpoint:
        """The peer to connect to."""
        self._endpoint = self._transport.current
        return self._endpoint

    def alive(self) -> None:
        """Something arrived: the next loss is a new one."""
        self._pause = FIRST_PAUSE

    async def lost(self, error: grpc.aio.AioRpcError | GatewayCallError | _Ended) -> None:
        """Turn to the next peer and wait before it is asked; EventsRefused where that is no use."""
        name, reason = _reason(error)
        if name in _FINAL:
            raise EventsRefused(f"{self._what} stream: {reason}") from error
        self._transport.lost(self._endpoint)
        log.warning("%s stream lost (%s), again in %.1f s", self._what, reason, self._pause)
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


def _reason(error: grpc.aio.AioRpcError | GatewayCallError | _Ended) -> tuple[str, str]:
    """The status that ended a stream, by name, and the words for a log."""
    if isinstance(error, GatewayCallError):
        return error.code.name, str(error)
    if isinstance(error, grpc.aio.AioRpcError):
        return error.code().name, f"{error.code().name}: {error.details()}"
    return str(error), str(error)


def _start(start_block: int | None, checkpoint: Checkpoint | None) -> int | None:
    if checkpoint and checkpoint.block_number is not None:
        return checkpoint.block_number
    return start_block


def _position(block: int) -> ab_pb2.SeekPosition:
    return ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=block))


def _seek(client: Client, channel: str, block: int) -> common_pb2.Envelope:
    """A signed request for blocks without end."""
    seek = ab_pb2.SeekInfo(
        start=_position(block),
        stop=_position(_NEVER),
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
    payload = common_pb2.Payload(header=sought, data=seek.SerializeToString()).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=client.sign(payload))
