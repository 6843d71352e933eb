"""Proposals: what is signed, and what reaches the peer."""

from __future__ import annotations

import hashlib

import grpc
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_pb2

from gateway.fabric import EvaluateError, Identity, Network
from tests.unit.chaincode.shim.certificates import Pair
from tests.unit.gateway.fabric.envelopes import CHANNEL
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway, called


async def test_evaluate_sends_a_signed_proposal(
    fake: FakeGateway, network: Network, pair: Pair, identity: Identity
) -> None:
    result = await network.contract("custody").evaluate(
        "GetUnit", b'{"gtin":"1"}', transient={"price": b"9"}, endorsing_organizations=["RegulatorMSP"]
    )
    assert result == b"a result"
    [(_, request)] = fake.requests
    assert list(request.target_organizations) == ["RegulatorMSP"]
    signed = request.proposed_transaction
    pair.key.public_key().verify(signed.signature, signed.proposal_bytes, ec.ECDSA(hashes.SHA256()))
    assert called(signed.proposal_bytes) == ("custody", [b"GetUnit", b'{"gtin":"1"}'])
    proposal = proposal_pb2.Proposal.FromString(signed.proposal_bytes)
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
    assert dict(payload.TransientMap) == {"price": b"9"}
    header = common_pb2.Header.FromString(proposal.header)
    channel_header = common_pb2.ChannelHeader.FromString(header.channel_header)
    signature_header = common_pb2.SignatureHeader.FromString(header.signature_header)
    assert (channel_header.type, channel_header.channel_id) == (common_pb2.ENDORSER_TRANSACTION, CHANNEL)
    assert channel_header.timestamp.seconds > 1_700_000_000
    assert signature_header.creator == identity.serialized
    expected = hashlib.sha256(signature_header.nonce + signature_header.creator).hexdigest()
    assert channel_header.tx_id == request.transaction_id == expected


async def test_text_is_utf_8_and_a_contract_has_a_name(fake: FakeGateway, network: Network) -> None:
    contract = network.contract("custody", "Returns")
    await contract.evaluate("GetUnit", "Zürich", b"\xff", transient={"price": "9 €"})
    [(_, request)] = fake.requests
    proposal = request.proposed_transaction.proposal_bytes
    assert called(proposal) == ("custody", [b"Returns:GetUnit", "Zürich".encode(), b"\xff"])
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(
        proposal_pb2.Proposal.FromString(proposal).payload
    )
    assert dict(payload.TransientMap) == {"price": "9 €".encode()}


async def test_no_two_proposals_have_one_id(network: Network) -> None:
    contract = network.contract("custody")
    assert len({contract.proposal("Commission").transaction_id for _ in range(50)}) == 50


async def test_evaluate_reports_the_peer(fake: FakeGateway, network: Network) -> None:
    fake.answer("Evaluate", Failure(grpc.StatusCode.UNKNOWN, "chaincode response 404, unknown"))
    with pytest.raises(EvaluateError, match="UNKNOWN: chaincode response 404"):
        await network.contract("custody").evaluate("GetUnit")
