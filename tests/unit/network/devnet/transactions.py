"""Proposals and transactions as members' clients and peers sign them, for devnet to judge."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Sequence

from fabric_protos.common import common_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

from network.devnet.nodes import Node

_nonces = itertools.count(1)
CHANNEL = "medicines"


def headers(
    client: Node, chaincode: str = "custody", tx_id: str | None = None, **header: object
) -> common_pb2.Header:
    """A transaction's headers, with a nonce and an id of its own."""
    nonce = next(_nonces).to_bytes(24, "big")
    if tx_id is None:
        tx_id = hashlib.sha256(nonce + client.serialized).hexdigest()
    extension = proposal_pb2.ChaincodeHeaderExtension(chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode))
    fields = {"type": common_pb2.ENDORSER_TRANSACTION, "channel_id": CHANNEL} | header
    channel_header = common_pb2.ChannelHeader(tx_id=tx_id, extension=extension.SerializeToString(), **fields)
    channel_header.timestamp.seconds = int(time.time())
    signature_header = common_pb2.SignatureHeader(creator=client.serialized, nonce=nonce)
    return common_pb2.Header(
        channel_header=channel_header.SerializeToString(),
        signature_header=signature_header.SerializeToString(),
    )


def proposal(
    client: Node,
    *arguments: bytes,
    chaincode: str = "custody",
    transient: dict[str, bytes] | None = None,
    header: common_pb2.Header | None = None,
) -> proposal_pb2.SignedProposal:
    """A client's signed proposal."""
    spec = chaincode_pb2.ChaincodeSpec(
        chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode),
        input=chaincode_pb2.ChaincodeInput(args=arguments),
    )
    payload = proposal_pb2.ChaincodeProposalPayload(
        input=chaincode_pb2.ChaincodeInvocationSpec(chaincode_spec=spec).SerializeToString(),
        TransientMap=transient or {},
    )
    made = proposal_pb2.Proposal(
        header=(header or headers(client, chaincode)).SerializeToString(),
        payload=payload.SerializeToString(),
    ).SerializeToString()
    return proposal_pb2.SignedProposal(proposal_bytes=made, signature=client.sign(made))


def endorsement(peer: Node, answer: bytes) -> proposal_response_pb2.Endorsement:
    """A peer's signature over an answer and its own identity."""
    return proposal_response_pb2.Endorsement(
        endorser=peer.serialized, signature=peer.sign(answer + peer.serialized)
    )


def answer_of(
    header: common_pb2.Header,
    results: bytes,
    chaincode: str = "custody",
    version: str = "1",
    event: chaincode_event_pb2.ChaincodeEvent | None = None,
) -> bytes:
    """What endorsers sign: the read-write set and what called for it."""
    action = proposal_pb2.ChaincodeAction(
        results=results,
        response=proposal_response_pb2.Response(status=200),
        chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode, version=version),
        events=event.SerializeToString() if event else b"",
    )
    digest = hashlib.sha256(header.channel_header + header.signature_header).digest()
    return proposal_response_pb2.ProposalResponsePayload(
        proposal_hash=digest, extension=action.SerializeToString()
    ).SerializeToString()


def transaction(
    header: common_pb2.Header, answer: bytes, endorsements: Sequence[proposal_response_pb2.Endorsement]
) -> bytes:
    """An endorsed transaction, a payload's data."""
    endorsed = transaction_pb2.ChaincodeActionPayload(
        action=transaction_pb2.ChaincodeEndorsedAction(
            proposal_response_payload=answer, endorsements=endorsements
        )
    )
    action = transaction_pb2.TransactionAction(
        header=header.signature_header, payload=endorsed.SerializeToString()
    )
    return transaction_pb2.Transaction(actions=[action]).SerializeToString()


def envelope(client: Node, header: common_pb2.Header, data: bytes) -> bytes:
    """A client's signed envelope."""
    payload = common_pb2.Payload(header=header, data=data).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=client.sign(payload)).SerializeToString()


def endorsed(
    client: Node,
    peers: Sequence[Node],
    results: bytes,
    chaincode: str = "custody",
    event: chaincode_event_pb2.ChaincodeEvent | None = None,
) -> bytes:
    """An envelope over a read-write set that these peers endorsed."""
    header = headers(client, chaincode)
    answer = answer_of(header, results, chaincode, event=event)
    return envelope(client, header, transaction(header, answer, [endorsement(p, answer) for p in peers]))


def id_of(data: bytes) -> str:
    """An envelope's transaction id."""
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
    return common_pb2.ChannelHeader.FromString(payload.header.channel_header).tx_id
