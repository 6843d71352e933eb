"""The chaincode's side of one stream, whatever carries it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2, proposal_response_pb2
from google.protobuf.message import DecodeError

from chaincode.shim.errors import ShimError, StreamLost
from chaincode.shim.limits import MAX_MESSAGE_BYTES, Limits, Offers
from chaincode.shim.response import BUSY, ERROR_THRESHOLD, INTERNAL_ERROR, Chaincode, Response, failure
from chaincode.shim.stack import stack_of
from chaincode.shim.stub import Stub
from chaincode.shim.transaction import Transaction

log = logging.getLogger(__name__)

Message = chaincode_shim_pb2.ChaincodeMessage

_SWEEP_SECONDS = 5.0


class PeerConnection:
    """Registers with one peer, runs its transactions and routes its answers.

    A transaction's context is (channel, transaction id). Each of the peer's messages goes to `receive`;
    `send` takes what goes back and must not block. At most one message of each transaction is under way at a
    time, so whatever `send` queues is bounded by `Limits.transactions`. `on_end` is called when the stream
    and the last of its transactions have ended.
    """

    def __init__(
        self,
        chaincode: Chaincode,
        package_id: str,
        peer: str,
        send: Callable[[bytes], None],
        limits: Limits,
        on_end: Callable[[PeerConnection], None],
    ) -> None:
        self._chaincode = chaincode
        self._package_id = package_id
        self._peer = peer
        self._write = send
        self._limits = limits
        self._on_end = on_end
        self._offers: Offers | None = None
        self._transactions: dict[tuple[str, str], Transaction] = {}
        self._loop = asyncio.get_running_loop()
        self._registration = self._loop.call_later(limits.register_seconds, self._not_registered)
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._lost = False

    def register(self) -> None:
        """Name the chaincode to the peer; the first message of a stream."""
        chaincode_id = chaincode_pb2.ChaincodeID(name=self._package_id)
        self._send(Message(type=Message.REGISTER, payload=chaincode_id.SerializeToString()))

    def receive(self, data: bytes) -> None:
        """Act on one message of the peer.

        Raises:
            ShimError: the message breaks the protocol; the stream must be closed.
        """
        try:
            self._dispatch(Message.FromString(data))
        except DecodeError as error:
            raise ShimError("the peer's message cannot be decoded") from error

    async def drain(self) -> None:
        """Refuse new transactions from now on and wait until the running ones are over."""
        self._stopping = True
        await self._idle.wait()

    def lost(self) -> None:
        """The stream has ended: end every transaction, whatever it waits for."""
        self._stopping = self._lost = True
        self._registration.cancel()
        self._sweeper.cancel()
        if not self._transactions:
            self._on_end(self)
        else:
            log.warning("stream lost peer=%s transactions=%d", self._peer, len(self._transactions))
        for transaction in self._transactions.values():
            transaction.lost()
            if transaction.task is not None:
                transaction.task.cancel()

    def _dispatch(self, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        kind = message.type
        if kind in (Message.RESPONSE, Message.ERROR):
            transaction = self._transactions.get((message.channel_id, message.txid))
            if transaction is None or not transaction.answered(message):
                log.debug("answer to no pending request tx=%s", message.txid)
        elif kind in (Message.TRANSACTION, Message.INIT):
            self._start(message)
        elif kind == Message.KEEPALIVE:
            self._send(message)
        elif kind == Message.READY:
            self._ready(message)
        elif kind != Message.REGISTERED:
            raise ShimError(f"unexpected message type {kind} from the peer")

    def _ready(self, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        offered = chaincode_pb2.ChaincodeAdditionalParams.FromString(message.payload)
        self._offers = Offers(
            write_batch=offered.max_size_write_batch if offered.use_write_batch else 0,
            get_multiple=offered.max_size_get_multiple_keys if offered.use_get_multiple_keys else 0,
        )
        self._registration.cancel()
        log.info(
            "registered package=%s peer=%s write_batch=%d get_multiple=%d",
            self._package_id,
            self._peer,
            self._offers.write_batch,
            self._offers.get_multiple,
        )

    def _start(self, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        if self._offers is None:
            raise ShimError("a transaction before READY")
        key = (message.channel_id, message.txid)
        if self._stopping:
            self._complete(key, failure("the chaincode server is stopping", BUSY))
        elif key in self._transactions:
            self._complete(key, failure("the transaction is still running here", BUSY))
        elif len(self._transactions) >= self._limits.transactions:
            self._complete(key, failure("too many transactions at once", BUSY))
        else:
            transaction = Transaction(*key, self._offers, self._send, self._loop)
            self._transactions[key] = transaction
            self._idle.clear()
            transaction.task = self._loop.create_task(self._run(transaction, message))

    async def _run(self, transaction: Transaction, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        """Run one transaction to its answer; no exception leaves here."""
        key = (transaction.channel_id, transaction.tx_id)
        stub = None
        try:
            stub = Stub(transaction, message)
            response = await self._chaincode.invoke(stub)
            if response.status < ERROR_THRESHOLD:
                await stub.flush()
            self._complete(key, response, stub)
        except StreamLost:
            log.info("stream lost tx=%s", transaction.tx_id)
        except asyncio.CancelledError:
            if not transaction.stream_lost:
                self._complete(key, failure("the transaction was cancelled", BUSY))
        except Exception as error:
            log.error(
                "transaction failed tx=%s function=%s %s", transaction.tx_id, _name(stub), stack_of(error)
            )
            self._complete(key, failure("internal error of the chaincode", INTERNAL_ERROR))
        finally:
            del self._transactions[key]
            if not self._transactions:
                self._idle.set()
                if self._lost:
                    self._on_end(self)

    def _complete(self, key: tuple[str, str], response: Response, stub: Stub | None = None) -> None:
        result = proposal_response_pb2.Response(
            status=response.status, message=response.message, payload=response.payload
        )
        message = Message(
            type=Message.COMPLETED, payload=result.SerializeToString(), channel_id=key[0], txid=key[1]
        )
        if stub is not None and stub.event is not None and response.status < ERROR_THRESHOLD:
            message.chaincode_event.CopyFrom(stub.event)
        self._send(message)

    def _send(self, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        data = message.SerializeToString()
        if len(data) > MAX_MESSAGE_BYTES:
            raise ShimError(f"a message of {len(data)} bytes is larger than a peer takes")
        self._write(data)

    def _not_registered(self) -> None:
        log.error(
            "peer did not accept the registration peer=%s package=%s (see the peer's log)",
            self._peer,
            self._package_id,
        )

    def _sweep(self) -> None:
        """Cancel what has run too long; the peer has given it up long since."""
        oldest = self._loop.time() - self._limits.execute_seconds
        for transaction in self._transactions.values():
            if transaction.started < oldest and transaction.task is not None:
                log.error("transaction takes too long, cancelled tx=%s", transaction.tx_id)
                transaction.task.cancel()
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)


def _name(stub: Stub | None) -> str:
    """The function for the log; what a client sends there is cut and quoted."""
    if stub is None or not stub.args:
        return "''"
    return repr(stub.args[0][:64])[1:]
