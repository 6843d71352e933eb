"""What a peer asks of a proposal before it runs anything."""

from __future__ import annotations

import re
import time

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_pb2

from network.devnet import proposal as proposals
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.proposal import Proposal, ProposalRefused
from tests.unit.network.devnet import transactions


def test_a_proposal_taken_apart(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client, b"Commission", b"{}", transient={"secret": b"12"})
    read = Proposal(signed)
    assert (read.chaincode, list(read.arguments), read.channel) == (
        "custody",
        [b"Commission", b"{}"],
        "medicines",
    )
    assert read.has_transient
    assert b"12" not in read.visible
    assert proposals.check(read, membership).msp_id == "ManufacturerMSP"


def test_its_hash_leaves_transient_data_out(client: Node) -> None:
    header = transactions.headers(client)
    plain, secret = (
        Proposal(transactions.proposal(client, b"F", header=header, transient=transient))
        for transient in ({}, {"secret": b"12"})
    )
    assert plain.hash == secret.hash


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"tx_id": "0" * 64}, "incorrectly computed txid"),
        ({"type": common_pb2.MESSAGE}, "invalid header type"),
        ({"epoch": 3}, "epoch is non-zero"),
    ],
)
def test_headers_that_are_refused(
    membership: Membership, client: Node, header: dict[str, object], words: str
) -> None:
    signed = transactions.proposal(client, header=transactions.headers(client, **header))
    with pytest.raises(ProposalRefused, match=words):
        proposals.check(Proposal(signed), membership)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_too_far_from_the_peers_time(
    membership: Membership, client: Node, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Proposal(transactions.proposal(client))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60 * minutes)
    with pytest.raises(ProposalRefused, match="incorrect timestamp"):
        proposals.check(read, membership)


def test_signatures_and_creators(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client)
    signed.signature = client.sign(b"something else")
    with pytest.raises(ProposalRefused, match=r"channel \[medicines\] creator org \[ManufacturerMSP\]"):
        proposals.check(Proposal(signed), membership)
    stranger = Node(client.serialized.replace(b"ManufacturerMSP", b"ManufacturerMSQ"), client.sign)
    with pytest.raises(ProposalRefused, match="creator org unknown, creator is malformed"):
        proposals.check(Proposal(transactions.proposal(stranger)), membership)


@pytest.mark.parametrize(
    ("layer", "words", "filtered"),
    [
        (proposal_pb2.Proposal(header=b"\xff"), "failed parsing header: error unmarshalling Header: ", True),
        (
            proposal_pb2.Proposal(header=common_pb2.Header(signature_header=b"\xff").SerializeToString()),
            "failed parsing signature header: error unmarshalling SignatureHeader: ",
            True,
        ),
        (
            proposal_pb2.Proposal(),
            "request unauthorized due to incorrect timestamp 1970-01-01T00:00:00Z",
            True,
        ),
    ],
)
def test_what_is_no_proposal(
    membership: Membership, layer: proposal_pb2.Proposal, words: str, filtered: bool
) -> None:
    signed = proposal_pb2.SignedProposal(proposal_bytes=layer.SerializeToString())
    with pytest.raises(ProposalRefused, match=re.escape(words)) as caught:
        proposals.check(Proposal(signed), membership)
    assert caught.value.filtered == filtered


def test_a_proposal_cut_off_anywhere(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client)
    whole = signed.proposal_bytes
    for length in range(0, len(whole), 13):
        cut = proposal_pb2.SignedProposal(proposal_bytes=whole[:length], signature=signed.signature)
        with pytest.raises(ProposalRefused):
            proposals.check(Proposal(cut), membership)


def test_a_chaincode_without_a_name(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client, header=transactions.headers(client, ""))
    with pytest.raises(ProposalRefused, match=r"ChaincodeId\.Name is empty"):
        proposals.check(Proposal(signed), membership)
