"""Validation of a block's transactions, in their order, against the state before it and each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError

from network.devnet.msp import IdentityRefused, Membership
from network.devnet.policy import Policy
from network.devnet.store import Change, Snapshot, Store, Version

VALID = transaction_pb2.VALID


@dataclass(frozen=True)
class Validated:
    """A transaction's id and code; ``new`` unless its id stood in an earlier place."""

    transaction_id: str
    code: int
    new: bool


@dataclass
class ValidatedBlock:
    """What a block does to the state, and each transaction's code."""

    transactions: list[Validated] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


class _Invalid(Exception):
    """A transaction is invalid, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(transaction_pb2.TxValidationCode.Name(code))
        self.code = code


@dataclass(frozen=True)
class _Read:
    """A transaction taken apart."""

    transaction_id: str
    chaincode: str
    namespaces: list[tuple[str, kv_rwset_pb2.KVRWSet]]
    endorsed: transaction_pb2.ChaincodeEndorsedAction


class Validator:
    """Validates blocks of one channel."""

    def __init__(self, store: Store, membership: Membership, policies: Mapping[str, Policy]) -> None:
        self._store = store
        self._membership = membership
        self._policies = policies

    def validate(self, number: int, envelopes: Sequence[bytes]) -> ValidatedBlock:
        """Give every transaction of block ``number`` its code, and collect what the valid ones write."""
        block = ValidatedBlock()
        written: dict[tuple[str, str], Version | None] = {}
        seen: set[str] = set()
        with self._store.snapshot() as snapshot:
            for index, data in enumerate(envelopes):
                transaction_id = ""
                new = False
                try:
                    envelope, transaction_id, own = _identify(data)
                    # An id that is not its creator's takes nobody else's place in the index.
                    new = own and transaction_id not in seen and self._store.locate(transaction_id) is None
                    if own:
                        seen.add(transaction_id)
                    read = self._check(envelope, own, new)
                    _check_reads(read, snapshot, written)
                except _Invalid as invalid:
                    block.transactions.append(Validated(transaction_id, invalid.code, new))
                    continue
                block.transactions.append(Validated(transaction_id, VALID, new))
                for namespace, kv in read.namespaces:
                    for write in kv.writes:
                        version = (number, index)
                        value = None if write.is_delete else write.value
                        block.changes.append(Change(namespace, write.key, value, version))
                        written[(namespace, write.key)] = None if write.is_delete else version
        return block

    def _check(self, envelope: common_pb2.Envelope, own: bool, new: bool) -> _Read:
        """Creator, id and endorsements, in the order in which a peer looks at them."""
        try:
            payload = common_pb2.Payload.FromString(envelope.payload)
            header = common_pb2.SignatureHeader.FromString(payload.header.signature_header)
            channel_header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
        except DecodeError:
            raise _Invalid(transaction_pb2.BAD_PAYLOAD) from None
        try:
            self._membership.identify(header.creator).verify(envelope.payload, envelope.signature)
        except IdentityRefused:
            raise _Invalid(transaction_pb2.BAD_CREATOR_SIGNATURE) from None
        if not own:
            raise _Invalid(transaction_pb2.BAD_PROPOSAL_TXID)
        if not new:
            raise _Invalid(transaction_pb2.DUPLICATE_TXID)
        read = _take_apart(channel_header.tx_id, payload.data)
        self._check_endorsements(read)
        return read

    def _check_endorsements(self, read: _Read) -> None:
        message = read.endorsed.proposal_response_payload
        signers: dict[bytes, tuple[str, str]] = {}
        for endorsement in read.endorsed.endorsements:
            try:
                member = self._membership.identify(endorsement.endorser)
                member.verify(message + endorsement.endorser, endorsement.signature)
            except IdentityRefused:
                # An endorsement that does not count is not yet one too few.
                continue
            signers[endorsement.endorser] = (member.msp_id, member.role)
        written = {name for name, kv in read.namespaces if kv.writes}
        for name in {read.chaincode, *written}:
            policy = self._policies.get(name)
            if policy is None or not policy.satisfied_by(list(signers.values())):
                raise _Invalid(transaction_pb2.ENDORSEMENT_POLICY_FAILURE)


def transaction_id_of(data: bytes) -> str:
    """The id that an envelope claims; empty where it cannot be read."""
    try:
        return _identify(data)[1]
    except _Invalid:
        return ""


def _identify(data: bytes) -> tuple[common_pb2.Envelope, str, bool]:
    """An envelope, the id that it claims, and whether that is the hash of its nonce and creator."""
    try:
        envelope = common_pb2.Envelope.FromString(data)
        header = common_pb2.Payload.FromString(envelope.payload).header
        transaction_id = common_pb2.ChannelHeader.FromString(header.channel_header).tx_id
        signature_header = common_pb2.SignatureHeader.FromString(header.signature_header)
    except DecodeError:
        raise _Invalid(transaction_pb2.BAD_PAYLOAD) from None
    expected = hashlib.sha256(signature_header.nonce + signature_header.creator).hexdigest()
    return envelope, transaction_id, transaction_id == expected


def _take_apart(transaction_id: str, data: bytes) -> _Read:
    try:
        action = transaction_pb2.Transaction.FromString(data).actions[0]
        endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action.payload).action
        answer = proposal_response_pb2.ProposalResponsePayload.FromString(endorsed.proposal_response_payload)
        result = proposal_pb2.ChaincodeAction.FromString(answer.extension)
        namespaces = [
            (namespace.namespace, kv_rwset_pb2.KVRWSet.FromString(namespace.rwset))
            for namespace in rwset_pb2.TxReadWriteSet.FromString(result.results).ns_rwset
        ]
    except (DecodeError, IndexError):
        raise _Invalid(transaction_pb2.INVALID_ENDORSER_TRANSACTION) from None
    return _Read(transaction_id, result.chaincode_id.name, namespaces, endorsed)


def _check_reads(read: _Read, snapshot: Snapshot, written: Mapping[tuple[str, str], Version | None]) -> None:
    """Nothing that was read has changed since (MVCC), and no range has other keys in it now (phantoms)."""

    def version_of(namespace: str, key: str) -> Version | None:
        if (namespace, key) in written:
            return written[(namespace, key)]
        stored = snapshot.get(namespace, key)
        return stored.version if stored else None

    for namespace, kv in read.namespaces:
        for one in kv.reads:
            known = (one.version.block_num, one.version.tx_num) if one.HasField("version") else None
            if version_of(namespace, one.key) != known:
                raise _Invalid(transaction_pb2.MVCC_READ_CONFLICT)
    for namespace, kv in read.namespaces:
        for queried in kv.range_queries_info:
            then = [(r.key, (r.version.block_num, r.version.tx_num)) for r in queried.raw_reads.kv_reads]
            if _range_now(namespace, queried, snapshot, written) != then:
                raise _Invalid(transaction_pb2.PHANTOM_READ_CONFLICT)


def _range_now(
    namespace: str,
    queried: kv_rwset_pb2.RangeQueryInfo,
    snapshot: Snapshot,
    written: Mapping[tuple[str, str], Version | None],
) -> list[tuple[str, Version]]:
    """What the range holds now, the block's earlier transactions counted in."""
    now: dict[str, Version | None] = {
        key: stored.version for key, stored in snapshot.range(namespace, queried.start_key, queried.end_key)
    }
    for (name, key), version in written.items():
        if name == namespace and queried.start_key <= key and (not queried.end_key or key < queried.end_key):
            now[key] = version
    return [(key, version) for key, version in sorted(now.items()) if version is not None]
