"""Requests that are signed elsewhere and carried as bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fabric import (
    FabricError,
    Gateway,
    Identity,
    Network,
    NotSigned,
    Position,
    hashes,
    signer_from_pem,
)
from gateway.fabric.signable import Signable
from tests.unit.chaincode.shim.certificates import Pair
from tests.unit.gateway.fabric.envelopes import CHANNEL, block
from tests.unit.gateway.fabric.fake_gateway import FakeGateway


@pytest.fixture
async def unsigned(fake: FakeGateway, identity: Identity) -> AsyncIterator[Network]:
    """A client without a signer."""
    async with Gateway([fake.peer], identity, None) as gateway:
        yield gateway.network(CHANNEL)


MAKE: dict[str, Callable[[Network], Signable]] = {
    "proposal": lambda network: network.contract("custody").proposal(
        "Commission", "{}", endorsing_organizations=["RegulatorMSP"]
    ),
    "commit": lambda network: network.commit("abc"),
    "chaincode events": lambda network: network.chaincode_events_request("custody", Position(1)),
    "blocks": lambda network: network.block_events_request(Position(1)),
    "filtered blocks": lambda network: network.filtered_block_events_request(Position(1)),
    "blocks and private data": lambda network: network.block_and_private_data_events_request(Position(1)),
}
REBUILD: dict[str, Callable[[Network, bytes], Signable]] = {
    "proposal": Network.proposal_from,
    "transaction": Network.transaction_from,
    "commit": Network.commit_from,
    "chaincode events": Network.chaincode_events_request_from,
    "blocks": Network.block_events_request_from,
    "filtered blocks": Network.filtered_block_events_request_from,
    "blocks and private data": Network.block_and_private_data_events_request_from,
}


async def send(request: Any) -> Any:
    """Send it, whatever it is; of a stream the first item."""
    if hasattr(request, "endorse"):
        return await request.endorse()
    if hasattr(request, "status"):
        return await request.status()
    async with request.events() as events:
        return await anext(events)


@pytest.fixture
def chain(fake: FakeGateway) -> FakeGateway:
    for number in range(3):
        fake.append(block(number))
    fake.events = [(1, "a", "First")]
    fake.committed["abc"] = (0, 1)
    return fake


@pytest.mark.parametrize("kind", list(MAKE))
async def test_it_is_carried_to_a_signer_and_back(
    chain: FakeGateway, unsigned: Network, pair: Pair, kind: str
) -> None:
    request = MAKE[kind](unsigned)
    assert request.signature == b""
    with pytest.raises(NotSigned):
        await send(request)
    carried = REBUILD[kind](unsigned, request.bytes)
    assert carried == request
    assert carried.digest == hashes.sha256(carried.message)
    signed = carried.signed(signer_from_pem(pair.key_pem)(carried.digest))
    assert carried.signature == b""
    returned = REBUILD[kind](unsigned, signed.bytes)
    assert returned == signed != request
    await send(returned)
    pair.key.public_key().verify(returned.signature, returned.message, ec.ECDSA(SHA256()))


async def test_each_step_is_signed_elsewhere(fake: FakeGateway, unsigned: Network, pair: Pair) -> None:
    sign = signer_from_pem(pair.key_pem)
    proposal = unsigned.contract("custody").proposal("Commission", b"{}")
    transaction = await proposal.signed(sign(proposal.digest)).endorse()
    assert transaction.transaction_id == proposal.transaction_id
    assert transaction.signature == b""
    with pytest.raises(NotSigned):
        await transaction.submit()
    carried = unsigned.transaction_from(transaction.bytes)
    assert carried == transaction
    commit = await carried.signed(sign(carried.digest)).submit()
    assert commit.result == b"a result"
    with pytest.raises(NotSigned):
        await commit.status()
    assert (await commit.signed(sign(commit.digest)).status()).successful
    envelope = common_pb2.Envelope.FromString(fake.envelopes[0])
    pair.key.public_key().verify(envelope.signature, envelope.payload, ec.ECDSA(SHA256()))


async def test_a_signer_that_hashes_for_itself_signs_the_message(unsigned: Network, pair: Pair) -> None:
    proposal = unsigned.contract("custody").proposal("Commission")
    signature = pair.key.sign(proposal.message, ec.ECDSA(SHA256()))
    assert (await proposal.signed(signature).endorse()).result == b"a result"
    pair.key.public_key().verify(signature, proposal.digest, ec.ECDSA(utils.Prehashed(SHA256())))


async def test_a_request_keeps_the_signature_that_it_was_given(
    fake: FakeGateway, network: Network, unsigned: Network
) -> None:
    """Also where the client that sends it has a signer."""
    proposal = unsigned.contract("custody").proposal("Commission").signed(b"made elsewhere")
    await network.proposal_from(proposal.bytes).evaluate()
    [(_, request)] = fake.requests
    assert request.proposed_transaction.signature == b"made elsewhere"


async def test_a_signer_may_be_awaited(fake: FakeGateway, identity: Identity, pair: Pair) -> None:
    sign = signer_from_pem(pair.key_pem)

    async def remote(digest: bytes) -> bytes:
        return sign(digest)

    async with Gateway([fake.peer], identity, remote) as gateway:
        transaction = await gateway.network(CHANNEL).contract("custody").proposal("Commission").endorse()
    pair.key.public_key().verify(transaction.signature, transaction.message, ec.ECDSA(SHA256()))


@pytest.mark.parametrize(
    "chosen", [hashes.none, hashes.sha256, hashes.sha384, hashes.sha3_256, hashes.sha3_384]
)
async def test_the_signer_is_given_what_the_chosen_hash_makes(
    fake: FakeGateway, identity: Identity, chosen: hashes.Hash
) -> None:
    given: list[bytes] = []

    def sign(digest: bytes) -> bytes:
        given.append(digest)
        return b"signature"

    async with Gateway([fake.peer], identity, sign, hash=chosen) as gateway:
        proposal = gateway.network(CHANNEL).contract("custody").proposal("GetUnit")
        await proposal.evaluate()
    assert given == [chosen(proposal.message)] == [proposal.digest]


async def test_requests_are_immutable_and_do_not_print_what_they_carry(network: Network) -> None:
    proposal = network.contract("custody").proposal("Commission", "a secret")
    with pytest.raises(dataclasses.FrozenInstanceError):
        proposal.signature = b"x"  # type: ignore[misc]
    assert "secret" not in repr(proposal)


@pytest.mark.parametrize("kind", list(REBUILD))
async def test_bytes_of_another_channel_or_of_nothing_are_refused(
    fake: FakeGateway, identity: Identity, network: Network, kind: str
) -> None:
    transaction = await network.contract("custody").proposal("Commission").endorse()
    request = MAKE[kind](network) if kind in MAKE else transaction
    async with Gateway([fake.peer], identity, None) as gateway:
        with pytest.raises(FabricError, match="channel"):
            REBUILD[kind](gateway.network("another"), request.bytes)
    for stored in (b"", b"\xff", b"\x0a\x00"):
        with pytest.raises(FabricError):
            REBUILD[kind](network, stored)


@pytest.mark.parametrize("kind", list(REBUILD))
@given(data=st.binary(max_size=60))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_bytes_break_it(network: Network, kind: str, data: bytes) -> None:
    try:
        REBUILD[kind](network, data)
    except FabricError:
        return
    raise AssertionError("random bytes are no request of this channel")


def test_the_bytes_are_those_of_the_official_clients(network: Network) -> None:
    proposal = MAKE["proposal"](network)
    read = gateway_pb2.ProposedTransaction.FromString(proposal.bytes)
    assert read.proposal.proposal_bytes == proposal.message
    assert list(read.endorsing_organizations) == ["RegulatorMSP"]
    commit = gateway_pb2.SignedCommitStatusRequest.FromString(MAKE["commit"](network).bytes)
    assert gateway_pb2.CommitStatusRequest.FromString(commit.request).transaction_id == "abc"
