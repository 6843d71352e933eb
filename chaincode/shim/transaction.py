"""One transaction's conversation with its peer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fabric_protos.peer import chaincode_shim_pb2

from chaincode.shim.errors import PeerError, StreamLost
from chaincode.shim.limits import Offers

ChaincodeMessage = chaincode_shim_pb2.ChaincodeMessage

_ANSWER = ChaincodeMessage.RESPONSE


class Transaction:
    """Asks the peer, one question at a time.

    A peer drops a second request of the same (channel, transaction id) while the first is pending (fabric
    core/chaincode: registerTxid), so requests made at the same time wait for their turn here. A request whose
    caller was cancelled still has its answer coming; the next one waits for that, or it would take it for its
    own.
    """

    __slots__ = (
        "_answer",
        "_late",
        "_loop",
        "_pending",
        "_send",
        "_turn",
        "channel_id",
        "offers",
        "started",
        "stream_lost",
        "task",
        "tx_id",
    )

    def __init__(
        self,
        channel_id: str,
        tx_id: str,
        offers: Offers,
        send: Callable[[chaincode_shim_pb2.ChaincodeMessage], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.channel_id = channel_id
        self.tx_id = tx_id
        self.offers = offers
        self.started = loop.time()
        self.task: asyncio.Task[None] | None = None
        self._send = send
        self._loop = loop
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[bytes] | None = None
        self._late: asyncio.Future[None] | None = None
        self._pending = False
        self.stream_lost = False

    async def request(self, kind: int, payload: bytes) -> bytes:
        """Send one request and return the payload of its RESPONSE.

        Raises:
            PeerError: the peer answered ERROR.
            StreamLost: the stream ended first.
            ShimError: the request is larger than a message may be.
        """
        async with self._turn:
            if self._late is not None:
                await self._late
                self._late = None
            if self.stream_lost:
                raise StreamLost("the stream to the peer has ended")
            answer = self._answer = self._loop.create_future()
            try:
                self._send(
                    ChaincodeMessage(type=kind, payload=payload, txid=self.tx_id, channel_id=self.channel_id)
                )
                self._pending = True
                return await answer
            except asyncio.CancelledError:
                if self._pending and not self.stream_lost:
                    self._late = self._loop.create_future()
                raise
            finally:
                self._answer = None

    def answered(self, message: chaincode_shim_pb2.ChaincodeMessage) -> bool:
        """Hand over the peer's RESPONSE or ERROR; False where no request is pending."""
        if not self._pending:
            return False
        self._pending = False
        answer = self._answer
        if answer is None:
            if self._late is not None:
                self._late.set_result(None)
        elif not answer.done():
            if message.type == _ANSWER:
                answer.set_result(message.payload)
            else:
                answer.set_exception(PeerError(message.payload.decode(errors="replace")))
        return True

    def lost(self) -> None:
        """The stream has ended: whatever waits, or will ask, gets StreamLost."""
        self.stream_lost = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(StreamLost("the stream to the peer has ended"))
        if self._pending and self._late is not None and not self._late.done():
            self._late.set_result(None)
