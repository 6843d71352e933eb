"""Deadlines, several peers, mutual TLS."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from contextlib import AsyncExitStack, ExitStack

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.common import common_pb2

from gateway.fabric import (
    CommitStatusError,
    Concurrency,
    Deadlines,
    EndorseError,
    EvaluateError,
    Gateway,
    GatewayCallError,
    Identity,
    Network,
    Peer,
    Profile,
    SubmitError,
    TlsClient,
    connect,
    signer_from_pem,
)
from gateway.fabric.connections import Endpoint
from gateway.fabric.transport import Transport
from tests.unit.chaincode.shim.certificates import Pair, issue
from tests.unit.gateway.fabric.envelopes import CHANNEL, block
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway


@pytest.fixture
def nobody() -> Peer:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return Peer(f"127.0.0.1:{taken.getsockname()[1]}", insecure=True)


async def test_the_next_peer_is_asked_when_one_cannot_be_reached(
    fake: FakeGateway, nobody: Peer, identity: Identity, pair: Pair
) -> None:
    async with Gateway([nobody, fake.peer], identity, signer_from_pem(pair.key_pem)) as gateway:
        contract = gateway.network(CHANNEL).contract("custody")
        answers = await asyncio.gather(*(contract.evaluate("GetUnit") for _ in range(20)))
        assert answers == [b"a result"] * 20
        assert await contract.submit("Commission") == b"a result"


async def test_a_refusal_is_not_taken_to_the_next_peer(
    fake: FakeGateway, identity: Identity, pair: Pair
) -> None:
    async with (
        FakeGateway() as other,
        Gateway([fake.peer, other.peer], identity, signer_from_pem(pair.key_pem)) as gateway,
    ):
        fake.answer("Evaluate", Failure(grpc.StatusCode.UNKNOWN, "chaincode response 404, unknown"))
        with pytest.raises(EvaluateError):
            await gateway.network(CHANNEL).contract("custody").evaluate("GetUnit")
        assert other.requests == []


async def test_when_no_peer_can_be_reached_the_error_says_so(
    nobody: Peer, identity: Identity, pair: Pair
) -> None:
    async with Gateway([nobody, nobody], identity, signer_from_pem(pair.key_pem)) as gateway:
        with pytest.raises(EvaluateError) as raised:
            await gateway.network(CHANNEL).contract("custody").evaluate("GetUnit")
    assert raised.value.code == grpc.StatusCode.UNAVAILABLE


async def test_a_peer_is_left_once_however_many_calls_it_failed() -> None:
    transport = Transport([Peer(f"127.0.0.1:{port}") for port in (1, 2, 3)])
    first = transport.current
    transport.lost(first)
    transport.lost(first)
    assert transport.current.address == "127.0.0.1:2"
    transport.lost(transport.current)
    transport.lost(transport.current)
    assert transport.current is first
    await transport.close()


async def test_each_call_ends_at_its_deadline(fake: FakeGateway, identity: Identity, pair: Pair) -> None:
    for method in ("Evaluate", "Endorse", "Submit", "CommitStatus"):
        fake.answer(method, Failure(None))
    deadlines = Deadlines(evaluate=0.5, endorse=0.5, submit=0.5, commit_status=0.5)
    failures: list[GatewayCallError] = []
    async with Gateway([fake.peer], identity, signer_from_pem(pair.key_pem), deadlines) as gateway:
        contract = gateway.network(CHANNEL).contract("custody")
        for call in (contract.evaluate, contract.submit, contract.submit, contract.submit):
            with pytest.raises(GatewayCallError) as raised:
                await call("Commission")
            failures.append(raised.value)
    assert [type(failure) for failure in failures] == [
        EvaluateError,
        EndorseError,
        SubmitError,
        CommitStatusError,
    ]
    assert {failure.code for failure in failures} == {grpc.StatusCode.DEADLINE_EXCEEDED}


async def test_a_call_that_the_peer_cancels_at_its_deadline_has_ended_at_its_deadline(
    fake: FakeGateway, network: Network
) -> None:
    cancelled = Failure(grpc.StatusCode.CANCELLED, "stream removed")
    fake.answer("Evaluate", cancelled, cancelled)
    codes = []
    for seconds in (0.04, 10.0):
        with pytest.raises(EvaluateError) as raised:
            await network.contract("custody").evaluate("GetUnit", seconds=seconds)
        codes.append(raised.value.code)
    assert codes == [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED]


async def test_each_call_takes_a_deadline_of_its_own(fake: FakeGateway, network: Network) -> None:
    for method in (
        "Evaluate",
        "Evaluate",
        "Endorse",
        "Endorse",
        "Submit",
        "Submit",
        "CommitStatus",
        "CommitStatus",
    ):
        fake.answer(method, Failure(None))
    contract = network.contract("custody")
    transaction = await contract.proposal("Commission").sign()
    async with asyncio.timeout(20):
        for error, call in (
            (EvaluateError, lambda: contract.evaluate("GetUnit", seconds=0.05)),
            (EvaluateError, lambda: transaction.evaluate(0.05)),
            (EndorseError, lambda: transaction.endorse(0.05)),
            (EndorseError, lambda: contract.submit("Commission", seconds=0.05)),
            (SubmitError, lambda: contract.submit_async("Commission", seconds=10.0)),
            (SubmitError, lambda: contract.submit("Commission", seconds=1.0)),
            (CommitStatusError, lambda: contract.submit("Commission", seconds=1.0)),
            (CommitStatusError, lambda: network.commit("abc").status(0.05)),
        ):
            with pytest.raises(error) as raised:
                await call()
            assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_more_calls_than_allowed_wait_in_the_client(
    fake: FakeGateway, identity: Identity, pair: Pair
) -> None:
    fake.answer("Evaluate", Failure(None), Failure(None))
    concurrency = Concurrency(calls=2, waits=1)
    signer = signer_from_pem(pair.key_pem)
    async with Gateway([fake.peer], identity, signer, concurrency=concurrency) as gateway:
        contract = gateway.network(CHANNEL).contract("custody")
        held = [asyncio.create_task(contract.evaluate("GetUnit", seconds=1.0)) for _ in range(2)]
        await fake.until_called("Evaluate", 2)
        with pytest.raises(EvaluateError, match="turn") as raised:
            await contract.evaluate("GetUnit", seconds=0.1)
        assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
        assert fake.count("Evaluate") == 2
        waiting = [asyncio.create_task(contract.evaluate("GetUnit")) for _ in range(10)]
        assert await asyncio.gather(*waiting) == [b"a result"] * 10
        for outcome in await asyncio.gather(*held, return_exceptions=True):
            assert isinstance(outcome, EvaluateError)


async def test_statuses_that_wait_do_not_keep_calls_waiting(
    fake: FakeGateway, identity: Identity, pair: Pair
) -> None:
    signer = signer_from_pem(pair.key_pem)
    concurrency = Concurrency(calls=1, waits=1)
    async with Gateway([fake.peer], identity, signer, concurrency=concurrency) as gateway:
        network = gateway.network(CHANNEL)
        waiting = asyncio.create_task(network.commit("never").status(20.0))
        await fake.until_called("CommitStatus")
        assert (await network.contract("custody").submit_async("Commission", seconds=10.0)).result
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize("method", ["Evaluate", "Endorse", "Submit", "CommitStatus"])
async def test_a_busy_peer_is_asked_again_by_every_call(
    fake: FakeGateway, network: Network, method: str
) -> None:
    busy = Failure(grpc.StatusCode.UNKNOWN, "too many requests for /x, exceeding concurrency limit (500)")
    fake.answer(method, busy, busy)
    contract = network.contract("custody")
    assert await contract.evaluate("GetUnit") == await contract.submit("Commission") == b"a result"
    assert fake.count(method) == 3


async def test_streams_and_statuses_without_end_stop_no_call_where_a_connection_has_few_streams(
    identity: Identity, pair: Pair
) -> None:
    """As behind a proxy that allows a hundred on one connection."""
    async with (
        FakeGateway(streams_per_connection=100) as fake,
        Gateway([fake.peer], identity, signer_from_pem(pair.key_pem)) as gateway,
    ):
        fake.append(block(0))
        network = gateway.network(CHANNEL)
        async with AsyncExitStack() as stack:
            for _ in range(150):
                await anext(await stack.enter_async_context(network.block_events(0)))
            waiting = [asyncio.create_task(network.commit(str(number)).status(20)) for number in range(100)]
            await fake.until_called("CommitStatus", 100)
            calls = (network.contract("custody").submit_async("Commission", seconds=20) for _ in range(150))
            assert len(await asyncio.gather(*calls)) == 150
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_streams_do_not_share_the_connection_of_calls() -> None:
    peer = Peer("127.0.0.1:1", insecure=True)
    endpoint = Endpoint(peer, None, Concurrency())
    with ExitStack() as stack:
        used = [stack.enter_context(endpoint.stream()) for _ in range(250)]
        assert not {endpoint.for_calls, endpoint.for_waits} & set(used)
        assert sorted(used.count(one) for one in set(used)) == [50, 100, 100]
    with endpoint.stream() as again:
        assert again in used
    await endpoint.close()


async def test_a_connection_without_tls_is_asked_for(
    fake: FakeGateway, identity: Identity, pair: Pair
) -> None:
    """Without a word about TLS it is TLS, which a peer that has none does not understand."""
    peer = Peer(fake.peer.address)
    async with Gateway([peer], identity, signer_from_pem(pair.key_pem)) as gateway:
        with pytest.raises(EvaluateError) as raised:
            await gateway.network(CHANNEL).height(5.0)
    assert raised.value.code == grpc.StatusCode.UNAVAILABLE
    assert fake.requests == []


async def test_a_closed_client_says_so(fake: FakeGateway, identity: Identity, pair: Pair) -> None:
    async with Gateway([fake.peer], identity, signer_from_pem(pair.key_pem)) as gateway:
        network = gateway.network(CHANNEL)
    with pytest.raises(GatewayCallError, match="the client is closed"):
        await network.height()


async def test_a_call_that_is_under_way_ends_with_the_client(
    fake: FakeGateway, identity: Identity, pair: Pair
) -> None:
    fake.answer("Evaluate", Failure(None))
    async with Gateway([fake.peer], identity, signer_from_pem(pair.key_pem)) as gateway:
        contract = gateway.network(CHANNEL).contract("custody")
        calling = asyncio.create_task(contract.evaluate("GetUnit"))
        await fake.until_called("Evaluate")
    with pytest.raises(EvaluateError, match="closed"):
        await calling


async def test_a_caller_that_is_cancelled_is_cancelled(fake: FakeGateway, network: Network) -> None:
    fake.answer("Evaluate", Failure(None))
    calling = asyncio.create_task(network.contract("custody").evaluate("GetUnit"))
    await fake.until_called("Evaluate")
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


def test_a_client_without_peers_is_refused(identity: Identity) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Gateway([], identity, None)


async def test_mutual_tls_binds_the_block_request_to_the_connection(identity: Identity, pair: Pair) -> None:
    authority = issue("authority")
    server, client = issue("peer0", authority), issue("client", authority)
    credentials = grpc.ssl_server_credentials(
        [(server.key_pem, server.pem)], authority.pem, require_client_auth=True
    )
    async with FakeGateway(credentials) as fake:
        peer = Peer(fake.peer.address, authority.pem)
        tls = TlsClient(client.pem, client.key_pem)
        profile = Profile(CHANNEL, "ManufacturerMSP", (peer,), pair.pem, pair.key_pem, tls)
        fake.append(block(0))
        async with connect(profile) as gateway:
            network = gateway.network(CHANNEL)
            assert await network.contract("custody").evaluate("GetUnit") == b"a result"
            stream = network.block_events(0)
            assert (await anext(stream)).header.number == 0
            await stream.aclose()
        envelope = next(request for name, request in fake.requests if name == "Deliver")
        payload = common_pb2.Payload.FromString(envelope.payload)
        header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
        der = client.certificate.public_bytes(Encoding.DER)
        assert header.tls_cert_hash == hashlib.sha256(der).digest()

        without = Profile(CHANNEL, "ManufacturerMSP", (peer,), pair.pem, pair.key_pem)
        async with connect(without, Deadlines(evaluate=5.0)) as gateway:
            with pytest.raises(EvaluateError) as raised:
                await gateway.network(CHANNEL).height()
        assert raised.value.code == grpc.StatusCode.UNAVAILABLE


async def test_the_name_in_a_peers_certificate_may_be_given(identity: Identity, pair: Pair) -> None:
    authority = issue("authority")
    server = issue("peer0", authority)
    credentials = grpc.ssl_server_credentials([(server.key_pem, server.pem)])
    async with FakeGateway(credentials) as fake:
        stranger = Peer(fake.peer.address, authority.pem, "elsewhere.example")
        async with Gateway([stranger], identity, signer_from_pem(pair.key_pem)) as gateway:
            with pytest.raises(EvaluateError) as raised:
                await gateway.network(CHANNEL).height()
        assert raised.value.code == grpc.StatusCode.UNAVAILABLE
