"""What a peer asks of a proposal before it runs anything."""

from __future__ import annotations

import time

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_pb2

from network.devnet import proposal as proposals
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.proposal import Malformed, ProposalRefused
from tests.unit.network.devnet import transactions


def test_a_proposal_taken_apart(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client, b"Commission", b"{}", transient={"secret": b"12"})
    read = proposals.unpack(signed)
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
        proposals.unpack(transactions.proposal(client, b"F", header=header, transient=transient))
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
        proposals.check(proposals.unpack(signed), membership)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_too_far_from_the_peers_time(
    membership: Membership, client: Node, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = proposals.unpack(transactions.proposal(client))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60 * minutes)
    with pytest.raises(ProposalRefused, match="incorrect timestamp"):
        proposals.check(read, membership)


def test_signatures_and_creators(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client)
    signed.signature = client.sign(b"something else")
    with pytest.raises(ProposalRefused, match=r"channel \[medicines\] creator org \[ManufacturerMSP\]"):
        proposals.check(proposals.unpack(signed), membership)
    stranger = Node(client.serialized.replace(b"ManufacturerMSP", b"ManufacturerMSQ"), client.sign)
    with pytest.raises(ProposalRefused, match="creator org unknown, creator is malformed"):
        proposals.check(proposals.unpack(transactions.proposal(stranger)), membership)


def test_what_is_no_proposal(membership: Membership, client: Node) -> None:
    signed = transactions.proposal(client)
    nameless = transactions.headers(client, "")
    for proposal_bytes in (
        b"",
        b"\xff",
        proposal_pb2.Proposal(header=b"\xff").SerializeToString(),
        transactions.proposal(client, header=nameless).proposal_bytes,
        transactions.proposal(client, header=transactions.headers(client, channel_id="")).proposal_bytes,
    ):
        with pytest.raises(Malformed):
            proposals.unpack(proposal_pb2.SignedProposal(proposal_bytes=proposal_bytes))
    whole = signed.proposal_bytes
    for length in range(0, len(whole), 13):
        cut = proposal_pb2.SignedProposal(proposal_bytes=whole[:length], signature=signed.signature)
        with pytest.raises((Malformed, ProposalRefused)):
            proposals.check(proposals.unpack(cut), membership)
