"""Transactions taken apart, with the code that a peer gives to what cannot be read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf.message import DecodeError

from network.devnet import keys
from network.devnet.proposal import transaction_id

Code = transaction_pb2.TxValidationCode
_KNOWN_TYPES = (common_pb2.ENDORSER_TRANSACTION, common_pb2.CONFIG_UPDATE, common_pb2.CONFIG)


class Invalid(Exception):
    """A transaction is invalid, with this validation code; its id and itself where they could be read."""

    def __init__(self, code: int, transaction_id: str = "", transaction: Transaction | None = None) -> None:
        super().__init__(Code.Name(code))
        self.code = code
        self.transaction_id = transaction_id
        self.transaction = transaction


@dataclass(frozen=True)
class HashedSpace:
    """One collection's hashed reads and writes, and the digest of the private set."""

    collection: str
    hashed: kv_rwset_pb2.HashedRWSet
    private_hash: bytes

    @property
    def writes(self) -> bool:
        return bool(self.hashed.hashed_writes or self.hashed.metadata_writes)


@dataclass(frozen=True)
class Space:
    """One namespace's public reads and writes and its collections."""

    namespace: str
    public: kv_rwset_pb2.KVRWSet
    collections: Sequence[HashedSpace]

    @property
    def writes(self) -> bool:
        """Whether anything is written in it."""
        return bool(self.public.writes or self.public.metadata_writes) or any(
            collection.writes for collection in self.collections
        )


@dataclass(frozen=True)
class Action:
    """What was endorsed."""

    chaincode: str
    namespaces: Sequence[Space]
    signed: bytes
    endorsements: Sequence[proposal_response_pb2.Endorsement]

    @property
    def endorsers(self) -> frozenset[str]:
        """The MSP ids of the endorsers, as they say; only a valid transaction's are so for sure."""
        found: set[str] = set()
        for one in self.endorsements:
            with suppress(DecodeError):
                found.add(identities_pb2.SerializedIdentity.FromString(one.endorser).mspid)
        return frozenset(found)


@dataclass(frozen=True)
class Transaction:
    """An envelope taken apart."""

    envelope: common_pb2.Envelope
    channel_header: common_pb2.ChannelHeader
    signature_header: common_pb2.SignatureHeader
    action: Action

    @property
    def transaction_id(self) -> str:
        return self.channel_header.tx_id


@dataclass(frozen=True)
class Headers:
    """An envelope's headers, read and found to be such as a transaction has."""

    envelope: common_pb2.Envelope
    payload: common_pb2.Payload
    channel_header: common_pb2.ChannelHeader
    signature_header: common_pb2.SignatureHeader


def claimed(data: bytes) -> str:
    """The id by which the envelope ``data`` goes, its own or not; empty where none can be read.

    A peer's index takes any transaction by the id that it claims, and one that claims none by its creator's
    (protoutil.GetOrComputeTxIDFromEnvelope). Ids too long to be one are left out here.
    """
    try:
        header = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload).header
        identity = common_pb2.ChannelHeader.FromString(header.channel_header).tx_id
        if not identity:
            own = common_pb2.SignatureHeader.FromString(header.signature_header)
            identity = transaction_id(own.nonce, own.creator)
    except DecodeError:
        return ""
    return identity if len(identity.encode()) <= keys.MAX_PLAIN_BYTES else ""


def headers(data: bytes) -> Headers:
    """The headers of the envelope ``data``; Invalid."""
    try:
        envelope = common_pb2.Envelope.FromString(data)
    except DecodeError:
        raise Invalid(Code.INVALID_OTHER_REASON) from None
    try:
        payload = common_pb2.Payload.FromString(envelope.payload)
    except DecodeError:
        raise Invalid(Code.BAD_PAYLOAD) from None
    try:
        channel_header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
        signature_header = common_pb2.SignatureHeader.FromString(payload.header.signature_header)
    except DecodeError:
        raise Invalid(Code.BAD_COMMON_HEADER) from None
    if (
        channel_header.type not in _KNOWN_TYPES
        or channel_header.epoch
        or not signature_header.nonce
        or not signature_header.creator
    ):
        raise Invalid(Code.BAD_COMMON_HEADER)
    return Headers(envelope, payload, channel_header, signature_header)


def unpack(data: bytes) -> Transaction:
    """The endorsed transaction in the envelope ``data``; Invalid."""
    return of_headers(headers(data))


def of_headers(read: Headers) -> Transaction:
    """The endorsed transaction under headers that are read already; Invalid."""
    header = read.channel_header
    if header.type != common_pb2.ENDORSER_TRANSACTION:
        raise Invalid(Code.UNSUPPORTED_TX_PAYLOAD)
    if header.tx_id != transaction_id(read.signature_header.nonce, read.signature_header.creator):
        raise Invalid(Code.BAD_PROPOSAL_TXID)
    try:
        action = _action(read)
    except Invalid as invalid:
        raise Invalid(invalid.code, header.tx_id) from None
    return Transaction(read.envelope, header, read.signature_header, action)


def _action(read: Headers) -> Action:
    malformed = Invalid(Code.INVALID_ENDORSER_TRANSACTION)
    try:
        actions = transaction_pb2.Transaction.FromString(read.payload.data).actions
        if len(actions) != 1:
            raise malformed
        inner = common_pb2.SignatureHeader.FromString(actions[0].header)
        body = transaction_pb2.ChaincodeActionPayload.FromString(actions[0].payload)
        signed = body.action.proposal_response_payload
        answer = proposal_response_pb2.ProposalResponsePayload.FromString(signed)
        digest = hashlib.sha256(
            read.payload.header.channel_header + actions[0].header + body.chaincode_proposal_payload
        ).digest()
    except DecodeError:
        raise malformed from None
    if not inner.nonce or not inner.creator or digest != answer.proposal_hash:
        raise malformed
    try:
        extension = proposal_pb2.ChaincodeHeaderExtension.FromString(read.channel_header.extension)
    except DecodeError:
        raise Invalid(Code.BAD_HEADER_EXTENSION) from None
    if not answer.extension:
        raise Invalid(Code.BAD_RESPONSE_PAYLOAD)
    try:
        action = proposal_pb2.ChaincodeAction.FromString(answer.extension)
    except DecodeError:
        raise Invalid(Code.BAD_RESPONSE_PAYLOAD) from None
    try:
        results = rwset_pb2.TxReadWriteSet.FromString(action.results)
        namespaces = [_space(one) for one in results.ns_rwset]
    except DecodeError:
        raise Invalid(Code.BAD_RWSET) from None
    if not extension.HasField("chaincode_id") or not action.HasField("chaincode_id"):
        raise Invalid(Code.INVALID_OTHER_REASON)
    name = action.chaincode_id.name
    if not name or name != extension.chaincode_id.name or not action.chaincode_id.version:
        raise Invalid(Code.INVALID_CHAINCODE)
    if action.events and not _is_event_of(action.events, name):
        raise Invalid(Code.INVALID_OTHER_REASON)
    if len({space.namespace for space in namespaces}) < len(namespaces):
        raise Invalid(Code.ILLEGAL_WRITESET)
    return Action(name, namespaces, signed, body.action.endorsements)


def _space(one: rwset_pb2.NsReadWriteSet) -> Space:
    return Space(
        one.namespace,
        kv_rwset_pb2.KVRWSet.FromString(one.rwset),
        [
            HashedSpace(
                c.collection_name, kv_rwset_pb2.HashedRWSet.FromString(c.hashed_rwset), c.pvt_rwset_hash
            )
            for c in one.collection_hashed_rwset
        ],
    )


def _is_event_of(events: bytes, chaincode: str) -> bool:
    try:
        return chaincode_event_pb2.ChaincodeEvent.FromString(events).chaincode_id == chaincode
    except DecodeError:
        return False
