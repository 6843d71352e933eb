"""Reading blocks: who signed what, who endorsed it, what it wrote."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

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

from gateway.fabric.errors import FabricError

VALID = transaction_pb2.VALID
_NOT_VALIDATED = transaction_pb2.NOT_VALIDATED
UNREADABLE = "UNREADABLE"
_TYPES = {value: name for name, value in common_pb2.HeaderType.items()}
_CALL = _TYPES[common_pb2.ENDORSER_TRANSACTION]


class MalformedBlock(FabricError, ValueError):
    """A block that no honest peer would give."""


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

    Attributes:
        tx_id: its id, "" for a configuration.
        index: its place in the block, from 0.
        type: the header's type by name, ENDORSER_TRANSACTION or CONFIG; UNREADABLE for an invalid one
            that is no transaction at all: anybody with a writer's certificate can have garbage ordered.
        channel: the channel.
        validation_code: a peer.TxValidationCode.
        creator_msp: the MSP id of the client that signed it.
        timestamp_ms: its time as that client claims it, epoch milliseconds, of any size.
        chaincode: the chaincode that was called.
        function: the first argument of the call.
        endorsers: the MSP ids of the endorsing peers, in the envelope's order.
        writes: what it writes, by namespace and in the order of the keys; only a valid one's take effect.
        event: the event that it sets.
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


class _Header(NamedTuple):
    tx_id: str
    type: str
    channel: str
    creator_msp: str
    timestamp_ms: int


class _Call(NamedTuple):
    """The last five attributes of a TransactionView, in their order."""

    chaincode: str
    function: str
    endorsers: tuple[str, ...]
    writes: tuple[Write, ...]
    event: Event | None


_NO_HEADER = _Header("", UNREADABLE, "", "", 0)
_NO_CALL = _Call("", "", (), (), None)


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block; ``header_hash`` is what the next block's ``previous_hash`` must be."""

    number: int
    header_hash: bytes
    previous_hash: bytes
    data_hash: bytes
    transactions: tuple[TransactionView, ...]


def parse_block(block: common_pb2.Block) -> BlockView:
    """Read a block; MalformedBlock where a transaction that peers found valid cannot be read."""
    header = block.header
    codes = block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] if block.metadata.metadata else b""
    transactions = tuple(
        parse_transaction(data, index, codes[index] if index < len(codes) else _NOT_VALIDATED)
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
    """Read the envelope ``data``, at place ``index`` of its block, where it has this validation code.

    An orderer takes whatever a writer signs. Peers find garbage invalid and go on, and so must whoever reads
    the block: of an invalid transaction this shows what can be read. Raises MalformedBlock for a valid one.
    """
    header, call = _NO_HEADER, _NO_CALL
    try:
        payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
        header = _header(payload.header)
        if header.type == _CALL:
            call = _call(payload.data)
    except (DecodeError, IndexError):
        header = header._replace(type=UNREADABLE)
    if header.type == UNREADABLE and code == VALID:
        raise MalformedBlock(f"transaction {index} of a block is valid and malformed")
    return TransactionView(
        header.tx_id,
        index,
        header.type,
        header.channel,
        code,
        header.creator_msp,
        header.timestamp_ms,
        *call,
    )


def _header(header: common_pb2.Header) -> _Header:
    channel_header = common_pb2.ChannelHeader.FromString(header.channel_header)
    creator = common_pb2.SignatureHeader.FromString(header.signature_header).creator
    stamp = channel_header.timestamp
    return _Header(
        _text(channel_header.tx_id),
        _TYPES.get(channel_header.type, UNREADABLE),
        _text(channel_header.channel_id),
        _msp(creator),
        stamp.seconds * 1000 + stamp.nanos // 1_000_000,
    )


def _call(data: bytes) -> _Call:
    """What an endorsed transaction did."""
    action = transaction_pb2.Transaction.FromString(data).actions[0].payload
    endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action)
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(
        endorsed.action.proposal_response_payload
    )
    result = proposal_pb2.ChaincodeAction.FromString(answer.extension)
    event = chaincode_event_pb2.ChaincodeEvent.FromString(result.events) if result.events else None
    return _Call(
        _text(result.chaincode_id.name),
        _function(endorsed.chaincode_proposal_payload),
        tuple(_msp(endorsement.endorser) for endorsement in endorsed.action.endorsements),
        _writes(result.results),
        Event(_text(event.event_name), event.payload) if event else None,
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
    return _text(spec.input.args[0].decode(errors="replace")) if spec.input.args else ""


def _msp(identity: bytes) -> str:
    return _text(identities_pb2.SerializedIdentity.FromString(identity).mspid)


def _text(name: str) -> str:
    """A name as text: a NUL, which no name has and databases refuse, becomes U+FFFD."""
    return name.replace("\0", "\ufffd")
