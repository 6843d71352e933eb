"""Exactly once: what to do after each answer, clear or not.

A transaction's envelope is the same however often it is sent, and its id makes its second arrival invalid.
So an open outcome is settled by asking for the status of *that* id and sending *that* envelope, never
a new one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from enum import Enum

import grpc
from fabric_protos.peer import transaction_pb2

from gateway.fabric.commit import Status
from gateway.fabric.errors import CommitError, CommitStatusError, EndorseError, FabricError, SubmitError
from gateway.fabric.proposal import Proposal
from gateway.fabric.transaction import Transaction

Code = grpc.StatusCode

ATTEMPTS = 6
DEADLINE_SECONDS = 90.0
# How long a status is waited for: after a submission that was taken, and after one that may have been lost.
STATUS_SECONDS = 15.0
UNCLEAR_SECONDS = 5.0
PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 3.0
CONFLICT_ATTEMPTS = 8
POLICY_ATTEMPTS = 3
# How long endorsers that do not agree are asked anew: a peer that lags gets its blocks meanwhile.
AGREE_SECONDS = 20.0

# Found invalid because something it read had changed meanwhile: a new proposal reads anew.
CONFLICTS = frozenset({transaction_pb2.MVCC_READ_CONFLICT, transaction_pb2.PHANTOM_READ_CONFLICT})
# A transaction that writes a key whose own policy an earlier one of the block changed is found invalid by
# its policy, whoever endorsed it. A new proposal tells that from endorsements that are really not enough.
STALE = CONFLICTS | {transaction_pb2.ENDORSEMENT_POLICY_FAILURE}

# A submission that the gateway, or what stands before it, refused before anything went to an orderer.
_NOT_SENT = frozenset(
    {
        Code.INVALID_ARGUMENT,
        Code.PERMISSION_DENIED,
        Code.UNAUTHENTICATED,
        Code.FAILED_PRECONDITION,
        Code.NOT_FOUND,
        Code.UNIMPLEMENTED,
        Code.RESOURCE_EXHAUSTED,
    }
)
# A status that this client will never be told.
_NOT_TOLD = frozenset(
    {
        Code.INVALID_ARGUMENT,
        Code.PERMISSION_DENIED,
        Code.UNAUTHENTICATED,
        Code.UNIMPLEMENTED,
    }
)


class Unsettled(FabricError):
    """The outcome of a transaction is still open after all attempts; its envelope can be settled later."""

    def __init__(self, transaction_id: str, last: FabricError | None) -> None:
        super().__init__(f"the outcome of transaction {transaction_id} is open: {last}")
        self.transaction_id = transaction_id


class Sent(Enum):
    """What is known of the envelope's way to the orderers."""

    NO = "no submission got past the gateway"
    REFUSED = "the orderers answered that they do not take it"
    PERHAPS = "an orderer may have it"


class Next(Enum):
    """What to do next."""

    DONE = "the outcome is known"
    ASK = "ask for the status"
    SUBMIT = "submit the same envelope"
    FAIL = "it can never be committed: report the submission's error"
    OPEN = "give up: the outcome stays open"


def after_submit(code: grpc.StatusCode, busy: bool, sent: Sent) -> tuple[Next, Sent]:
    """After a submission was answered with ``code``.

    ``busy``: the peer had too many calls in hand; ``sent``: what was known before.
    """
    if code == Code.OK:
        return Next.ASK, Sent.PERHAPS
    if busy:
        return Next.SUBMIT, sent
    if sent is Sent.PERHAPS:
        return Next.ASK, Sent.PERHAPS
    if code in _NOT_SENT:
        return Next.FAIL, sent
    # ABORTED is how the gateway passes on an orderer's 4xx: malformed, too large, or not allowed to write.
    # Another orderer may have answered before and its answer got lost, so the status is asked once.
    return Next.ASK, Sent.REFUSED if code == Code.ABORTED else Sent.PERHAPS


def after_status(validation_code: int | None, code: grpc.StatusCode, sent: Sent) -> Next:
    """After asking for the status: the validation code where there was one, else the call's gRPC code."""
    if validation_code is not None:
        # Of two arrivals of one envelope this is the second's code; the first's is what counts.
        return Next.ASK if validation_code == transaction_pb2.DUPLICATE_TXID else Next.DONE
    if code == Code.DEADLINE_EXCEEDED:
        # Nothing was committed in that time: the envelope may never have arrived.
        return Next.FAIL if sent is Sent.REFUSED else Next.SUBMIT
    # After any other failure the question is what got lost.
    return Next.OPEN if code in _NOT_TOLD else Next.ASK


async def settle(
    transaction: Transaction,
    attempts: int = ATTEMPTS,
    deadline: float = DEADLINE_SECONDS,
    sent_before: bool = False,
) -> Status:
    """Submit a transaction and find out how it ended, whatever gets lost on the way.

    Gives up after ``attempts`` rounds or ``deadline`` seconds, whichever is first. ``sent_before`` says that
    it may have been submitted by an earlier process: its status is asked first.
    Raises SubmitError where it can certainly never be committed, Unsettled where the outcome stays open.
    """
    ends = time.monotonic() + deadline
    step, sent = (Next.ASK, Sent.PERHAPS) if sent_before else (Next.SUBMIT, Sent.NO)
    refusal: SubmitError | None = None
    last: FabricError | None = None
    wait = UNCLEAR_SECONDS
    for attempt in range(attempts):
        if step is Next.SUBMIT:
            error = await _submit(transaction)
            code, busy = (error.code, error.busy) if error else (Code.OK, False)
            step, sent = after_submit(code, busy, sent)
            wait = UNCLEAR_SECONDS if error else STATUS_SECONDS
            last, refusal = error or last, error
        left = ends - time.monotonic()
        if step is Next.ASK and left > 0:
            answer = await _ask(transaction, min(wait, left))
            if isinstance(answer, Status):
                step = after_status(answer.code, Code.OK, sent)
                if step is Next.DONE:
                    return answer
            else:
                last = answer
                step = after_status(None, answer.code, sent)
        if step in (Next.FAIL, Next.OPEN) or ends <= time.monotonic():
            break
        await _pause(attempt)
    if refusal and (step is Next.FAIL or sent is Sent.NO):
        raise refusal
    raise Unsettled(transaction.transaction_id, last)


async def submit_with_retry(
    propose: Callable[[], Proposal],
    before_submit: Callable[[Transaction], Awaitable[None]],
    attempts: int = CONFLICT_ATTEMPTS,
) -> tuple[Transaction, Status]:
    """Endorse, store, submit and settle; a new proposal after a conflict, for at most ``attempts`` of them.

    A conflict is definite: a transaction that is in a block and invalid because what it read had changed. So
    is a peer too busy to look at a proposal. After endorsements that did not meet a policy there are at most
    ``POLICY_ATTEMPTS``: the policy may have been changed meanwhile, and else it will not help. Endorsers that
    read different states, of whose endorsements nothing was sent, are asked anew for ``AGREE_SECONDS``:
    their results differ, or other members' chaincode refuses what the caller's own peer endorsed.
    ``before_submit`` stores the signed envelope before it is sent. Raises EndorseError (a chaincode's refusal
    among them, which is final where a peer of the caller's own member gave it), SubmitError, Unsettled, and
    CommitError for the last conflict or any other invalid transaction.
    """
    tries = conflicts = refused_by_policy = 0
    patience = time.monotonic() + AGREE_SECONDS
    while True:
        if tries:
            await _pause(tries - 1)
        tries += 1
        proposal = propose()
        try:
            transaction = await proposal.endorse()
        except EndorseError as error:
            if error.mismatch or error.refused_elsewhere(proposal.client.identity.msp_id):
                again = time.monotonic() < patience
            else:
                conflicts += 1
                again = error.busy and conflicts < attempts
            if not again:
                raise
            continue
        await before_submit(transaction)
        status = await settle(transaction)
        if status.successful:
            return transaction, status
        conflicts += 1
        refused_by_policy += status.code not in CONFLICTS
        if conflicts >= attempts or status.code not in STALE or refused_by_policy == POLICY_ATTEMPTS:
            raise CommitError(status.transaction_id, status.code, status.name, status.block_number)


async def _submit(transaction: Transaction) -> SubmitError | None:
    try:
        await transaction.submit()
    except SubmitError as error:
        return error
    return None


async def _ask(transaction: Transaction, seconds: float) -> Status | CommitStatusError:
    try:
        return await transaction.commit.status(seconds)
    except CommitStatusError as error:
        return error


async def _pause(attempt: int) -> None:
    longest = min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
    await asyncio.sleep(longest * random.uniform(0.3, 1.0))  # noqa: S311 - jitter, not a secret
