"""A peer's stream to a chaincode server, which here is gRPC's own server with a script."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    chaincode_shim_pb2,
    chaincode_shim_pb2_grpc,
    proposal_pb2,
    proposal_response_pb2,
)

from network.devnet import connection as connections
from network.devnet.connection import ChaincodeConnection
from network.devnet.errors import DevnetError
from network.devnet.execution import Execution, NotRunning, Outcome
from network.devnet.nodes import load_peers
from network.devnet.simulation import Simulation
from network.identities import Identities
from network.topology import Chaincode, Topology
from tests.unit.network.devnet.consortium import success
from tests.unit.network.devnet.ledgers import MANUFACTURER, LedgerBench

Message = chaincode_shim_pb2.ChaincodeMessage
PACKAGE = "custody_1:abc"
Behave = Callable[["Server", Any], Awaitable[list[Any]]]


class Server(chaincode_shim_pb2_grpc.ChaincodeServicer):
    """Registers, then answers each message with what ``behave`` makes of it."""

    def __init__(self, package_id: str = PACKAGE) -> None:
        self.first: Any = Message(
            type=Message.REGISTER,
            payload=chaincode_pb2.ChaincodeID(name=package_id).SerializeToString(),
        )
        self.behave: Behave = completes
        self.received: list[Any] = []

    async def Connect(self, requests: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        yield self.first
        async for message in requests:
            self.received.append(message)
            if message.type not in (Message.REGISTERED, Message.READY):
                for answer in await self.behave(self, message):
                    answer.txid, answer.channel_id = message.txid, message.channel_id
                    yield answer


async def completes(server: Server, message: Any) -> list[Any]:
    """Every transaction answers its own arguments."""
    arguments = chaincode_pb2.ChaincodeInput.FromString(message.payload).args
    response = proposal_response_pb2.Response(status=200, payload=b" ".join(arguments))
    return [Message(type=Message.COMPLETED, payload=response.SerializeToString())]


@pytest.fixture
def execution(ledger: LedgerBench) -> Iterator[Callable[..., Execution]]:
    with ledger.store.snapshot() as snapshot:

        def make(transaction_id: str = "tx", call: Any = None) -> Execution:
            simulation = Simulation(snapshot, ledger.definitions, MANUFACTURER, (MANUFACTURER, "client"))
            return Execution(
                transaction_id,
                "medicines",
                proposal_pb2.SignedProposal(),
                simulation,
                call,
                lambda namespace, key: iter(()),
            )

        yield make


@contextlib.asynccontextmanager
async def connected(
    topology: Topology, identities: Identities, server: Server, until_ready: bool = True
) -> AsyncIterator[ChaincodeConnection]:
    """The member's own server, at its Unix socket."""
    connection = load_peers(topology, identities)[0].chaincodes["custody"]
    connection.package_id = PACKAGE
    serving = grpc.aio.server()
    chaincode_shim_pb2_grpc.add_ChaincodeServicer_to_server(server, serving)
    path = Path(connection.address.removeprefix("unix:"))
    path.parent.mkdir(parents=True, exist_ok=True)
    assert serving.add_insecure_port(connection.address)
    await serving.start()
    try:
        async with kept(connection, until_ready):
            yield connection
    finally:
        await serving.stop(0)


@contextlib.asynccontextmanager
async def connected_with_tls(
    topology: Topology, identities: Identities, server: Server
) -> AsyncIterator[ChaincodeConnection]:
    """A server for all members, at an address that the topology has of it."""
    tls = identities.shared_chaincode_tls()
    credentials = grpc.ssl_server_credentials(
        [(tls.key.read_bytes(), tls.certificate.read_bytes())],
        b"".join(root.read_bytes() for root in identities.tls_roots()),
        True,
    )
    serving = grpc.aio.server()
    chaincode_shim_pb2_grpc.add_ChaincodeServicer_to_server(server, serving)
    port = serving.add_secure_port("127.0.0.1:0", credentials)
    await serving.start()
    theirs = Chaincode(name="custody", version="1", server=f"127.0.0.1:{port}", server_tls=True)
    channel = dataclasses.replace(topology.channels[0], chaincodes=(theirs,))
    shared = dataclasses.replace(topology, channels=(channel,), chaincodes=(theirs,))
    connection = load_peers(shared, identities)[0].chaincodes["custody"]
    connection.package_id = PACKAGE
    try:
        async with kept(connection):
            yield connection
    finally:
        await serving.stop(0)


@contextlib.asynccontextmanager
async def kept(connection: ChaincodeConnection, until_ready: bool = True) -> AsyncIterator[None]:
    keeping = asyncio.create_task(connection.keep())
    try:
        if until_ready:
            await asyncio.wait_for(connection.up.wait(), 10)
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_transaction(topology: Topology, identities: Identities, execution: Any) -> None:
    server = Server()
    async with connected(topology, identities, server) as connection:
        outcome = await connection.run([b"Commission", b"{}"], False, execution())
    assert outcome.response.payload == b"Commission {}"
    registered, ready, transaction = server.received
    assert (registered.type, ready.type) == (Message.REGISTERED, Message.READY)
    offers = chaincode_pb2.ChaincodeAdditionalParams.FromString(ready.payload)
    assert (offers.use_write_batch, offers.use_get_multiple_keys) == (True, True)
    assert (offers.max_size_write_batch, offers.max_size_get_multiple_keys) == (1000, 1000)
    assert (transaction.type, transaction.txid, transaction.channel_id) == (
        Message.TRANSACTION,
        "tx",
        "medicines",
    )
    assert transaction.HasField("proposal")


async def test_a_server_for_all_members_with_tls(
    topology: Topology, identities: Identities, execution: Any
) -> None:
    async with connected_with_tls(topology, identities, Server()) as connection:
        assert (await connection.run([b"Read"], False, execution())).response.payload == b"Read"


async def test_many_at_once_and_large_ones(
    topology: Topology, identities: Identities, execution: Any
) -> None:
    server = Server()
    async with connected(topology, identities, server) as connection:
        sizes = [1, 20_000, 3_000_000] * 20
        outcomes = await asyncio.gather(
            *(connection.run([bytes([n]) * size], False, execution(f"tx{n}")) for n, size in enumerate(sizes))
        )
    assert [o.response.payload for o in outcomes] == [bytes([n]) * size for n, size in enumerate(sizes)]


async def test_questions_and_events(topology: Topology, identities: Identities, execution: Any) -> None:
    async def asks(server: Server, message: Any) -> list[Any]:
        if message.type == Message.TRANSACTION:
            get = chaincode_shim_pb2.GetState(key="a").SerializeToString()
            return [Message(type=Message.KEEPALIVE), Message(type=Message.GET_STATE, payload=get)]
        if message.type == Message.RESPONSE and message.payload:
            return [Message(type=Message.GET_STATE, payload=b"\xff")]
        if message.type == Message.ERROR and b"GET_STATE failed" in message.payload:
            return [Message(type=Message.UNDEFINED)]
        done = proposal_response_pb2.Response(status=200, payload=message.payload)
        event = chaincode_event_pb2.ChaincodeEvent(event_name="Told")
        return [Message(type=Message.COMPLETED, payload=done.SerializeToString(), chaincode_event=event)]

    server = Server()
    server.behave = asks
    async with connected(topology, identities, server) as connection:
        outcome = await connection.run([], False, execution())
    assert b"does not know messages of type 0" in outcome.response.payload
    assert outcome.event
    assert outcome.event.event_name == "Told"
    assert server.received[3].payload == b"0", "the value of the key a"


async def test_calls_of_other_chaincode(topology: Topology, identities: Identities, execution: Any) -> None:
    answers: list[Any] = []
    answered = asyncio.Event()
    names = ["registry", "registry/elsewhere", "nobody"]

    async def calls(server: Server, message: Any) -> list[Any]:
        if message.type == Message.TRANSACTION:
            return [
                Message(
                    type=Message.INVOKE_CHAINCODE,
                    payload=chaincode_pb2.ChaincodeSpec(
                        chaincode_id=chaincode_pb2.ChaincodeID(name=name)
                    ).SerializeToString(),
                )
                for name in names
            ]
        answers.append(message)
        if len(answers) == len(names):
            answered.set()
        return []

    async def call(name: str, channel: str, arguments: Any, within: Execution) -> Outcome:
        if channel == "elsewhere":
            raise DevnetError(f"channel {channel} does not exist here")
        if name == "broken":
            raise ValueError("a fault")
        if name == "nobody":
            raise DevnetError("execute failed: chaincode nobody not found")
        await asyncio.sleep(0.01)
        return success(b"resolved")

    server = Server()
    server.behave = calls
    async with connected(topology, identities, server) as connection:
        running = execution("first", call)
        task = asyncio.create_task(connection.run([], False, running))
        async with asyncio.timeout(10):
            await answered.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await running.end()
        names[:] = ["broken"]
        with pytest.raises(DevnetError, match="a call from chaincode custody failed: ValueError"):
            await connection.run([], False, execution(call=call))
    words = b" ".join(answer.payload for answer in answers)
    assert b"channel elsewhere does not exist here" in words
    assert (
        b"INVOKE_CHAINCODE failed: transaction ID: first: execute failed: chaincode nobody not found" in words
    )


async def test_errors_of_the_chaincode(topology: Topology, identities: Identities, execution: Any) -> None:
    async def fails(server: Server, message: Any) -> list[Any]:
        return [Message(type=Message.ERROR, payload=b"out of memory")]

    async def garbles(server: Server, message: Any) -> list[Any]:
        return [Message(type=Message.COMPLETED, payload=b"\xff")]

    server = Server()
    async with connected(topology, identities, server) as connection:
        for behave, words in ((fails, "out of memory"), (garbles, "cannot be decoded")):
            server.behave = behave
            with pytest.raises(DevnetError, match=words):
                await connection.run([], False, execution())
        server.behave = completes
        assert (await connection.run([b"still"], False, execution())).response.payload == b"still"


async def test_one_id_once_and_only_for_its_time(
    topology: Topology, identities: Identities, execution: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(server: Server, message: Any) -> list[Any]:
        return []

    monkeypatch.setattr(connections, "EXECUTE_SECONDS", 0.3)
    server = Server()
    server.behave = silent
    async with connected(topology, identities, server) as connection:
        slow = asyncio.create_task(connection.run([], False, execution()))
        await asyncio.sleep(0)
        with pytest.raises(DevnetError, match=r"error sending: txid: tx\(medicines\) exists"):
            await connection.run([], False, execution())
        with pytest.raises(DevnetError, match="timeout expired while executing transaction"):
            await slow
        monkeypatch.setattr(connections, "MAX_RUNNING", 0)
        with pytest.raises(NotRunning, match="too many"):
            await connection.run([], False, execution())


async def test_a_stream_that_is_lost_is_opened_again(
    topology: Topology, identities: Identities, execution: Any
) -> None:
    async def hangs_up(server: Server, message: Any) -> list[Any]:
        server.behave = completes
        raise RuntimeError("the chaincode is gone")

    server = Server()
    server.behave = hangs_up
    async with connected(topology, identities, server) as connection:
        with pytest.raises(NotRunning, match="chaincode stream terminated"):
            await connection.run([], False, execution())
        await asyncio.wait_for(connection.up.wait(), 10)
        assert (await connection.run([b"back"], False, execution())).response.payload == b"back"


@pytest.mark.parametrize(
    "first",
    [
        Message(
            type=Message.REGISTER,
            payload=chaincode_pb2.ChaincodeID(name="custody_1:other").SerializeToString(),
        ),
        Message(type=Message.READY),
        Message(type=Message.REGISTER, payload=b"\xff"),
    ],
)
async def test_another_server_is_not_spoken_to(
    topology: Topology, identities: Identities, execution: Any, first: Any
) -> None:
    server = Server()
    server.first = first
    async with connected(topology, identities, server, until_ready=False) as connection:
        await asyncio.sleep(0.3)
        with pytest.raises(NotRunning, match="could not launch chaincode"):
            await connection.run([], False, execution())
    assert server.received == []


async def test_nobody_listens(topology: Topology, identities: Identities, execution: Any) -> None:
    connection = load_peers(topology, identities)[0].chaincodes["custody"]
    keeping = asyncio.create_task(connection.keep())
    await asyncio.sleep(0.05)
    with pytest.raises(NotRunning):
        await connection.run([], False, execution())
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
