"""The signed proposal."""

import pytest
from fabric_protos.peer import proposal_pb2

from chaincode.shim import ShimError
from chaincode.shim.proposal import Proposal
from tests.unit.chaincode.shim.fake_peer import signed_proposal


def test_its_parts_are_read() -> None:
    proposal = Proposal(signed_proposal({"price": b"12"}, "PharmacyMSP", b"pem", 1_700_000_000, 999_999_999))
    assert proposal.creator.msp_id == "PharmacyMSP"
    assert proposal.creator.certificate_pem == b"pem"
    assert proposal.timestamp_ms == 1_700_000_000_999
    assert proposal.transient == {"price": b"12"}


def test_a_transaction_without_one_says_so() -> None:
    with pytest.raises(ShimError, match="no proposal"):
        _ = Proposal(proposal_pb2.SignedProposal()).creator
