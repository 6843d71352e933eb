"""The ledger as features use it: JSON in, JSON out, bounded, its failures in the gateway's own errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import orjson

from chaincode.model import canonical
from chaincode.model.errors import Refusal
from gateway.core.errors import (
    ApiError,
    Busy,
    LedgerConflict,
    LedgerFailed,
    LedgerTimeout,
    LedgerUnavailable,
    OutcomeOpen,
    TransactionUnknown,
)
from gateway.fabric import CommitError, EvaluateError, FabricError, GatewayCallError, Network, Proposal
from gateway.fabric import chaincode_refusal as refusal_in
from gateway.fabric.blocks import TransactionView, parse_block
from gateway.fabric.outcomes import CONFLICTS, Unsettled

log = logging.getLogger(__name__)

REGISTRY = "registry"
CUSTODY = "custody"


class Slots:
    """At most ``limit`` at once, at most ``waiting`` behind them; who comes after is told Busy at once."""

    def __init__(self, limit: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._left = limit + waiting

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """A slot, for as long as the block runs."""
        if self._left == 0:
            raise Busy
        self._left -= 1
        try:
            async with self._free:
                yield
        finally:
            self._left += 1


class Ledger:
    """One channel through this member's peer. Reads and writes have slots of their own."""

    def __init__(self, network: Network, calls: int, waiting: int) -> None:
        self.network = network
        self.writes = Slots(calls, waiting)
        self._reads = Slots(calls, waiting)

    async def evaluate(
        self,
        chaincode: str,
        function: str,
        arguments: Mapping[str, Any],
        private: Mapping[str, bytes] | None = None,
    ) -> Any:
        """What a reading function answers; raises Refusal or a Ledger… error.

        ``private`` goes to a peer of this member alone.
        """
        async with self._reads.taken():
            try:
                contract = self.network.contract(chaincode)
                answer = await contract.evaluate(function, canonical.dumps(arguments), transient=private)
            except FabricError as error:
                raise translated(error) from error
        return orjson.loads(answer)

    def proposal(
        self,
        chaincode: str,
        function: str,
        arguments: Mapping[str, Any],
        private: Mapping[str, bytes],
        endorsers: Sequence[str],
    ) -> Proposal:
        """A new proposal, with a transaction id of its own; see ``submissions.Command``."""
        return self.network.contract(chaincode).proposal(
            function, canonical.dumps(arguments), transient=private, endorsing_organizations=endorsers
        )

    async def height(self) -> int:
        """How many blocks this member's peer has."""
        async with self._reads.taken():
            try:
                return await self.network.height()
            except FabricError as error:
                raise translated(error) from error

    async def block_time_ms(self, number: int) -> int:
        """The time of a block's last transaction, epoch milliseconds, as its client claims it."""
        async with self._reads.taken():
            try:
                block = parse_block(await self.network.block(number))
            except FabricError as error:
                raise translated(error) from error
        return max((transaction.timestamp_ms for transaction in block.transactions), default=0)

    async def transaction(self, transaction_id: str) -> tuple[int, TransactionView]:
        """A transaction and its block's number, from the peer; TransactionUnknown where it has none."""
        async with self._reads.taken():
            try:
                block = parse_block(await self.network.block_by_transaction(transaction_id))
            except EvaluateError as error:
                if refusal_in(error) or error.code in _ANSWERED:
                    raise TransactionUnknown from error
                raise translated(error) from error
        for transaction in block.transactions:
            if transaction.tx_id == transaction_id:
                return block.number, transaction
        raise TransactionUnknown


# The peer could be reached and did not have it.
_ANSWERED = frozenset({grpc.StatusCode.UNKNOWN, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ABORTED})


def translated(error: FabricError) -> Refusal | ApiError:
    """The client's error in the words of the API: a chaincode's refusal, or 502, 503 or 504."""
    if isinstance(error, Unsettled):
        return OutcomeOpen()
    if isinstance(error, CommitError):
        if error.code in CONFLICTS:
            return LedgerConflict()
        log.error("transaction %s is invalid: %s", error.transaction_id, error.name)
        return LedgerFailed(f"The transaction was found invalid: {error.name}")
    if not isinstance(error, GatewayCallError):
        log.error("the ledger's client failed: %s", error)
        return LedgerFailed()
    refused = refusal_in(error)
    if refused and (refusal := Refusal.parse(refused[1])):
        return refusal
    # Nodes' own words may hold addresses of other members: they stay in the log.
    log.warning("%s", error, extra={"tx_id": error.transaction_id})
    if error.code == grpc.StatusCode.UNAVAILABLE:
        return LedgerUnavailable()
    if error.code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED):
        return LedgerTimeout()
    return LedgerFailed()
