"""Deadlines, several peers, mutual TLS."""

from __future__ import annotations

import asyncio
import hashlib
import socket

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.common import common_pb2

from gateway.fabric import (
    CommitStatusError,
    Deadlines,
    EndorseError,
    EvaluateError,
    Gateway,
    GatewayCallError,
    Identity,
    Peer,
    Profile,
    SubmitError,
    TlsClient,
    connect,
    signer_from_pem,
)
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
    deadlines = Deadlines(evaluate=0.1, endorse=0.1, submit=0.1, commit_status=0.1)
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


async def test_a_closed_client_says_so(fake: FakeGateway, identity: Identity, pair: Pair) -> None:
    async with Gateway([fake.peer], identity, signer_from_pem(pair.key_pem)) as gateway:
        network = gateway.network(CHANNEL)
    with pytest.raises(GatewayCallError, match="the client is closed"):
        await network.height()


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
