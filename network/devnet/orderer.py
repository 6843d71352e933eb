"""Ordering: submitted envelopes, as they come, into blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from fabric_protos.common import common_pb2
from google.protobuf.message import DecodeError

from network.devnet import access, messages
from network.devnet.chain import Chain
from network.devnet.channel_policies import ORDERING_WRITERS
from network.devnet.errors import Denied
from network.devnet.messages import Undecodable
from network.topology import Batch

# Where the topology does not say: and at once where no other transaction is on its way.
DEFAULT_BATCH = Batch(messages=200, seconds=0.02)
PAUSE_SECONDS = 0.002
BLOCK_BYTES = 8 * 1024 * 1024
# BatchSize.AbsoluteMaxBytes of the channels that network/fabric/settings.py makes.
MAX_ENVELOPE_BYTES = 32 * 1024 * 1024
MAX_WAITING = 5_000
MAX_WAITING_BYTES = 512 * 1024 * 1024
BAD_REQUEST = "BAD_REQUEST"
_REFUSED_TYPES = {
    common_pb2.CONFIG: "message is of type that cannot be processed directly",
    common_pb2.ORDERER_TRANSACTION: "message is of type that is no longer supported",
}


class Rejected(Denied):
    """An envelope that an orderer does not take; ``status`` is a common.Status by name, ``info`` says why."""

    def __init__(self, status: str, info: str) -> None:
        super().__init__(
            grpc.StatusCode.ABORTED,
            f"received unsuccessful response from orderer: status={status}, info={info}",
        )
        self.status = status
        self.info = info


@dataclass(frozen=True)
class _Waiting:
    envelope: bytes
    written: asyncio.Future[None]


class Orderer:
    """Takes envelopes and cuts blocks. An envelope is acknowledged when its block is on disk."""

    def __init__(self, chain: Chain, batch: Batch | None = None) -> None:
        self._chain = chain
        self._batch = batch or DEFAULT_BATCH
        self._hurries = batch is None
        self._expected = 0
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)
        self._bytes = 0

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """While a transaction is endorsed whose envelope is likely to follow: a block waits for it."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1

    async def submit(self, envelope: common_pb2.Envelope) -> None:
        """Have an envelope ordered; Denied where its creator is no member or too much is waiting."""
        self._check(envelope)
        data = envelope.SerializeToString()
        if self._queue.full() or self._bytes + len(data) > MAX_WAITING_BYTES:
            raise Denied(grpc.StatusCode.UNAVAILABLE, "no orderers could successfully process transaction")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(data, written))
        self._bytes += len(data)
        await written

    async def run(self) -> None:
        """Cut blocks until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            size = len(batch[0].envelope)
            ends = loop.time() + self._batch.seconds
            while len(batch) < self._batch.messages and size < BLOCK_BYTES:
                try:
                    # Most are there already; a timeout for each would cost more than taking it.
                    one = self._queue.get_nowait()
                except asyncio.QueueEmpty:
                    pause = min(ends, loop.time() + PAUSE_SECONDS) if self._hurries else ends
                    try:
                        async with asyncio.timeout_at(pause):
                            one = await self._queue.get()
                    except TimeoutError:
                        if pause < ends and self._expected:
                            continue
                        break
                batch.append(one)
                size += len(one.envelope)
            await self._chain.append([one.envelope for one in batch])
            self._bytes -= size
            for one in batch:
                if not one.written.done():
                    one.written.set_result(None)

    def _check(self, envelope: common_pb2.Envelope) -> None:
        """What an orderer asks of an envelope before it orders it, in its order and words; Denied."""
        header, channel_header = _headers(envelope)
        if channel_header.channel_id != self._chain.channel:
            raise Rejected(BAD_REQUEST, "channel does not exist")
        refused = _REFUSED_TYPES.get(channel_header.type)
        if refused:
            raise Rejected(BAD_REQUEST, refused)
        size = len(envelope.payload) + len(envelope.signature)
        if size > MAX_ENVELOPE_BYTES:
            raise Rejected(
                BAD_REQUEST,
                f"message payload is {size} bytes and exceeds maximum allowed {MAX_ENVELOPE_BYTES} bytes",
            )
        creator = _creator(header)
        ends = messages.ends(creator)
        if ends is not None and self._chain.clock.utc() > ends:
            raise Rejected(BAD_REQUEST, "broadcast client identity expired")
        why = access.refusal(self._chain, ORDERING_WRITERS, creator, envelope.payload, envelope.signature)
        if why:
            raise Rejected("FORBIDDEN", f"{why}: permission denied")
        if channel_header.type == common_pb2.CONFIG_UPDATE:
            raise Rejected(
                BAD_REQUEST,
                f"error applying config update to existing channel '{channel_header.channel_id}': error "
                "authorizing update: devnet's channels keep the configuration that they were begun with",
            )


def _headers(envelope: common_pb2.Envelope) -> tuple[common_pb2.Header, common_pb2.ChannelHeader]:
    unknown = "could not determine channel ID: "
    try:
        payload = messages.decode(common_pb2.Payload, envelope.payload)
        if not payload.HasField("header"):
            raise Rejected(BAD_REQUEST, f"{unknown}header not set")
        if not payload.header.channel_header:
            raise Rejected(BAD_REQUEST, f"{unknown}channel header not set")
        unknown += "error unmarshalling channel header: "
        return payload.header, messages.decode(common_pb2.ChannelHeader, payload.header.channel_header)
    except Undecodable as error:
        raise Rejected(BAD_REQUEST, f"{unknown}{error}") from error


def _creator(header: common_pb2.Header) -> bytes:
    try:
        return common_pb2.SignatureHeader.FromString(header.signature_header).creator
    except DecodeError as error:
        reason = messages.reason(common_pb2.SignatureHeader, header.signature_header)
        raise Rejected(
            BAD_REQUEST,
            f"could not convert message to signedData: GetSignatureHeaderFromBytes failed, err {reason}",
        ) from error
