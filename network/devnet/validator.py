"""Validation of a block's transactions in three passes, as a peer makes them.

First each by itself: form, creator, id, endorsements. Then an id that stands twice in the block. Then, in
their order, whether what they read still is so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import lmdb

from network.devnet import transaction as transactions
from network.devnet.definitions import Definitions
from network.devnet.keylevel import EndorsementCheck
from network.devnet.msp import IdentityRefused, Membership
from network.devnet.mvcc import BlockState, PrivatePart
from network.devnet.private_block import PrivateBlock, PrivateSets
from network.devnet.snapshot import Snapshot
from network.devnet.store import Effects, Store
from network.devnet.transaction import Code, Invalid, Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Validated:
    """A block's validation codes in order, what it does to the state, and whose private sets are used up."""

    codes: bytes
    effects: Effects
    private: list[str]


class Validator:
    """Validates blocks of one channel."""

    def __init__(
        self,
        channel: str,
        store: Store,
        membership: Membership,
        definitions: Definitions,
        private_sets: PrivateSets,
    ) -> None:
        self._channel = channel
        self._store = store
        self._membership = membership
        self._definitions = definitions
        self._private_sets = private_sets

    def validate(self, number: int, envelopes: Sequence[bytes]) -> Validated:
        """Give every transaction of block ``number`` its code, and collect what the valid ones write."""
        with self._store.snapshot() as snapshot:
            endorsements = EndorsementCheck(self._membership, self._definitions, snapshot)
            found = [self._judged(data, endorsements) for data in envelopes]
            _refuse_repeated(found)
            return self._in_order(number, found, snapshot)

    def _judged(self, data: bytes, endorsements: EndorsementCheck) -> Transaction | Invalid:
        """A transaction that is right by itself, or why it is not.

        Whatever a stranger's bytes lead to must not end the ledger: where a check itself fails, as foreign
        parsers may, the transaction is invalid. A store that fails is another matter.
        """
        try:
            return self._alone(data, endorsements)
        except (OSError, MemoryError, lmdb.Error):
            raise
        except Exception:
            log.exception("a transaction that could not be judged counts as invalid")
            return Invalid(Code.INVALID_OTHER_REASON, transactions.claimed(data))

    def _alone(self, data: bytes, endorsements: EndorsementCheck) -> Transaction | Invalid:
        try:
            headers = transactions.headers(data)
            header = headers.channel_header
            if header.channel_id != self._channel:
                raise Invalid(Code.TARGET_CHAIN_NOT_FOUND)
            try:
                member = self._membership.identify(headers.signature_header.creator)
                member.verify(headers.envelope.payload, headers.envelope.signature)
            except IdentityRefused:
                raise Invalid(Code.BAD_CREATOR_SIGNATURE) from None
            transaction = transactions.of_headers(headers)
        except Invalid as invalid:
            # Whether the id is taken is asked once the endorsed proposal is found to be this one, not before.
            asked = invalid.transaction_id and invalid.code != Code.INVALID_ENDORSER_TRANSACTION
            if asked and self._taken(invalid.transaction_id):
                return Invalid(Code.DUPLICATE_TXID, invalid.transaction_id)
            return Invalid(invalid.code, invalid.transaction_id or transactions.claimed(data))
        identity = transaction.transaction_id
        if self._taken(identity):
            return Invalid(Code.DUPLICATE_TXID, identity)
        try:
            endorsements.check(transaction)
        except Invalid as invalid:
            return Invalid(invalid.code, identity, transaction)
        return transaction

    def _taken(self, identity: str) -> bool:
        return bool(identity) and self._store.locate(identity) is not None

    def _in_order(self, number: int, found: Sequence[Transaction | Invalid], snapshot: Snapshot) -> Validated:
        state = BlockState(snapshot, self._definitions)
        private = PrivateBlock(snapshot, self._definitions, self._private_sets)
        codes = bytearray()
        index: list[tuple[str, int, int]] = []
        used: list[str] = []
        named: set[str] = set()
        for place, one in enumerate(found):
            code = Code.VALID
            transaction = one.transaction if isinstance(one, Invalid) else one
            part: PrivatePart = {}
            if transaction and any(space.collections for space in transaction.action.namespaces):
                used.append(transaction.transaction_id)
                part = private.keep(transaction, (number, place))
            if isinstance(one, Invalid):
                code = one.code
            else:
                try:
                    state.check(one)
                    state.apply(one, (number, place), part)
                    private.purge(one, (number, place), state)
                except Invalid as invalid:
                    code = invalid.code
            codes.append(code)
            identity = one.transaction_id
            # The first of an id is what is asked for, valid or not, its creator's or not.
            if identity and identity not in named and (code == Code.VALID or not self._taken(identity)):
                named.add(identity)
                index.append((identity, place, code))
        private.expire(number, state)
        effects = Effects(state.changes, state.metadata_changes, index, private.effects())
        return Validated(bytes(codes), effects, used)


def _refuse_repeated(found: list[Transaction | Invalid]) -> None:
    """Of transactions with one id, all right by themselves, only the first stays."""
    known: set[str] = set()
    for place, one in enumerate(found):
        if isinstance(one, Transaction):
            if one.transaction_id in known:
                found[place] = Invalid(Code.DUPLICATE_TXID, one.transaction_id)
            known.add(one.transaction_id)
