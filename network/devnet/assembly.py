"""Putting a transaction together: the endorsed payload in an envelope that its creator signs."""

from __future__ import annotations

from collections.abc import Sequence

from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_response_pb2, transaction_pb2

from network.devnet.proposal import Proposal


def envelope(
    proposal: Proposal, payload: bytes, endorsements: Sequence[proposal_response_pb2.Endorsement]
) -> common_pb2.Envelope:
    """The transaction of a proposal, without the signature of its creator."""
    action = transaction_pb2.ChaincodeActionPayload(
        chaincode_proposal_payload=proposal.visible,
        action=transaction_pb2.ChaincodeEndorsedAction(
            proposal_response_payload=payload, endorsements=endorsements
        ),
    )
    transaction = transaction_pb2.Transaction()
    transaction.actions.add(header=proposal.header.signature_header, payload=action.SerializeToString())
    whole = common_pb2.Payload(header=proposal.header, data=transaction.SerializeToString())
    return common_pb2.Envelope(payload=whole.SerializeToString())
