"""Exactly once: a request that writes is kept under its Idempotency-Key from before it is sent.

The signed envelope and its transaction id are in the database before the ledger sees them. After an unclear
answer, a crash or a restart, whoever has the row asks for the status of *that* id and sends *that* envelope
again; a second proposal is made only once the first is known to be invalid. A worker renews its hold on a row
while it lives; the hold fences every change, so a worker that lost it can write nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from chaincode.model import canonical
from chaincode.model.errors import MediLedgerError, Refusal
from gateway.core.errors import ApiError, KeyReused, OutcomeOpen, RequestInProgress
from gateway.core.ledger import Ledger, translated
from gateway.core.submission_store import LEASE, LeaseLost, Owner, Row, SubmissionStore
from gateway.fabric import CommitError, FabricError, Transaction
from gateway.fabric.outcomes import STALE, Unsettled, settle, submit_with_retry

log = logging.getLogger(__name__)

RENEW_SECONDS = LEASE.total_seconds() / 3
SWEEP_SECONDS = 2.0
SWEEP_ROWS = 20
PRUNE_ROWS = 500
CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class Command:
    """A transaction function to call, with its one argument.

    ``private`` goes to ``endorsers`` (MSP ids) alone and is stored nowhere; a repeat of the request brings it
    again. Without endorsers the peer chooses them.
    """

    chaincode: str
    function: str
    arguments: Mapping[str, Any]
    private: Mapping[str, bytes] = field(default_factory=dict)
    endorsers: tuple[str, ...] = ()

    @property
    def hash(self) -> bytes:
        """The same for the same request, whatever the order of its fields.

        Of private values it takes digests: whoever salts them reveals nothing by it.
        """
        request: list[Any] = [self.chaincode, self.function, self.arguments]
        if self.private:
            request.append({name: hashlib.sha256(value).hexdigest() for name, value in self.private.items()})
        return hashlib.sha256(canonical.dumps(request)).digest()


@dataclass(frozen=True)
class Receipt:
    """A committed transaction: its id, its block, what its function returned."""

    transaction_id: str
    block_number: int
    result: Any


def derived_id(gln: str, owner: Owner) -> str:
    """An identifier for a document that a request makes: the same for every repeat of the same request."""
    return hashlib.sha256("\n".join((gln, owner.username, owner.key)).encode()).hexdigest()[:32]


class Submissions:
    """Carries commands out, each once; ``seconds`` bounds how long a caller waits, not the work itself."""

    def __init__(self, engine: AsyncEngine, ledger: Ledger, seconds: float, keep: timedelta) -> None:
        self._store = SubmissionStore(engine, uuid.uuid4())
        self._ledger = ledger
        self._seconds = seconds
        self._keep = keep
        self._running: dict[Owner, asyncio.Task[Receipt]] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to renew, and to settle what a worker that is gone left open."""
        self._keepers = [
            asyncio.create_task(self._forever(self._renew, RENEW_SECONDS)),
            asyncio.create_task(self._forever(self._sweep, SWEEP_SECONDS)),
        ]

    async def close(self) -> None:
        """Let what runs finish, for a while; what does not is settled by the next process."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def run(self, owner: Owner, command: Command) -> Receipt:
        """The receipt of ``command``, carried out now or at an earlier request with the same key.

        Raises Refusal (now or then), KeyReused, RequestInProgress, OutcomeOpen, or a Ledger… error after
        which nothing was written and the key is free.
        """
        if owner in self._running:
            row = await self._store.get(owner)
            if row is not None and row.request_hash != command.hash:
                raise KeyReused
            raise RequestInProgress
        task = self._begin(owner, self._carry_out(owner, command))
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.shield(task)
        except TimeoutError:
            raise OutcomeOpen from None

    def _begin(self, owner: Owner, work: Coroutine[Any, Any, Receipt]) -> asyncio.Task[Receipt]:
        task = asyncio.create_task(work)
        self._running[owner] = task
        task.add_done_callback(lambda done: self._finished(owner, done))
        return task

    def _finished(self, owner: Owner, task: asyncio.Task[Receipt]) -> None:
        del self._running[owner]
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, MediLedgerError):
            log.warning("a submission ended early and is settled later: %s", type(error).__name__)

    async def _carry_out(self, owner: Owner, command: Command) -> Receipt:
        async with self._ledger.writes.taken():
            try:
                if await self._store.claim(owner, command.hash, command.chaincode, command.function):
                    return await self._submit(owner, command)
                return await self._again(owner, command)
            except LeaseLost:
                raise RequestInProgress from None

    async def _again(self, owner: Owner, command: Command) -> Receipt:
        """The key is known: answer as before, or go on where the request before was cut off."""
        row = await self._store.get(owner)
        if row is None:
            raise RequestInProgress
        if row.request_hash != command.hash:
            raise KeyReused
        if row.state == "done":
            return _answer(row)
        if row.leased or not await self._store.take_over(owner):
            raise RequestInProgress
        held = await self._store.get(owner)
        if held is None:
            raise RequestInProgress
        if held.state == "sent":
            receipt = await self._settle(held)
            if receipt is not None:
                return receipt
        return await self._submit(owner, command)

    async def _submit(self, owner: Owner, command: Command) -> Receipt:
        """Propose, keep the envelope, send, settle; anew after each conflict, a few times."""

        async def keep(transaction: Transaction) -> None:
            result = orjson.loads(transaction.result)
            await self._store.sending(owner, transaction.transaction_id, transaction.bytes, result)

        try:
            transaction, status = await submit_with_retry(
                lambda: self._ledger.proposal(
                    command.chaincode,
                    command.function,
                    command.arguments,
                    command.private,
                    command.endorsers,
                ),
                keep,
            )
        except Unsettled as error:
            await self._store.release(owner)
            raise OutcomeOpen from error
        except FabricError as error:
            # Whatever was sent is in a block and invalid, so nothing of this key can be committed any more.
            raise await self._failed(owner, translated(error)) from error
        await self._store.committed(owner, status.block_number)
        return Receipt(transaction.transaction_id, status.block_number, orjson.loads(transaction.result))

    async def _failed(self, owner: Owner, error: Refusal | ApiError) -> Refusal | ApiError:
        """Keep a refusal as the key's answer, free the key after anything else; ``error`` is then raised."""
        if isinstance(error, Refusal):
            await self._store.refused(owner, json.loads(error.to_json()))
        else:
            await self._store.forget(owner)
        return error

    async def _settle(self, row: Row) -> Receipt | None:
        """The outcome of an envelope that may have been sent; None where it is invalid for a conflict.

        Raises OutcomeOpen, and for any other invalid transaction its error, after which the key is free.
        """
        assert row.envelope is not None and row.tx_id is not None
        transaction = self._ledger.network.transaction_from(row.envelope)
        try:
            status = await settle(transaction, sent_before=True)
        except FabricError as error:
            await self._store.release(row.owner)
            raise OutcomeOpen from error
        if status.successful:
            await self._store.committed(row.owner, status.block_number)
            return Receipt(row.tx_id, status.block_number, row.result)
        if status.code in STALE:
            return None
        invalid = CommitError(status.transaction_id, status.code, status.name, status.block_number)
        raise await self._failed(row.owner, translated(invalid))

    async def _renew(self) -> None:
        if self._running:
            await self._store.renew(tuple(self._running))

    async def _sweep(self) -> None:
        """Settle what workers that are gone, or requests that gave up, left open; delete what is old."""
        for row in await self._store.abandoned(tuple(self._running), SWEEP_ROWS):
            if row.owner in self._running:
                continue
            self._begin(row.owner, self._recover(row))
        await self._store.prune(self._keep, PRUNE_ROWS)

    async def _recover(self, row: Row) -> Receipt:
        async with self._ledger.writes.taken():
            if row.state == "sent":
                receipt = await self._settle(row)
                if receipt is not None:
                    log.info("settled what was left open", extra={"tx_id": row.tx_id})
                    return receipt
            # Nothing of it was sent, or what was is invalid: the caller's next try makes a new proposal.
            with suppress(LeaseLost):
                await self._store.forget(row.owner)
            raise RequestInProgress

    async def _forever(self, step: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Repeat ``step``; the database may be away for a while, and is asked again."""
        while True:
            try:
                await step()
            except Exception as error:
                log.warning("keeping submissions failed and is repeated: %s", type(error).__name__)
            await asyncio.sleep(seconds)


def _answer(row: Row) -> Receipt:
    """The answer that was given before; raises the refusal where it was one."""
    if row.refusal is not None:
        refusal = Refusal.parse(orjson.dumps(row.refusal).decode())
        assert refusal is not None
        raise refusal
    assert row.tx_id is not None and row.block_number is not None
    return Receipt(row.tx_id, row.block_number, row.result)
