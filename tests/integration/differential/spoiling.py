"""Envelopes that a client spoils before it signs them, each ledger's in the same way."""

from __future__ import annotations

from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2


def spoil(envelope: common_pb2.Envelope, how: str) -> common_pb2.Envelope:
    """The envelope with other endorsements, or with another answer than was endorsed."""
    payload = common_pb2.Payload.FromString(envelope.payload)
    transaction = transaction_pb2.Transaction.FromString(payload.data)
    action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload)
    if how == "forged":
        action.action.proposal_response_payload = _forged(action.action.proposal_response_payload)
    else:
        # In an order that both ledgers' envelopes have.
        given = sorted(action.action.endorsements, key=_msp_id)
        del action.action.endorsements[:]
        action.action.endorsements.extend(_endorsements(given, how))
    transaction.actions[0].payload = action.SerializeToString()
    payload.data = transaction.SerializeToString()
    return common_pb2.Envelope(payload=payload.SerializeToString())


def _endorsements(given: list[Any], how: str) -> list[Any]:
    if how == "swapped":
        signatures = [one.signature for one in given[1:] + given[:1]]
        return [
            proposal_response_pb2.Endorsement(endorser=one.endorser, signature=signature)
            for one, signature in zip(given, signatures, strict=True)
        ]
    return {"none": [], "one": given[:1], "doubled": given[:1] * 2}[how]


def _forged(signed: bytes) -> bytes:
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(signed)
    result = proposal_pb2.ChaincodeAction.FromString(answer.extension)
    result.response.payload += b"!"
    answer.extension = result.SerializeToString()
    return answer.SerializeToString()


def _msp_id(endorsement: Any) -> str:
    return identities_pb2.SerializedIdentity.FromString(endorsement.endorser).mspid
