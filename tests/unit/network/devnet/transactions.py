"""Transactions as members' clients and peers sign them, for devnet to judge."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence

from fabric_protos.common import common_pb2
from fabric_protos.peer import (
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

from network.devnet.nodes import Node

_nonces = itertools.count(1)


def endorsement(peer: Node, answer: bytes) -> proposal_response_pb2.Endorsement:
    """A peer's signature over an answer and its own identity."""
    return proposal_response_pb2.Endorsement(
        endorser=peer.serialized, signature=peer.sign(answer + peer.serialized)
    )


def answer_of(results: bytes, chaincode: str = "custody") -> bytes:
    """What endorsers sign: the read-write set and what called for it."""
    action = proposal_pb2.ChaincodeAction(
        results=results,
        response=proposal_response_pb2.Response(status=200),
        chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode),
    )
    return proposal_response_pb2.ProposalResponsePayload(
        extension=action.SerializeToString()
    ).SerializeToString()


def transaction(answer: bytes, endorsements: Sequence[proposal_response_pb2.Endorsement]) -> bytes:
    """An endorsed transaction, a payload's data."""
    endorsed = transaction_pb2.ChaincodeActionPayload(
        action=transaction_pb2.ChaincodeEndorsedAction(
            proposal_response_payload=answer, endorsements=endorsements
        )
    )
    action = transaction_pb2.TransactionAction(payload=endorsed.SerializeToString())
    return transaction_pb2.Transaction(actions=[action]).SerializeToString()


def envelope(client: Node, data: bytes, tx_id: str | None = None) -> tuple[str, bytes]:
    """A client's signed envelope with an id of its own, and that id."""
    nonce = next(_nonces).to_bytes(24, "big")
    if tx_id is None:
        tx_id = hashlib.sha256(nonce + client.serialized).hexdigest()
    header = common_pb2.ChannelHeader(
        type=common_pb2.ENDORSER_TRANSACTION, channel_id="medicines", tx_id=tx_id
    )
    payload = common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(
                creator=client.serialized, nonce=nonce
            ).SerializeToString(),
        ),
        data=data,
    ).SerializeToString()
    signed = common_pb2.Envelope(payload=payload, signature=client.sign(payload))
    return tx_id, signed.SerializeToString()


def endorsed(
    client: Node, peers: Sequence[Node], results: bytes, chaincode: str = "custody"
) -> tuple[str, bytes]:
    """An envelope over a read-write set that these peers endorsed, and its id."""
    answer = answer_of(results, chaincode)
    return envelope(client, transaction(answer, [endorsement(peer, answer) for peer in peers]))
