"""A peer's side of Fabric's shim protocol: the stream to one member's chaincode server."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from typing import Any

from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2, proposal_response_pb2
from google.protobuf.message import DecodeError

from network.devnet.errors import DevnetError
from network.devnet.execution import MAX_DEPTH, Execution, NotRunning, Outcome
from network.devnet.http2 import BidirectionalCall, Disconnected, call
from network.devnet.requests import HANDLERS

log = logging.getLogger(__name__)

Message = chaincode_shim_pb2.ChaincodeMessage

BATCH_KEYS = 1000
EXECUTE_SECONDS = 30.0
REGISTER_SECONDS = 10.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0
METHOD = "/protos.Chaincode/Connect"
# Of each running transaction at most one message is on its way, which bounds what waits to be sent.
MAX_RUNNING = 10_000

OFFERS = chaincode_pb2.ChaincodeAdditionalParams(
    use_write_batch=True,
    max_size_write_batch=BATCH_KEYS,
    use_get_multiple_keys=True,
    max_size_get_multiple_keys=BATCH_KEYS,
).SerializeToString()


class ChaincodeConnection:
    """Keeps one stream to a chaincode server open and runs transactions on it, many at a time.

    ``up`` is set while the server has registered and the stream is there.
    """

    def __init__(
        self, name: str, package_id: str, address: str, tls: ssl.SSLContext | None, server_name: str
    ) -> None:
        self.name = name
        self.package_id = package_id
        self.address = address
        self._tls = tls
        self._server_name = server_name
        self.up = asyncio.Event()
        self._stream: BidirectionalCall | None = None
        self._registered: asyncio.Future[str] | None = None
        self._running: dict[tuple[str, str], tuple[Execution, asyncio.Future[Outcome]]] = {}

    async def keep(self) -> None:
        """Connect, and again whenever the stream is lost, until cancelled."""
        pause = FIRST_PAUSE
        reason = ""
        while True:
            before, was_ready = reason, False
            try:
                reason = await self._serve()
                was_ready = True
            except DevnetError as error:
                reason = str(error)
            finally:
                self._lose(reason or "devnet is stopping")
            if was_ready or reason != before:
                log.warning("chaincode=%s address=%s not connected: %s", self.name, self.address, reason)
            pause = FIRST_PAUSE if was_ready else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def run(self, arguments: Sequence[bytes], is_init: bool, execution: Execution) -> Outcome:
        """Run a transaction.

        Raises NotRunning where the server is away or lost, DevnetError after its time or where it errs.
        """
        if not self.up.is_set():
            raise NotRunning(
                f"could not launch chaincode {self.package_id}: connection to {self.name} at "
                f"{self.address} is not there"
            )
        key = execution.channel, execution.transaction_id
        if key in self._running:
            raise DevnetError(f"error sending: txid: {execution.transaction_id}({execution.channel}) exists")
        if len(self._running) >= MAX_RUNNING:
            raise NotRunning(f"chaincode {self.name}: too many transactions at once")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._running[key] = (execution, future)
        try:
            self._send(
                execution,
                Message.TRANSACTION,
                chaincode_pb2.ChaincodeInput(args=arguments, is_init=is_init).SerializeToString(),
                proposal=execution.proposal,
            )
            async with asyncio.timeout(EXECUTE_SECONDS):
                return await future
        except TimeoutError:
            raise DevnetError(
                f"failed to execute transaction {execution.transaction_id}: "
                "timeout expired while executing transaction"
            ) from None
        finally:
            del self._running[key]

    async def _serve(self) -> str:
        """One stream, from the registration to its end; why it ended."""
        self._registered = asyncio.get_running_loop().create_future()
        stream = await call(self.address, self._tls, self._server_name, METHOD, self._receive)
        try:
            self._stream = stream
            over = {self._registered, stream.ended}
            await asyncio.wait(over, timeout=REGISTER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if stream.ended.done():
                raise Disconnected(stream.ended.result())
            if not self._registered.done():
                raise Disconnected("the server did not register in time")
            self.up.set()
            log.info("chaincode=%s address=%s registered", self.name, self.address)
            return await stream.ended
        finally:
            stream.end("devnet closes the stream")

    def _register(self, stream: BidirectionalCall, registered: asyncio.Future[str], message: Any) -> None:
        """Take the first message of a stream; DevnetError, which ends it, where it is the wrong server."""
        if message.type != Message.REGISTER:
            raise DevnetError("the server did not register")
        name = chaincode_pb2.ChaincodeID.FromString(message.payload).name
        if name != self.package_id:
            raise DevnetError(f"the server there is {name[:128]!r}, not {self.package_id}")
        stream.send(Message(type=Message.REGISTERED).SerializeToString())
        stream.send(Message(type=Message.READY, payload=OFFERS).SerializeToString())
        registered.set_result(name)

    def _lose(self, reason: str) -> None:
        self.up.clear()
        self._stream = self._registered = None
        for _, future in self._running.values():
            _fail(future, NotRunning(f"chaincode {self.name}: chaincode stream terminated: {reason}"))

    def _send(self, execution: Execution, kind: int, payload: bytes, **more: Any) -> None:
        if self._stream is not None:
            message = Message(
                type=kind,
                payload=payload,
                txid=execution.transaction_id,
                channel_id=execution.channel,
                **more,
            )
            self._stream.send(message.SerializeToString())

    def _receive(self, stream: BidirectionalCall, data: bytes) -> None:
        """Act on one message of the server; DevnetError, which ends the stream, where it makes no sense."""
        try:
            message = Message.FromString(data)
            if self._registered is not None and not self._registered.done():
                self._register(stream, self._registered, message)
                return
        except DecodeError:
            raise DevnetError("the server's message cannot be decoded") from None
        found = self._running.get((message.channel_id, message.txid))
        if found is None or message.type == Message.KEEPALIVE:
            # Where its caller has given up, the server is told nothing more about it.
            return
        execution, future = found
        if message.type == Message.COMPLETED:
            event = message.chaincode_event if message.HasField("chaincode_event") else None
            try:
                response = proposal_response_pb2.Response.FromString(message.payload)
            except DecodeError:
                _fail(future, DevnetError(f"chaincode {self.name}: its response cannot be decoded"))
                return
            if not future.done():
                future.set_result(Outcome(response, event))
        elif message.type == Message.ERROR:
            _fail(future, DevnetError(message.payload.decode(errors="replace")))
        elif message.type == Message.INVOKE_CHAINCODE:
            # Another chaincode may take its time, and may answer on this very stream.
            execution.spawn(self._invoke(message.payload, execution, future))
        else:
            self._answer(message, execution)

    def _answer(self, message: Any, execution: Execution) -> None:
        handler = HANDLERS.get(message.type)
        try:
            if handler is None:
                raise DevnetError(f"a peer does not know messages of type {message.type}")
            payload = handler(self.name, message.payload, execution)
        except (DevnetError, DecodeError) as error:
            words = f"{_name(message.type)} failed: transaction ID: {execution.transaction_id}: {error}"
            self._send(execution, Message.ERROR, words.encode())
        except Exception:
            # A fault in answering one transaction must not end all that run on this stream.
            log.exception("answering chaincode %s failed", self.name)
            self._send(execution, Message.ERROR, b"internal error of the peer")
        else:
            self._send(execution, Message.RESPONSE, payload)

    async def _invoke(self, payload: bytes, execution: Execution, future: asyncio.Future[Outcome]) -> None:
        """Run the chaincode that this one calls; what goes wrong beyond a refusal ends the transaction."""
        execution.depth += 1
        try:
            spec = chaincode_pb2.ChaincodeSpec.FromString(payload)
            name, _, channel = spec.chaincode_id.name.partition("/")
            name = name.partition(":")[0]
            if execution.depth > MAX_DEPTH:
                raise DevnetError(f"calls from chaincode to chaincode are more than {MAX_DEPTH} deep")
            outcome = await execution.call(name, channel or execution.channel, spec.input.args, execution)
        except (DevnetError, DecodeError) as error:
            words = f"INVOKE_CHAINCODE failed: transaction ID: {execution.transaction_id}: {error}"
            self._send(execution, Message.ERROR, words.encode())
        except Exception as error:
            log.exception("a call from chaincode %s failed", self.name)
            _fail(future, DevnetError(f"a call from chaincode {self.name} failed: {type(error).__name__}"))
        else:
            answer = Message(type=Message.COMPLETED, payload=outcome.response.SerializeToString())
            self._send(execution, Message.RESPONSE, answer.SerializeToString())
        finally:
            execution.depth -= 1


def _fail(future: asyncio.Future[Outcome], error: DevnetError) -> None:
    if not future.done():
        future.set_exception(error)


def _name(kind: int) -> str:
    known = Message.Type.values()
    return Message.Type.Name(kind) if kind in known else str(kind)
