"""Envelopes and blocks as peers make them, built by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

CHANNEL = "medicines"
Writes = Mapping[str, Mapping[str, bytes | None]]
"""By namespace and key: the value, None for a deletion."""


def creator(msp_id: str = "ManufacturerMSP") -> bytes:
    return identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=b"a certificate").SerializeToString()


def header(
    tx_id: str, kind: int = common_pb2.ENDORSER_TRANSACTION, seconds: int = 1_700_000_000, nanos: int = 0
) -> common_pb2.Header:
    channel_header = common_pb2.ChannelHeader(type=kind, channel_id=CHANNEL, tx_id=tx_id)
    channel_header.timestamp.seconds, channel_header.timestamp.nanos = seconds, nanos
    return common_pb2.Header(
        channel_header=channel_header.SerializeToString(),
        signature_header=common_pb2.SignatureHeader(
            creator=creator(), nonce=b"a nonce of 24 bytes....."
        ).SerializeToString(),
    )


def wrapped(head: common_pb2.Header, data: bytes, signature: bytes = b"signature") -> bytes:
    payload = common_pb2.Payload(header=head, data=data).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=signature).SerializeToString()


def read_write_set(writes: Writes) -> bytes:
    sets = rwset_pb2.TxReadWriteSet()
    for namespace, changes in writes.items():
        changed = kv_rwset_pb2.KVRWSet()
        for key, value in changes.items():
            changed.writes.add(key=key, value=value or b"", is_delete=value is None)
        sets.ns_rwset.add(namespace=namespace, rwset=changed.SerializeToString())
    return sets.SerializeToString()


def transaction(
    result: bytes = b"",
    writes: Writes | None = None,
    arguments: Sequence[bytes] = (b"Commission",),
    endorsers: Sequence[str] = ("ManufacturerMSP",),
    event: tuple[str, bytes] | None = None,
) -> bytes:
    """The data of an endorsed transaction's envelope."""
    happened = b""
    if event:
        happened = chaincode_event_pb2.ChaincodeEvent(
            chaincode_id="custody", event_name=event[0], payload=event[1]
        ).SerializeToString()
    action = proposal_pb2.ChaincodeAction(
        results=read_write_set(writes or {}),
        events=happened,
        response=_answer(result),
        chaincode_id=chaincode_pb2.ChaincodeID(name="custody", version="1"),
    )
    answer = proposal_response_pb2.ProposalResponsePayload(extension=action.SerializeToString())
    spec = chaincode_pb2.ChaincodeInvocationSpec(
        chaincode_spec=chaincode_pb2.ChaincodeSpec(input=chaincode_pb2.ChaincodeInput(args=arguments))
    )
    proposed = proposal_pb2.ChaincodeProposalPayload(input=spec.SerializeToString())
    endorsed = transaction_pb2.ChaincodeActionPayload(chaincode_proposal_payload=proposed.SerializeToString())
    endorsed.action.proposal_response_payload = answer.SerializeToString()
    for msp_id in endorsers:
        endorsed.action.endorsements.add(endorser=creator(msp_id), signature=b"signature")
    made = transaction_pb2.Transaction()
    made.actions.add(payload=endorsed.SerializeToString())
    return made.SerializeToString()


def _answer(result: bytes) -> proposal_response_pb2.Response:
    return proposal_response_pb2.Response(status=200, payload=result)


def block(number: int, envelopes: Sequence[bytes] = (), codes: bytes | None = None) -> common_pb2.Block:
    """A block whose transactions have these validation codes, all valid where none are given."""
    made = common_pb2.Block(
        header=common_pb2.BlockHeader(number=number, previous_hash=b"p" * 32, data_hash=b"d" * 32),
        data=common_pb2.BlockData(data=envelopes),
    )
    filtered = bytes(len(envelopes)) if codes is None else codes
    made.metadata.metadata.extend([b"", b"", filtered, b"", b""])
    return made
