"""A peer's side of Fabric's shim protocol: the connection to one member's chaincode server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    chaincode_shim_pb2,
    chaincode_shim_pb2_grpc,
    proposal_pb2,
    proposal_response_pb2,
)

from network.devnet.errors import DevnetError
from network.devnet.simulation import Simulation

log = logging.getLogger(__name__)

Message = chaincode_shim_pb2.ChaincodeMessage
BATCH_KEYS = 1000
RESULTS_AT_A_TIME = 100
EXECUTE_SECONDS = 30.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
MAX_MESSAGE_BYTES = 100 * 1024 * 1024
MAX_RUNNING = 10_000
MAX_DEPTH = 8

_FIRST = "\x01"  # what Fabric's shim puts for an open start
_OFFERS = chaincode_pb2.ChaincodeAdditionalParams(
    use_write_batch=True,
    max_size_write_batch=BATCH_KEYS,
    use_get_multiple_keys=True,
    max_size_get_multiple_keys=BATCH_KEYS,
).SerializeToString()

History = Callable[[str, str], Awaitable[list[kv_query_result_pb2.KeyModification]]]
"""A key's committed changes, the newest first."""


class NotRunning(DevnetError):
    """A member's chaincode server cannot be reached."""


@dataclass(frozen=True)
class Outcome:
    """What a chaincode answered."""

    response: proposal_response_pb2.Response
    event: chaincode_event_pb2.ChaincodeEvent | None


@dataclass
class Execution:
    """One transaction at one endorser; ``depth`` counts calls from chaincode to chaincode."""

    transaction_id: str
    channel: str
    proposal: proposal_pb2.SignedProposal
    simulation: Simulation
    call: Callable[[str, Sequence[bytes], Execution], Awaitable[Outcome]]
    history: History
    depth: int = 0
    queries: dict[str, list[bytes]] = field(default_factory=dict)


class ChaincodeConnection:
    """Keeps one stream to a chaincode server open and runs transactions on it, many at a time."""

    def __init__(
        self, name: str, package_id: str, address: str, credentials: grpc.ChannelCredentials, server_name: str
    ) -> None:
        self.name = name
        self._package_id = package_id
        self._address = address
        self._channel = grpc.aio.secure_channel(
            address,
            credentials,
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                ("grpc.ssl_target_name_override", server_name),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.max_reconnect_backoff_ms", 1000),
            ],
        )
        self._outgoing: asyncio.Queue[Any] = asyncio.Queue(MAX_RUNNING)
        self._running: dict[str, tuple[Execution, asyncio.Future[Outcome]]] = {}
        self._ready = False

    async def keep(self) -> None:
        """Connect, and again whenever the stream is lost, until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    await self._serve()
                    reason = "the server closed the stream"
                except grpc.aio.AioRpcError as error:
                    reason = f"{error.code().name}: {error.details()}"
                except DevnetError as error:
                    reason = str(error)
                pause = FIRST_PAUSE if self._ready else min(pause * 2, LONGEST_PAUSE)
                self._lose(reason)
                log.warning("chaincode %s at %s: %s", self.name, self._address, reason)
                await asyncio.sleep(pause)
        finally:
            self._lose("devnet is stopping")
            await self._channel.close()

    async def run(self, arguments: Sequence[bytes], execution: Execution) -> Outcome:
        """Run a transaction; NotRunning where the server is away, DevnetError after its time."""
        if not self._ready:
            raise NotRunning(
                f"could not launch chaincode {self.name}: no chaincode server at {self._address}"
            )
        key = execution.transaction_id
        if key in self._running:
            raise DevnetError(f"txid: {key}({execution.channel}) exists")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._running[key] = (execution, future)
        try:
            self._send(
                execution,
                Message.TRANSACTION,
                chaincode_pb2.ChaincodeInput(args=arguments).SerializeToString(),
                proposal=execution.proposal,
            )
            async with asyncio.timeout(EXECUTE_SECONDS):
                return await future
        except TimeoutError:
            raise DevnetError(f"chaincode {self.name}: timeout expired while executing transaction") from None
        finally:
            self._running.pop(key, None)

    async def _serve(self) -> None:
        """One stream: register, then answer until it ends."""
        self._outgoing = asyncio.Queue(MAX_RUNNING)
        stub = chaincode_shim_pb2_grpc.ChaincodeStub(self._channel)
        stream = stub.Connect()
        sender = asyncio.create_task(self._write(stream))
        try:
            await self._register(stream)
            self._ready = True
            while (message := await stream.read()) is not grpc.aio.EOF:
                self._receive(message)
        finally:
            sender.cancel()
            stream.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _write(self, stream: Any) -> None:
        while True:
            await stream.write(await self._outgoing.get())

    async def _register(self, stream: Any) -> None:
        message = await stream.read()
        if message is grpc.aio.EOF or message.type != Message.REGISTER:
            raise DevnetError("the server did not register")
        registered = chaincode_pb2.ChaincodeID.FromString(message.payload).name
        if registered != self._package_id:
            raise DevnetError(f"the server there is {registered}, not {self._package_id}")
        self._outgoing.put_nowait(Message(type=Message.REGISTERED))
        self._outgoing.put_nowait(Message(type=Message.READY, payload=_OFFERS))

    def _lose(self, reason: str) -> None:
        self._ready = False
        for _, future in self._running.values():
            if not future.done():
                future.set_exception(NotRunning(f"chaincode {self.name}: {reason}"))

    def _send(self, execution: Execution, kind: int, payload: bytes, **more: Any) -> None:
        message = Message(
            type=kind, payload=payload, txid=execution.transaction_id, channel_id=execution.channel, **more
        )
        self._outgoing.put_nowait(message)

    def _receive(self, message: Any) -> None:
        if message.type == Message.KEEPALIVE:
            return
        found = self._running.get(message.txid)
        if found is None:
            return
        execution, future = found
        if message.type == Message.COMPLETED:
            event = message.chaincode_event if message.HasField("chaincode_event") else None
            if not future.done():
                response = proposal_response_pb2.Response.FromString(message.payload)
                future.set_result(Outcome(response, event))
        elif message.type == Message.ERROR:
            if not future.done():
                future.set_exception(DevnetError(message.payload.decode(errors="replace")))
        elif message.type == Message.INVOKE_CHAINCODE:
            # Another chaincode may take its time, and may answer on this very stream.
            task = asyncio.create_task(self._invoke(message.payload, execution))
            task.add_done_callback(_log_failure)
        elif message.type == Message.GET_HISTORY_FOR_KEY:
            task = asyncio.create_task(self._history(message.payload, execution))
            task.add_done_callback(_log_failure)
        else:
            self._answer(message, execution)

    def _answer(self, message: Any, execution: Execution) -> None:
        handler = _HANDLERS.get(message.type)
        try:
            if handler is None:
                raise DevnetError(f"devnet does not know {Message.Type.Name(message.type)} yet")
            payload = handler(self.name, message.payload, execution)
        except DevnetError as error:
            self._send(execution, Message.ERROR, str(error).encode())
        else:
            self._send(execution, Message.RESPONSE, payload)

    async def _invoke(self, payload: bytes, execution: Execution) -> None:
        spec = chaincode_pb2.ChaincodeSpec.FromString(payload)
        name, _, channel = spec.chaincode_id.name.partition("/")
        try:
            if channel and channel != execution.channel:
                raise DevnetError("devnet calls chaincode on the same channel only")
            if execution.depth >= MAX_DEPTH:
                raise DevnetError(f"calls from chaincode to chaincode are more than {MAX_DEPTH} deep")
            execution.depth += 1
            outcome = await execution.call(name, spec.input.args, execution)
        except DevnetError as error:
            self._send(execution, Message.ERROR, str(error).encode())
            return
        finally:
            execution.depth -= 1
        answer = Message(type=Message.COMPLETED, payload=outcome.response.SerializeToString())
        self._send(execution, Message.RESPONSE, answer.SerializeToString())

    async def _history(self, payload: bytes, execution: Execution) -> None:
        key = chaincode_shim_pb2.GetHistoryForKey.FromString(payload).key
        changes = await execution.history(self.name, key)
        results = [change.SerializeToString() for change in changes]
        self._send(execution, Message.RESPONSE, _first_results(execution, results))


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("answering chaincode failed", exc_info=task.exception())


def _public(collection: str) -> None:
    if collection:
        raise DevnetError("devnet has no private data yet")


def _get(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetState.FromString(payload)
    _public(request.collection)
    return execution.simulation.get(namespace, request.key)


def _get_multiple(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetStateMultiple.FromString(payload)
    _public(request.collection)
    get = execution.simulation.get
    values = [get(namespace, key) for key in request.keys]
    return chaincode_shim_pb2.GetStateMultipleResult(values=values).SerializeToString()


def _put(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.PutState.FromString(payload)
    _public(request.collection)
    execution.simulation.put(namespace, request.key, request.value)
    return b""


def _delete(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.DelState.FromString(payload)
    _public(request.collection)
    execution.simulation.put(namespace, request.key, None)
    return b""


def _write_batch(namespace: str, payload: bytes, execution: Execution) -> bytes:
    record = chaincode_shim_pb2.WriteRecord
    put = execution.simulation.put
    for written in chaincode_shim_pb2.WriteBatchState.FromString(payload).rec:
        _public(written.collection)
        if written.type == record.PUT_STATE:
            put(namespace, written.key, written.value)
        elif written.type == record.DEL_STATE:
            put(namespace, written.key, None)
        else:
            raise DevnetError(f"devnet does not know {record.Type.Name(written.type)} yet")
    return b""


def _range(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetStateByRange.FromString(payload)
    _public(request.collection)
    start = "" if request.startKey == _FIRST else request.startKey
    if not request.metadata:
        items, _ = execution.simulation.range(namespace, start, request.endKey)
        return _first_results(execution, _kvs(namespace, items))
    query = chaincode_shim_pb2.QueryMetadata.FromString(request.metadata)
    items, following = execution.simulation.range(
        namespace, query.bookmark or start, request.endKey, query.pageSize or RESULTS_AT_A_TIME
    )
    metadata = chaincode_shim_pb2.QueryResponseMetadata(fetched_records_count=len(items), bookmark=following)
    answer = chaincode_shim_pb2.QueryResponse(metadata=metadata.SerializeToString())
    for result in _kvs(namespace, items):
        answer.results.add(resultBytes=result)
    return answer.SerializeToString()


def _next(namespace: str, payload: bytes, execution: Execution) -> bytes:
    identity = chaincode_shim_pb2.QueryStateNext.FromString(payload).id
    return _some_results(execution, identity)


def _close(namespace: str, payload: bytes, execution: Execution) -> bytes:
    identity = chaincode_shim_pb2.QueryStateClose.FromString(payload).id
    execution.queries.pop(identity, None)
    return chaincode_shim_pb2.QueryResponse(has_more=False, id=identity).SerializeToString()


def _kvs(namespace: str, items: list[tuple[str, bytes]]) -> list[bytes]:
    make = kv_query_result_pb2.KV
    return [make(namespace=namespace, key=key, value=value).SerializeToString() for key, value in items]


def _first_results(execution: Execution, results: list[bytes]) -> bytes:
    identity = str(len(execution.queries))
    execution.queries[identity] = results
    return _some_results(execution, identity)


def _some_results(execution: Execution, identity: str) -> bytes:
    left = execution.queries.get(identity)
    if left is None:
        raise DevnetError("the query is closed")
    now, later = left[:RESULTS_AT_A_TIME], left[RESULTS_AT_A_TIME:]
    answer = chaincode_shim_pb2.QueryResponse(has_more=bool(later), id=identity)
    for result in now:
        answer.results.add(resultBytes=result)
    # A finished query keeps its place, so that the next one gets another name.
    execution.queries[identity] = later
    return answer.SerializeToString()


_HANDLERS: dict[int, Callable[[str, bytes, Execution], bytes]] = {
    Message.GET_STATE: _get,
    Message.GET_STATE_MULTIPLE: _get_multiple,
    Message.PUT_STATE: _put,
    Message.DEL_STATE: _delete,
    Message.WRITE_BATCH_STATE: _write_batch,
    Message.GET_STATE_BY_RANGE: _range,
    Message.QUERY_STATE_NEXT: _next,
    Message.QUERY_STATE_CLOSE: _close,
}
