"""Exactly once: what to do after each answer, clear or not.

A transaction's envelope is the same however often it is sent, and its id makes its second arrival invalid.
So an open outcome is settled by asking for the status of *that* id and sending *that* envelope, never
a new one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import Enum

import grpc
from fabric_protos.peer import transaction_pb2

from gateway.fabric.errors import CommitError, CommitStatusError, FabricError, SubmitError
from gateway.fabric.transaction import Commit, Proposal, Status, Transaction

ATTEMPTS = 6
STATUS_SECONDS = 15.0
PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 3.0
CONFLICT_ATTEMPTS = 8

# Found invalid because something it read had changed meanwhile: a new proposal reads anew.
CONFLICTS = frozenset({transaction_pb2.MVCC_READ_CONFLICT, transaction_pb2.PHANTOM_READ_CONFLICT})

# A submission that the gateway refused before it sent anything to an orderer.
_NOT_SENT = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


class Unsettled(FabricError):
    """The outcome of a transaction is still open after all attempts; its envelope can be settled later."""

    def __init__(self, transaction_id: str, last: FabricError | None) -> None:
        super().__init__(f"the outcome of transaction {transaction_id} is open: {last}")
        self.transaction_id = transaction_id


class Next(Enum):
    """What to do next."""

    DONE = "the outcome is known"
    ASK = "ask for the status"
    SUBMIT = "submit the same envelope"
    FAIL = "it was never sent: report the error"


def after_submit(code: grpc.StatusCode, sent_before: bool) -> Next:
    """After a submission was answered with ``code``; ``sent_before`` if an earlier one may have arrived."""
    if code == grpc.StatusCode.OK or sent_before:
        return Next.ASK
    return Next.FAIL if code in _NOT_SENT else Next.ASK


def after_status(validation_code: int | None, code: grpc.StatusCode) -> Next:
    """After asking for the status: the validation code where there was one, else the call's gRPC code."""
    if validation_code is None:
        # At its deadline nothing had been committed: the envelope may never have arrived. After any other
        # failure the question is what got lost.
        return Next.SUBMIT if code == grpc.StatusCode.DEADLINE_EXCEEDED else Next.ASK
    # The second arrival of the same envelope is what was seen; the first one's code is what counts.
    return Next.ASK if validation_code == transaction_pb2.DUPLICATE_TXID else Next.DONE


async def settle(
    transaction: Transaction,
    attempts: int = ATTEMPTS,
    status_seconds: float = STATUS_SECONDS,
    sent_before: bool = False,
) -> Status:
    """Submit a transaction and find out how it ended, whatever gets lost on the way.

    ``sent_before`` says that it may have been submitted by an earlier process: its status is asked first.
    Raises SubmitError where it was certainly never sent, Unsettled after ``attempts`` rounds.
    """
    step = Next.ASK if sent_before else Next.SUBMIT
    last: FabricError | None = None
    for attempt in range(attempts):
        if step is Next.SUBMIT:
            code = grpc.StatusCode.OK
            try:
                await transaction.submit()
            except SubmitError as error:
                code, last = error.code, error
                if after_submit(code, sent_before) is Next.FAIL:
                    raise
            sent_before = True
        answer = await _ask(transaction.commit, status_seconds)
        if isinstance(answer, Status):
            step = after_status(answer.code, grpc.StatusCode.OK)
            if step is Next.DONE:
                return answer
        else:
            last = answer
            step = after_status(None, answer.code)
        await _pause(attempt)
    raise Unsettled(transaction.transaction_id, last)


async def submit_with_retry(
    propose: Callable[[], Proposal],
    before_submit: Callable[[Transaction], Awaitable[None]],
    attempts: int = CONFLICT_ATTEMPTS,
) -> tuple[Transaction, Status]:
    """Endorse, store, submit and settle; a new proposal after a conflict, for at most ``attempts`` of them.

    ``before_submit`` stores the signed envelope before it is sent. Raises EndorseError (a chaincode's refusal
    among them, which is final), SubmitError, Unsettled, and CommitError for the last conflict or any other
    invalid transaction.
    """
    for attempt in range(attempts):
        transaction = await propose().endorse()
        await before_submit(transaction)
        status = await settle(transaction)
        if status.successful:
            return transaction, status
        if status.code not in CONFLICTS:
            break
        await _pause(attempt)
    raise CommitError(status.transaction_id, status.code, status.name, status.block_number)


async def _ask(commit: Commit, seconds: float) -> Status | CommitStatusError:
    try:
        return await commit.status(seconds)
    except CommitStatusError as error:
        return error


async def _pause(attempt: int) -> None:
    longest = min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
    await asyncio.sleep(longest * random.uniform(0.3, 1.0))  # noqa: S311 - jitter, not a secret
