"""A peer in small: speaks the chaincode stream as Fabric's does, over an in-memory state.

It keeps to the rules that a shim can break: one request of a transaction at a time (a second is dropped),
requests handled beside each other, the answer to a transaction ends its context.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from fabric_protos.common import common_pb2
from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    chaincode_shim_pb2,
    proposal_pb2,
    proposal_response_pb2,
)

Message = chaincode_shim_pb2.ChaincodeMessage
Record = chaincode_shim_pb2.WriteRecord
CHANNEL = "medicines"
BATCH = 100


class Refused(Exception):
    """Becomes an ERROR answer."""


@dataclass
class Change:
    """One entry of a key's history."""

    tx_id: str
    seconds: int
    value: bytes


@dataclass
class Outcome:
    """How a transaction ended."""

    status: int
    payload: bytes
    message: str
    event: chaincode_event_pb2.ChaincodeEvent | None


@dataclass
class Context:
    """A transaction that runs."""

    done: asyncio.Future[Any]
    proposal: proposal_pb2.SignedProposal
    active: bool = False
    writes: list[chaincode_shim_pb2.WriteRecord] = field(default_factory=list)
    queries: dict[str, list[bytes]] = field(default_factory=dict)


@dataclass
class Ledger:
    """State that several peers may share; keys are (collection, key)."""

    state: dict[tuple[str, str], bytes] = field(default_factory=dict)
    metadata: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    history: dict[str, list[Change]] = field(default_factory=dict)


def signed_proposal(
    transient: dict[str, bytes] | None = None,
    msp_id: str = "ManufacturerMSP",
    certificate: bytes = b"",
    seconds: int = 1_700_000_000,
    nanos: int = 123_456_789,
) -> proposal_pb2.SignedProposal:
    """A proposal as a client would have signed it (the signature itself is the peer's business)."""
    creator = identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=certificate)
    channel_header = common_pb2.ChannelHeader(type=common_pb2.ENDORSER_TRANSACTION, channel_id=CHANNEL)
    channel_header.timestamp.seconds = seconds
    channel_header.timestamp.nanos = nanos
    header = common_pb2.Header(
        channel_header=channel_header.SerializeToString(),
        signature_header=common_pb2.SignatureHeader(
            creator=creator.SerializeToString(), nonce=b"nonce"
        ).SerializeToString(),
    )
    payload = proposal_pb2.ChaincodeProposalPayload(TransientMap=transient or {})
    proposal = proposal_pb2.Proposal(header=header.SerializeToString(), payload=payload.SerializeToString())
    return proposal_pb2.SignedProposal(proposal_bytes=proposal.SerializeToString())


class FakePeer:
    """Connects to one chaincode server; `async with FakePeer(address) as peer`.

    Attributes:
        write_batch, get_multiple: sizes offered in READY; 0 offers nothing.
        counts: messages received, by type name.
        sizes: records of each write batch, keys of each multiple read.
        refuse: answers ERROR with this text to a message type.
        held: message types that get no answer until `release`.
        chaincodes: what INVOKE_CHAINCODE reaches, by name.
    """

    def __init__(
        self,
        address: str,
        *,
        write_batch: int = 1000,
        get_multiple: int = 1000,
        ledger: Ledger | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        options: list[tuple[str, Any]] | None = None,
    ) -> None:
        self.write_batch = write_batch
        self.get_multiple = get_multiple
        self.ledger = ledger or Ledger()
        self.counts: Counter[str] = Counter()
        self.sizes: list[int] = []
        self.refuse: dict[int, str] = {}
        self.held: set[int] = set()
        self.dropped = 0
        self.chaincodes: dict[str, FakePeer | Callable[[list[bytes]], proposal_response_pb2.Response]] = {}
        self.registered = ""
        self._address = address
        self._credentials = credentials
        self._options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._options += options or []
        self._contexts: dict[tuple[str, str], Context] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()
        self._ready = asyncio.Event()
        self._release = asyncio.Event()
        self._counter = 0
        self.keepalive = asyncio.Event()
        self.ended: asyncio.Future[grpc.StatusCode] | None = None

    async def __aenter__(self) -> FakePeer:
        if self._credentials is None:
            self._channel = grpc.aio.insecure_channel(self._address, options=self._options)
        else:
            self._channel = grpc.aio.secure_channel(self._address, self._credentials, options=self._options)
        self._call = self._channel.stream_stream("/protos.Chaincode/Connect")()
        self.ended = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(10):
                ready = asyncio.create_task(self._ready.wait())
                await asyncio.wait([ready, self._reader], return_when=asyncio.FIRST_COMPLETED)
                ready.cancel()
            if not self._ready.is_set():
                raise ConnectionError("no registration")
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop the stream as a dying peer does; again makes no difference."""
        self._call.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait([self._reader, *self._tasks])
        await self._channel.close()

    async def invoke(
        self,
        *args: bytes | str,
        tx_id: str | None = None,
        channel: str = CHANNEL,
        proposal: proposal_pb2.SignedProposal | None = None,
        kind: int = Message.TRANSACTION,
        is_init: bool = False,
        commit: bool = True,
    ) -> Outcome:
        """Run one transaction, and write what it wrote where its status allows it."""
        self._counter += 1
        tx_id = tx_id or hashlib.sha256(f"{id(self)} {self._counter}".encode()).hexdigest()
        proposal = proposal or signed_proposal()
        context = Context(asyncio.get_running_loop().create_future(), proposal)
        self._contexts[channel, tx_id] = context
        chaincode_input = chaincode_pb2.ChaincodeInput(
            args=[arg.encode() if isinstance(arg, str) else arg for arg in args], is_init=is_init
        )
        message = Message(
            type=kind,
            payload=chaincode_input.SerializeToString(),
            txid=tx_id,
            channel_id=channel,
            proposal=proposal,
        )
        await self.send(message)
        try:
            completed = await context.done
        finally:
            del self._contexts[channel, tx_id]
        assert completed.type == Message.COMPLETED
        response = proposal_response_pb2.Response.FromString(completed.payload)
        event = completed.chaincode_event if completed.HasField("chaincode_event") else None
        if commit and response.status < 400:
            self._commit(tx_id, context)
        return Outcome(response.status, response.payload, response.message, event)

    def forget(self, tx_id: str, channel: str = CHANNEL) -> None:
        """Give a transaction up, as a peer does after its timeout."""
        context = self._contexts[channel, tx_id]
        context.done.set_exception(TimeoutError())

    async def send(self, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        """Send any message."""
        async with self._sending:
            await self._call.write(message.SerializeToString())

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        async with self._sending:
            await self._call.write(data)

    def release(self) -> None:
        """Answer what was held."""
        self.held.clear()
        self._release.set()

    async def _read(self) -> None:
        try:
            while (data := await self._call.read()) is not grpc.aio.EOF:
                message = Message.FromString(data)
                self.counts[Message.Type.Name(message.type)] += 1
                await self._dispatch(message)
        except (grpc.aio.AioRpcError, asyncio.CancelledError):
            pass
        finally:
            for context in self._contexts.values():
                if not context.done.done():
                    context.done.set_exception(ConnectionError("stream ended"))
            assert self.ended is not None
            if not self.ended.done():
                self.ended.set_result(await self._call.code())

    async def _dispatch(self, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        if message.type == Message.REGISTER:
            self.registered = chaincode_pb2.ChaincodeID.FromString(message.payload).name
            await self.send(Message(type=Message.REGISTERED))
            offers = chaincode_pb2.ChaincodeAdditionalParams(
                use_write_batch=self.write_batch > 0,
                max_size_write_batch=self.write_batch,
                use_get_multiple_keys=self.get_multiple > 0,
                max_size_get_multiple_keys=self.get_multiple,
            )
            await self.send(Message(type=Message.READY, payload=offers.SerializeToString()))
            self._ready.set()
        elif message.type == Message.KEEPALIVE:
            self.keepalive.set()
        elif message.type in (Message.COMPLETED, Message.ERROR):
            context = self._contexts.get((message.channel_id, message.txid))
            if context is not None and not context.done.done():
                context.done.set_result(message)
        else:
            context = self._contexts.get((message.channel_id, message.txid))
            if context is not None and context.active:
                self.dropped += 1
                return
            if context is not None:
                context.active = True
            task = asyncio.create_task(self._answer(message, context))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, message: chaincode_shim_pb2.ChaincodeMessage, context: Context | None) -> None:
        if message.type in self.held:
            await self._release.wait()
        answer = Message(type=Message.RESPONSE, txid=message.txid, channel_id=message.channel_id)
        try:
            if message.type in self.refuse:
                raise Refused(self.refuse[message.type])
            if context is None:
                raise Refused("no ledger context")
            if message.type == Message.INVOKE_CHAINCODE:
                answer.payload = await self._call_chaincode(message, context)
            else:
                answer.payload = self._handle(message, context)
        except Refused as error:
            answer.type = Message.ERROR
            answer.payload = str(error).encode()
        if context is not None:
            context.active = False
        await self.send(answer)

    async def _call_chaincode(self, message: chaincode_shim_pb2.ChaincodeMessage, context: Context) -> bytes:
        spec = chaincode_pb2.ChaincodeSpec.FromString(message.payload)
        target = self.chaincodes.get(spec.chaincode_id.name)
        if target is None:
            raise Refused("chaincode not found")
        if isinstance(target, FakePeer):
            outcome = await target.invoke(
                *spec.input.args, tx_id=message.txid, channel=message.channel_id, proposal=context.proposal
            )
            response = proposal_response_pb2.Response(
                status=outcome.status, payload=outcome.payload, message=outcome.message
            )
        else:
            response = target(list(spec.input.args))
        return Message(type=Message.COMPLETED, payload=response.SerializeToString()).SerializeToString()

    def _handle(self, message: chaincode_shim_pb2.ChaincodeMessage, context: Context) -> bytes:
        kind, payload = message.type, message.payload
        if kind == Message.GET_STATE:
            read = chaincode_shim_pb2.GetState.FromString(payload)
            return self.ledger.state.get((read.collection, read.key), b"")
        if kind == Message.GET_PRIVATE_DATA_HASH:
            read = chaincode_shim_pb2.GetState.FromString(payload)
            value = self.ledger.state.get((read.collection, read.key))
            return b"" if value is None else hashlib.sha256(value).digest()
        if kind == Message.GET_STATE_MULTIPLE:
            many = chaincode_shim_pb2.GetStateMultiple.FromString(payload)
            self.sizes.append(len(many.keys))
            if len(many.keys) > self.get_multiple:
                raise Refused("more keys than offered")
            values = [self.ledger.state.get((many.collection, key), b"") for key in many.keys]
            return chaincode_shim_pb2.GetStateMultipleResult(values=values).SerializeToString()
        if kind == Message.GET_STATE_METADATA:
            wanted = chaincode_shim_pb2.GetStateMetadata.FromString(payload)
            entries = self.ledger.metadata.get((wanted.collection, wanted.key), {})
            result = chaincode_shim_pb2.StateMetadataResult()
            for name, value in entries.items():
                result.entries.add(metakey=name, value=value)
            return result.SerializeToString()
        if kind == Message.GET_STATE_BY_RANGE:
            return self._range(chaincode_shim_pb2.GetStateByRange.FromString(payload), context)
        if kind == Message.GET_HISTORY_FOR_KEY:
            key = chaincode_shim_pb2.GetHistoryForKey.FromString(payload).key
            return self._open(context, [_modification(c) for c in reversed(self.ledger.history.get(key, []))])
        if kind == Message.QUERY_STATE_NEXT:
            query = chaincode_shim_pb2.QueryStateNext.FromString(payload)
            if query.id not in context.queries:
                raise Refused("query iterator not found")
            return self._batch(context, query.id)
        if kind == Message.QUERY_STATE_CLOSE:
            query = chaincode_shim_pb2.QueryStateClose.FromString(payload)
            context.queries.pop(query.id, None)
            return chaincode_shim_pb2.QueryResponse(id=query.id).SerializeToString()
        context.writes.extend(self._records(kind, payload))
        return b""

    def _records(self, kind: int, payload: bytes) -> list[chaincode_shim_pb2.WriteRecord]:
        if kind == Message.WRITE_BATCH_STATE:
            records = list(chaincode_shim_pb2.WriteBatchState.FromString(payload).rec)
            self.sizes.append(len(records))
            if len(records) > self.write_batch:
                raise Refused("more records than offered")
            return records
        if kind == Message.PUT_STATE:
            put = chaincode_shim_pb2.PutState.FromString(payload)
            return [Record(type=kind, key=put.key, value=put.value, collection=put.collection)]
        if kind == Message.PUT_STATE_METADATA:
            entry = chaincode_shim_pb2.PutStateMetadata.FromString(payload)
            return [Record(type=kind, key=entry.key, collection=entry.collection, metadata=entry.metadata)]
        gone = chaincode_shim_pb2.DelState.FromString(payload)
        return [Record(type=kind, key=gone.key, collection=gone.collection)]

    def _range(self, asked: chaincode_shim_pb2.GetStateByRange, context: Context) -> bytes:
        limits = chaincode_shim_pb2.QueryMetadata.FromString(asked.metadata)
        start = limits.bookmark or asked.startKey
        keys = sorted(
            key
            for collection, key in self.ledger.state
            if collection == asked.collection and start <= key and (not asked.endKey or key < asked.endKey)
        )
        if not limits.pageSize:
            return self._open(context, [self._kv(asked.collection, key) for key in keys])
        page, rest = keys[: limits.pageSize], keys[limits.pageSize :]
        response = chaincode_shim_pb2.QueryResponse(id="page")
        for key in page:
            response.results.add(resultBytes=self._kv(asked.collection, key))
        response.metadata = chaincode_shim_pb2.QueryResponseMetadata(
            fetched_records_count=len(page), bookmark=rest[0] if rest else ""
        ).SerializeToString()
        return response.SerializeToString()

    def _kv(self, collection: str, key: str) -> bytes:
        value = self.ledger.state[collection, key]
        return kv_query_result_pb2.KV(namespace="chaincode", key=key, value=value).SerializeToString()

    def _open(self, context: Context, results: list[bytes]) -> bytes:
        identity = f"query {len(context.queries)}"
        context.queries[identity] = results
        return self._batch(context, identity)

    def _batch(self, context: Context, identity: str) -> bytes:
        results = context.queries[identity]
        context.queries[identity] = results[BATCH:]
        response = chaincode_shim_pb2.QueryResponse(id=identity, has_more=len(results) > BATCH)
        for result in results[:BATCH]:
            response.results.add(resultBytes=result)
        if not response.has_more:
            del context.queries[identity]
        return response.SerializeToString()

    def _commit(self, tx_id: str, context: Context) -> None:
        for record in context.writes:
            place = (record.collection, record.key)
            if record.type == Record.PUT_STATE_METADATA:
                entry = {record.metadata.metakey: record.metadata.value}
                self.ledger.metadata.setdefault(place, {}).update(entry)
                continue
            if record.type == Record.PUT_STATE:
                self.ledger.state[place] = record.value
            else:
                self.ledger.state.pop(place, None)
            if not record.collection:
                change = Change(tx_id, 1_700_000_000, record.value)
                self.ledger.history.setdefault(record.key, []).append(change)


def _modification(change: Change) -> bytes:
    result = kv_query_result_pb2.KeyModification(
        tx_id=change.tx_id, value=change.value, is_delete=not change.value
    )
    result.timestamp.seconds = change.seconds
    result.timestamp.nanos = 5_000_000
    return result.SerializeToString()
