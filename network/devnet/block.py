"""Making blocks, and reading again what a transaction in one wrote."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fabric_protos.common import common_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf import timestamp_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.blocks import header_der
from network.devnet import transaction
from network.devnet.nodes import Node


@dataclass(frozen=True)
class Written:
    """What a transaction wrote: values by namespace and key, None for what it deleted."""

    transaction_id: str
    timestamp: timestamp_pb2.Timestamp
    values: Mapping[tuple[str, str], bytes | None]


@dataclass(frozen=True)
class Summary:
    """A transaction as event streams tell of it; ``event`` is what chaincode set, valid or not.

    ``readable`` unless some layer of it cannot be read, down to the event.
    """

    transaction_id: str
    type: int
    code: int
    event: chaincode_event_pb2.ChaincodeEvent | None
    readable: bool = True


def make(
    number: int, previous_hash: bytes, envelopes: Sequence[bytes], codes: bytes, orderer: Node | None
) -> common_pb2.Block:
    """A block with its hashes, the orderer's signature over its header, and the validation codes."""
    block = common_pb2.Block()
    block.header.number = number
    block.header.previous_hash = previous_hash
    digest = hashlib.sha256()
    for envelope in envelopes:
        digest.update(envelope)
    block.header.data_hash = digest.digest()
    block.data.data.extend(envelopes)
    block.metadata.metadata.extend([b""] * len(common_pb2.BlockMetadataIndex.values()))
    block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = codes
    if orderer is not None:
        block.metadata.metadata[common_pb2.SIGNATURES] = _signed(block.header, orderer)
    return block


def _signed(header: common_pb2.BlockHeader, orderer: Node) -> bytes:
    value = common_pb2.OrdererBlockMetadata(last_config=common_pb2.LastConfig(index=0)).SerializeToString()
    signature_header = common_pb2.SignatureHeader(
        creator=orderer.serialized, nonce=os.urandom(24)
    ).SerializeToString()
    metadata = common_pb2.Metadata(value=value)
    metadata.signatures.add(
        signature_header=signature_header,
        signature=orderer.sign(value + signature_header + header_der(header)),
    )
    return metadata.SerializeToString()


def summaries(block: common_pb2.Block) -> list[Summary]:
    """Every transaction of a block, in order."""
    codes = block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER]
    return [_summary(data, code) for data, code in zip(block.data.data, codes, strict=True)]


def _summary(data: bytes, code: int) -> Summary:
    try:
        payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
        header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    except DecodeError:
        return Summary("", common_pb2.MESSAGE, code, None, readable=False)
    event, readable = None, True
    if header.type == common_pb2.ENDORSER_TRANSACTION:
        try:
            event = _event(payload.data)
        except DecodeError:
            readable = False
    return Summary(header.tx_id, header.type, code, event, readable)


def _event(data: bytes) -> chaincode_event_pb2.ChaincodeEvent | None:
    actions = transaction_pb2.Transaction.FromString(data).actions
    if not actions:
        return None
    action = actions[0].payload
    signed = transaction_pb2.ChaincodeActionPayload.FromString(action).action.proposal_response_payload
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(signed)
    events = proposal_pb2.ChaincodeAction.FromString(answer.extension).events
    return chaincode_event_pb2.ChaincodeEvent.FromString(events) if events else None


def written_by(block: common_pb2.Block, index: int) -> Written:
    """What the transaction at a place of a block wrote."""
    read = transaction.unpack(block.data.data[index])
    values = {
        (space.namespace, write.key): None if write.is_delete or not write.value else write.value
        for space in read.action.namespaces
        for write in space.public.writes
    }
    return Written(read.transaction_id, read.channel_header.timestamp, values)
