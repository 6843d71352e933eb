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
from network.topology import Batch

# Where the topology does not say: and at once where no other transaction is on its way.
DEFAULT_BATCH = Batch(messages=200, seconds=0.02)
PAUSE_SECONDS = 0.002
BLOCK_BYTES = 8 * 1024 * 1024
MAX_ENVELOPE_BYTES = 64 * 1024 * 1024
MAX_WAITING = 5_000
MAX_WAITING_BYTES = 512 * 1024 * 1024


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
        data = envelope.SerializeToString()
        if len(data) > MAX_ENVELOPE_BYTES:
            raise Rejected(
                "BAD_REQUEST",
                f"message payload is {len(data)} bytes and exceeds maximum allowed "
                f"{MAX_ENVELOPE_BYTES} bytes",
            )
        self._check(envelope)
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
        """What an orderer's filters ask: a member of this channel signed it."""
        try:
            header = common_pb2.Payload.FromString(envelope.payload).header
            channel_header = common_pb2.ChannelHeader.FromString(header.channel_header)
            creator = common_pb2.SignatureHeader.FromString(header.signature_header).creator
        except DecodeError as error:
            raise Rejected("BAD_REQUEST", "the envelope cannot be decoded") from error
        if channel_header.channel_id != self._chain.channel:
            raise Rejected("NOT_FOUND", f"channel {channel_header.channel_id[:64]!r} does not exist")
        if channel_header.type != common_pb2.ENDORSER_TRANSACTION:
            raise Rejected("BAD_REQUEST", "only transactions that were endorsed are taken")
        ends = messages.ends(creator)
        if ends is not None and self._chain.clock.utc() > ends:
            raise Rejected("BAD_REQUEST", "broadcast client identity expired")
        why = access.refusal(self._chain, ORDERING_WRITERS, creator, envelope.payload, envelope.signature)
        if why:
            raise Rejected("FORBIDDEN", f"{why}: permission denied")
