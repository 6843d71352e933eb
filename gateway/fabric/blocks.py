"""Reading blocks: who signed what, who endorsed it, what it wrote."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

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
from google.protobuf.message import DecodeError

VALID = transaction_pb2.VALID
UNREADABLE = "UNREADABLE"
_NOT_VALIDATED = transaction_pb2.NOT_VALIDATED


@dataclass(frozen=True, slots=True)
class Write:
    """A key's new value in a chaincode's namespace, or its deletion."""

    namespace: str
    key: str
    value: bytes
    is_delete: bool


@dataclass(frozen=True, slots=True)
class Event:
    """The event that a transaction set."""

    name: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class TransactionView:
    """One transaction of a block. A configuration has no chaincode, endorsers or writes.

    ``type`` is UNREADABLE for an invalid one that is no transaction at all: anybody with a writer's
    certificate can have garbage ordered.
    ``timestamp_ms`` is the client's, epoch milliseconds; ``endorsers`` are MSP ids in their order.
    """

    tx_id: str
    index: int
    type: str
    channel: str
    validation_code: int
    creator_msp: str
    timestamp_ms: int
    chaincode: str = ""
    function: str = ""
    endorsers: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    event: Event | None = None

    @property
    def valid(self) -> bool:
        return self.validation_code == VALID


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block; ``header_hash`` is what the next block's ``previous_hash`` must be."""

    number: int
    header_hash: bytes
    previous_hash: bytes
    data_hash: bytes
    transactions: tuple[TransactionView, ...]


def parse_block(block: common_pb2.Block) -> BlockView:
    """Read a block; DecodeError, IndexError or ValueError where a valid transaction is malformed."""
    header = block.header
    codes = block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] if block.metadata.metadata else b""
    transactions = tuple(
        _any_transaction(data, index, codes[index] if index < len(codes) else _NOT_VALIDATED)
        for index, data in enumerate(block.data.data)
    )
    return BlockView(header.number, header_hash(header), header.previous_hash, header.data_hash, transactions)


def header_hash(header: common_pb2.BlockHeader) -> bytes:
    """SHA-256 of the header's DER."""
    return hashlib.sha256(header_der(header)).digest()


def header_der(header: common_pb2.BlockHeader) -> bytes:
    """The header as orderers sign and hash it: a sequence of number, previous hash and data hash."""
    number = header.number.to_bytes(header.number.bit_length() // 8 + 1, "big")
    content = _der(2, number) + _der(4, header.previous_hash) + _der(4, header.data_hash)
    return _der(0x30, content)


def _der(tag: int, content: bytes) -> bytes:
    """One DER element of at most 127 bytes, which a header's never exceed."""
    return bytes((tag, len(content))) + content


def parse_transaction(data: bytes, index: int, code: int) -> TransactionView:
    """Read the envelope ``data``, at place ``index`` of its block, where it has this validation code."""
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    creator = common_pb2.SignatureHeader.FromString(payload.header.signature_header).creator
    stamp = header.timestamp
    common = {
        "tx_id": header.tx_id,
        "index": index,
        "type": common_pb2.HeaderType.Name(header.type),
        "channel": header.channel_id,
        "validation_code": code,
        "creator_msp": _msp(creator),
        "timestamp_ms": stamp.seconds * 1000 + stamp.nanos // 1_000_000,
    }
    if header.type != common_pb2.ENDORSER_TRANSACTION:
        return TransactionView(**common)
    action = transaction_pb2.Transaction.FromString(payload.data).actions[0].payload
    endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action)
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(
        endorsed.action.proposal_response_payload
    )
    result = proposal_pb2.ChaincodeAction.FromString(answer.extension)
    event = chaincode_event_pb2.ChaincodeEvent.FromString(result.events) if result.events else None
    return TransactionView(
        **common,
        chaincode=result.chaincode_id.name,
        function=_function(endorsed.chaincode_proposal_payload),
        endorsers=tuple(_msp(endorsement.endorser) for endorsement in endorsed.action.endorsements),
        writes=_writes(result.results),
        event=Event(event.event_name, event.payload) if event else None,
    )


def _any_transaction(data: bytes, index: int, code: int) -> TransactionView:
    """As ``parse_transaction``; of an invalid one that cannot be read, what its header says."""
    try:
        return parse_transaction(data, index, code)
    except (DecodeError, IndexError, ValueError):
        if code == VALID:
            raise
    try:
        payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
        header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    except DecodeError:
        header = common_pb2.ChannelHeader()
    return TransactionView(
        header.tx_id, index, UNREADABLE, header.channel_id, code, "", header.timestamp.seconds * 1000
    )


def _writes(results: bytes) -> tuple[Write, ...]:
    return tuple(
        Write(namespace.namespace, write.key, write.value, write.is_delete)
        for namespace in rwset_pb2.TxReadWriteSet.FromString(results).ns_rwset
        for write in kv_rwset_pb2.KVRWSet.FromString(namespace.rwset).writes
    )


def _function(proposal_payload: bytes) -> str:
    proposed = proposal_pb2.ChaincodeProposalPayload.FromString(proposal_payload)
    spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(proposed.input).chaincode_spec
    return spec.input.args[0].decode(errors="replace") if spec.input.args else ""


def _msp(identity: bytes) -> str:
    return identities_pb2.SerializedIdentity.FromString(identity).mspid if identity else ""
