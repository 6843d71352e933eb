"""Signing elsewhere: the client that talks to the ledger has no key."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.fabric import EvaluateError, Network, Position, Profile, signer_from_pem
from gateway.fabric.identity import low_s
from gateway.fabric.signable import Signable

PROBE = "probe"

Elsewhere = Callable[[Signable], bytes]


@pytest.fixture(params=["digest", "message"])
def elsewhere(request: pytest.FixtureRequest, profile: Profile) -> Elsewhere:
    """Whoever has the key: signs a digest, or hashes the message for itself."""
    if request.param == "digest":
        sign = signer_from_pem(profile.key)
        return lambda unsigned: sign(unsigned.digest)
    private = load_pem_private_key(profile.key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)

    def sign_message(unsigned: Signable) -> bytes:
        r, s = decode_dss_signature(private.sign(unsigned.message, ec.ECDSA(hashes.SHA256())))
        return low_s(r, s, private.curve.name)

    return sign_message


async def test_every_step_is_signed_elsewhere(unsigned: Network, key: str, elsewhere: Elsewhere) -> None:
    contract = unsigned.contract(PROBE)
    proposal = unsigned.proposal_from(contract.proposal("put", key, "value").bytes)
    transaction = await proposal.signed(elsewhere(proposal)).endorse()
    transaction = unsigned.transaction_from(transaction.bytes)
    submitted = await transaction.signed(elsewhere(transaction)).submit()
    assert submitted.result == b"null"
    commit = unsigned.commit_from(submitted.bytes)
    status = await commit.signed(elsewhere(commit)).status()
    assert status.successful
    reading = unsigned.proposal_from(contract.proposal("get", key).bytes)
    assert await reading.signed(elsewhere(reading)).evaluate() == b'"value"'


async def test_every_stream_is_signed_elsewhere(
    network: Network, unsigned: Network, key: str, elsewhere: Elsewhere
) -> None:
    start = await network.height()
    submitted = await network.contract(PROBE).submit_async("event", key, "{}")
    number = (await submitted.status()).block_number
    assert number >= start

    events = unsigned.chaincode_events_request(PROBE, Position(number))
    events = unsigned.chaincode_events_request_from(events.bytes)
    async with events.signed(elsewhere(events)).events(30) as stream:
        assert (await anext(stream)).transaction_id == submitted.transaction_id
    blocks = unsigned.block_events_request(Position(number))
    blocks = unsigned.block_events_request_from(blocks.bytes)
    async with blocks.signed(elsewhere(blocks)).events(30) as stream:
        assert (await anext(stream)).header.number == number
    filtered = unsigned.filtered_block_events_request(Position(number))
    filtered = unsigned.filtered_block_events_request_from(filtered.bytes)
    async with filtered.signed(elsewhere(filtered)).events(30) as stream:
        assert (await anext(stream)).number == number
    private = unsigned.block_and_private_data_events_request(Position(number))
    private = unsigned.block_and_private_data_events_request_from(private.bytes)
    async with private.signed(elsewhere(private)).events(30) as stream:
        assert (await anext(stream)).block.header.number == number


async def test_another_ones_signature_is_refused(unsigned: Network, key: str) -> None:
    proposal = unsigned.contract(PROBE).proposal("get", key)
    with pytest.raises(EvaluateError) as raised:
        await proposal.signed(b"no signature").evaluate()
    assert raised.value.code == grpc.StatusCode.FAILED_PRECONDITION
    assert "access denied" in raised.value.message
