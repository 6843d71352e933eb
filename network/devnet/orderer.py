"""Ordering: submitted envelopes, as they come, into blocks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import grpc
from fabric_protos.common import common_pb2

from network.devnet.chain import Chain
from network.devnet.errors import Denied
from network.devnet.msp import IdentityRefused

log = logging.getLogger(__name__)

BLOCK_MESSAGES = 200
BLOCK_BYTES = 8 * 1024 * 1024
BLOCK_SECONDS = 0.02
MAX_WAITING = 5_000


@dataclass(frozen=True)
class _Waiting:
    envelope: bytes
    written: asyncio.Future[None]


class Orderer:
    """Takes envelopes and cuts blocks. An envelope is acknowledged when its block is on disk."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)

    async def submit(self, envelope: common_pb2.Envelope) -> None:
        """Have an envelope ordered; Denied where its creator is no member or too many are waiting."""
        try:
            header = common_pb2.Payload.FromString(envelope.payload).header
            creator = common_pb2.SignatureHeader.FromString(header.signature_header).creator
            self._chain.membership.identify(creator).verify(envelope.payload, envelope.signature)
        except (IdentityRefused, ValueError) as error:
            raise Denied(
                grpc.StatusCode.ABORTED, f"received unsuccessful response from orderer: FORBIDDEN: {error}"
            ) from error
        waiting = _Waiting(envelope.SerializeToString(), asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Denied(
                grpc.StatusCode.UNAVAILABLE, "too many transactions are waiting to be ordered"
            ) from None
        await waiting.written

    async def run(self) -> None:
        """Cut blocks until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            size = len(batch[0].envelope)
            ends = loop.time() + BLOCK_SECONDS
            while len(batch) < BLOCK_MESSAGES and size < BLOCK_BYTES:
                try:
                    async with asyncio.timeout_at(ends):
                        batch.append(await self._queue.get())
                except TimeoutError:
                    break
                size += len(batch[-1].envelope)
            await self._chain.append([one.envelope for one in batch])
            for one in batch:
                if not one.written.done():
                    one.written.set_result(None)
