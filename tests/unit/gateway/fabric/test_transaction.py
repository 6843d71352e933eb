"""Proposal, transaction, commit: what is sent, how it is signed, and to which peer."""

from __future__ import annotations

import hashlib
import socket

import grpc
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, transaction_pb2

from gateway.fabric import (
    CommitError,
    CommitStatusError,
    Deadlines,
    EvaluateError,
    FabricError,
    Network,
    SubmitError,
)
from gateway.fabric.transaction import code_name
from tests.unit.gateway.fabric.conftest import IDENTITY, KEY, client
from tests.unit.gateway.fabric.fake_gateway import FakeGateway, Fault

Code = grpc.StatusCode


def verify(signature: bytes, message: bytes) -> None:
    KEY.public_key().verify(signature, message, ec.ECDSA(hashes.SHA256()))


def closed_address() -> str:
    """Where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{held.getsockname()[1]}"


async def test_proposal_as_fabric_reads_it(network: Network, fake: FakeGateway) -> None:
    contract = network.contract("custody")
    proposal = contract.proposal(
        "Pack", b"{}", transient={"secret": b"x"}, endorsing_organizations=["MakerMSP", "PharmacyMSP"]
    )
    await proposal.endorse()
    [request] = fake.endorsed
    signed = request.proposed_transaction
    assert signed.proposal_bytes == proposal.bytes
    verify(signed.signature, signed.proposal_bytes)
    assert request.channel_id == "medicines"
    assert list(request.endorsing_organizations) == ["MakerMSP", "PharmacyMSP"]
    read = proposal_pb2.Proposal.FromString(signed.proposal_bytes)
    header = common_pb2.Header.FromString(read.header)
    channel = common_pb2.ChannelHeader.FromString(header.channel_header)
    signature_header = common_pb2.SignatureHeader.FromString(header.signature_header)
    assert (channel.type, channel.channel_id) == (common_pb2.ENDORSER_TRANSACTION, "medicines")
    assert signature_header.creator == IDENTITY.serialized
    # The id that every peer computes anew: SHA-256 of nonce and creator.
    expected = hashlib.sha256(signature_header.nonce + signature_header.creator).hexdigest()
    assert channel.tx_id == request.transaction_id == proposal.transaction_id == expected
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(read.payload)
    assert dict(payload.TransientMap) == {"secret": b"x"}
    spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
    assert (spec.chaincode_id.name, list(spec.input.args)) == ("custody", [b"Pack", b"{}"])


async def test_no_two_proposals_are_the_same(network: Network) -> None:
    contract = network.contract("custody")
    assert contract.proposal("Pack").transaction_id != contract.proposal("Pack").transaction_id


async def test_submit(network: Network, fake: FakeGateway) -> None:
    assert await network.contract("custody").submit("Pack", b"{}") == b"result"
    [request] = fake.submitted
    verify(request.prepared_transaction.signature, request.prepared_transaction.payload)
    assert request.transaction_id == fake.endorsed[0].transaction_id == fake.asked[0].transaction_id


async def test_submit_of_an_invalid_transaction(network: Network, fake: FakeGateway) -> None:
    fake.codes.append(transaction_pb2.PHANTOM_READ_CONFLICT)
    with pytest.raises(CommitError, match="PHANTOM_READ_CONFLICT, block 1") as error:
        await network.contract("custody").submit("Pack", b"{}")
    assert (error.value.code, error.value.block_number) == (transaction_pb2.PHANTOM_READ_CONFLICT, 1)


async def test_signed_elsewhere(network: Network, fake: FakeGateway) -> None:
    proposal = network.contract("custody").proposal("Pack")
    assert proposal.digest == hashlib.sha256(proposal.bytes).digest()
    transaction = await proposal.signed(b"proposal signature").endorse()
    assert fake.endorsed[0].proposed_transaction.signature == b"proposal signature"
    await transaction.signed(b"transaction signature").submit()
    [request] = fake.submitted
    assert request.prepared_transaction.signature == b"transaction signature"
    assert transaction.digest == hashlib.sha256(request.prepared_transaction.payload).digest()


async def test_a_stored_envelope_is_the_same_transaction(network: Network, fake: FakeGateway) -> None:
    transaction = await network.contract("custody").proposal("Pack").endorse()
    stored = transaction.bytes
    again = network.transaction_from(stored)
    assert (again.transaction_id, again.bytes, again.result) == (
        transaction.transaction_id,
        stored,
        b"result",
    )
    await again.submit()
    assert fake.submitted[0].prepared_transaction.SerializeToString() == stored


async def test_bytes_that_are_no_envelope(network: Network) -> None:
    with pytest.raises(FabricError, match="no transaction's envelope"):
        network.transaction_from(b"\xff")


async def test_status(network: Network, fake: FakeGateway) -> None:
    fake.committed["tx"] = (transaction_pb2.MVCC_READ_CONFLICT, 12)
    status = await network.commit("tx").status()
    assert (status.name, status.block_number, status.successful) == ("MVCC_READ_CONFLICT", 12, False)
    [asked] = fake.asked
    assert (asked.transaction_id, asked.channel_id, asked.identity) == (
        "tx",
        "medicines",
        IDENTITY.serialized,
    )


async def test_status_at_its_deadline(network: Network) -> None:
    with pytest.raises(CommitStatusError) as error:
        await network.commit("tx").status(0.05)
    assert (error.value.code, error.value.transaction_id) == (Code.DEADLINE_EXCEEDED, "tx")


def test_code_names() -> None:
    assert code_name(0) == "VALID"
    assert code_name(9999) == "CODE_9999"


async def test_an_unreachable_peers_questions_go_to_the_next(fake: FakeGateway) -> None:
    async with client(closed_address(), fake.address) as gateway:
        contract = gateway.network("medicines").contract("custody")
        assert await contract.evaluate("GetUnit", b"{}") == b"result"
        assert await contract.submit("Pack") == b"result"


async def test_a_submission_is_not_sent_to_another_peer_by_itself(fake: FakeGateway) -> None:
    async with client(fake.address, fake.address) as gateway:
        transaction = await gateway.network("medicines").contract("custody").proposal("Pack").endorse()
        fake.script("Submit", Fault(Code.UNAVAILABLE))
        with pytest.raises(SubmitError) as error:
            await transaction.submit()
    assert error.value.code is Code.UNAVAILABLE
    assert len(fake.submitted) == 1


async def test_no_peer_can_be_reached() -> None:
    async with client(closed_address(), closed_address()) as gateway:
        with pytest.raises(EvaluateError) as error:
            await gateway.network("medicines").contract("custody").evaluate("GetUnit")
    assert error.value.code is Code.UNAVAILABLE


async def test_a_refusal_is_not_asked_of_every_peer(fake: FakeGateway) -> None:
    async with client(fake.address, fake.address) as gateway:
        fake.script("Evaluate", Fault(Code.UNKNOWN, message="chaincode response 404, x"))
        with pytest.raises(EvaluateError):
            await gateway.network("medicines").contract("custody").evaluate("GetUnit")
    assert len(fake.evaluated) == 1


async def test_deadlines(fake: FakeGateway) -> None:
    deadlines = Deadlines(commit_status=0.05)
    async with client(fake.address, deadlines=deadlines) as gateway:
        with pytest.raises(CommitStatusError) as error:
            await gateway.network("medicines").commit("tx").status()
    assert error.value.code is Code.DEADLINE_EXCEEDED


def test_a_client_without_peers() -> None:
    with pytest.raises(ValueError, match="at least one gateway peer"):
        client()


async def test_questions_to_the_ledger(network: Network, fake: FakeGateway) -> None:
    fake.result = ledger_pb2.BlockchainInfo(height=9).SerializeToString()
    assert await network.height() == 9
    fake.result = common_pb2.Block(header=common_pb2.BlockHeader(number=3)).SerializeToString()
    assert (await network.block(3)).header.number == 3
    assert (await network.block_by_transaction("tx")).header.number == 3
    asked = []
    for request in fake.evaluated:
        proposal = proposal_pb2.Proposal.FromString(request.proposed_transaction.proposal_bytes)
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
        spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
        asked.append((spec.chaincode_id.name, *spec.input.args))
    assert asked == [
        ("qscc", b"GetChainInfo", b"medicines"),
        ("qscc", b"GetBlockByNumber", b"medicines", b"3"),
        ("qscc", b"GetBlockByTxID", b"medicines", b"tx"),
    ]
