"""Exactly once: the decision table row by row, then what really happens when answers get lost."""

from __future__ import annotations

import grpc
import pytest
from fabric_protos.peer import transaction_pb2

from gateway.fabric import CommitError, EndorseError, Network, Proposal, SubmitError, Transaction
from gateway.fabric.outcomes import Next, Unsettled, after_status, after_submit, settle, submit_with_retry
from tests.unit.gateway.fabric.fake_gateway import FakeGateway, Fault

Code = grpc.StatusCode
VALID = transaction_pb2.VALID
DUPLICATE = transaction_pb2.DUPLICATE_TXID
MVCC = transaction_pb2.MVCC_READ_CONFLICT
PHANTOM = transaction_pb2.PHANTOM_READ_CONFLICT
POLICY = transaction_pb2.ENDORSEMENT_POLICY_FAILURE
# Long enough for an answer that comes, short for one that does not.
SECONDS = 0.15

pytestmark = pytest.mark.usefixtures("no_pause")

# A gateway that answers so has not sent anything on.
REFUSING = {
    Code.INVALID_ARGUMENT,
    Code.PERMISSION_DENIED,
    Code.UNAUTHENTICATED,
    Code.FAILED_PRECONDITION,
    Code.NOT_FOUND,
    Code.UNIMPLEMENTED,
}


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_after_the_first_submission(code: grpc.StatusCode) -> None:
    assert after_submit(code, sent_before=False) is (Next.FAIL if code in REFUSING else Next.ASK)


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_after_a_repeated_submission(code: grpc.StatusCode) -> None:
    """The first may have arrived, so no answer to the second says that nothing was sent."""
    assert after_submit(code, sent_before=True) is Next.ASK


@pytest.mark.parametrize(
    ("code", "step"),
    [
        (code, Next.ASK if code == DUPLICATE else Next.DONE)
        for code in transaction_pb2.TxValidationCode.values()
    ],
)
def test_after_a_status(code: int, step: Next) -> None:
    assert after_status(code, Code.OK) is step


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK], ids=lambda code: code.name)
def test_after_no_status(code: grpc.StatusCode) -> None:
    assert after_status(None, code) is (Next.SUBMIT if code is Code.DEADLINE_EXCEEDED else Next.ASK)


@pytest.fixture
async def transaction(network: Network) -> Transaction:
    return await network.contract("custody").proposal("Pack", b"{}").endorse()


def only_this_envelope(fake: FakeGateway, transaction: Transaction, times: int) -> None:
    """Whatever was sent was this very envelope."""
    sent = [request.prepared_transaction.SerializeToString() for request in fake.submitted]
    assert sent == [transaction.bytes] * times
    assert {asked.transaction_id for asked in fake.asked} <= {transaction.transaction_id}


async def test_nothing_gets_lost(fake: FakeGateway, transaction: Transaction) -> None:
    status = await settle(transaction, status_seconds=SECONDS)
    assert (status.successful, status.block_number, status.transaction_id) == (
        True,
        1,
        transaction.transaction_id,
    )
    only_this_envelope(fake, transaction, 1)


@pytest.mark.parametrize(
    "code", [Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED, Code.ABORTED, Code.UNKNOWN]
)
async def test_the_answer_to_the_submission_gets_lost(
    fake: FakeGateway, transaction: Transaction, code: grpc.StatusCode
) -> None:
    fake.script("Submit", Fault(code, effective=True))
    assert (await settle(transaction, status_seconds=SECONDS)).successful
    only_this_envelope(fake, transaction, 1)


async def test_the_submission_gets_lost(fake: FakeGateway, transaction: Transaction) -> None:
    fake.script("Submit", Fault(Code.UNAVAILABLE))
    assert (await settle(transaction, status_seconds=SECONDS)).successful
    only_this_envelope(fake, transaction, 2)
    assert fake.arrived == 1


async def test_the_answer_about_the_status_gets_lost(fake: FakeGateway, transaction: Transaction) -> None:
    fake.script("CommitStatus", Fault(Code.UNAVAILABLE), Fault(Code.ABORTED))
    assert (await settle(transaction, status_seconds=SECONDS)).successful
    only_this_envelope(fake, transaction, 1)
    assert len(fake.asked) == 3


async def test_the_envelope_arrives_twice(fake: FakeGateway, transaction: Transaction) -> None:
    """A late status looks as if nothing had arrived: the second arrival changes nothing."""
    fake.script("CommitStatus", Fault(Code.DEADLINE_EXCEEDED))
    status = await settle(transaction, status_seconds=SECONDS)
    assert (status.successful, status.block_number) == (True, 1)
    only_this_envelope(fake, transaction, 2)
    assert fake.arrived == 2


async def test_the_second_arrivals_code_is_not_the_outcome(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.script("Submit", Fault(Code.UNAVAILABLE, effective=True))
    fake.status_answers.append(DUPLICATE)
    assert (await settle(transaction, status_seconds=SECONDS)).successful
    only_this_envelope(fake, transaction, 1)


async def test_an_invalid_transaction_is_an_outcome(fake: FakeGateway, transaction: Transaction) -> None:
    fake.codes.append(POLICY)
    status = await settle(transaction, status_seconds=SECONDS)
    assert (status.successful, status.name) == (False, "ENDORSEMENT_POLICY_FAILURE")
    only_this_envelope(fake, transaction, 1)


async def test_a_refusal_before_anything_was_sent(fake: FakeGateway, transaction: Transaction) -> None:
    fake.script("Submit", Fault(Code.INVALID_ARGUMENT))
    with pytest.raises(SubmitError) as error:
        await settle(transaction, status_seconds=SECONDS)
    assert error.value.code is Code.INVALID_ARGUMENT
    assert fake.asked == []


async def test_a_refusal_after_something_was_sent(fake: FakeGateway, transaction: Transaction) -> None:
    fake.script("Submit", Fault(Code.UNAVAILABLE), Fault(Code.PERMISSION_DENIED, effective=True))
    assert (await settle(transaction, status_seconds=SECONDS)).successful
    only_this_envelope(fake, transaction, 2)


async def test_after_a_restart_the_status_is_asked_first(fake: FakeGateway, transaction: Transaction) -> None:
    await transaction.submit()
    assert (await settle(transaction, status_seconds=SECONDS, sent_before=True)).successful
    only_this_envelope(fake, transaction, 1)


async def test_after_a_restart_what_never_left_is_sent(
    network: Network, fake: FakeGateway, transaction: Transaction
) -> None:
    stored = network.transaction_from(transaction.bytes)
    assert (await settle(stored, status_seconds=SECONDS, sent_before=True)).successful
    only_this_envelope(fake, transaction, 1)


async def test_attempts_end(fake: FakeGateway, transaction: Transaction) -> None:
    fake.script("Submit", *[Fault(Code.UNAVAILABLE)] * 3)
    with pytest.raises(Unsettled, match=transaction.transaction_id) as error:
        await settle(transaction, attempts=3, status_seconds=0.05)
    assert error.value.transaction_id == transaction.transaction_id
    assert "DEADLINE_EXCEEDED" in str(error.value)
    only_this_envelope(fake, transaction, 3)
    # The same envelope is settled later.
    assert (await settle(transaction, status_seconds=SECONDS, sent_before=True)).successful
    assert fake.arrived == 1


class Client:
    """Proposes anew each time and notes what is stored before it is sent."""

    def __init__(self, network: Network, fake: FakeGateway) -> None:
        self._network = network
        self._fake = fake
        self.stored: list[str] = []

    def propose(self) -> Proposal:
        return self._network.contract("custody").proposal("Pack", b"{}")

    async def store(self, transaction: Transaction) -> None:
        sent = {request.transaction_id for request in self._fake.submitted}
        assert transaction.transaction_id not in sent, "stored before it is sent"
        self.stored.append(transaction.transaction_id)


@pytest.mark.parametrize("conflicts", [[], [MVCC], [MVCC, PHANTOM, MVCC]])
async def test_conflicts_are_proposed_anew(network: Network, fake: FakeGateway, conflicts: list[int]) -> None:
    fake.codes.extend(conflicts)
    client = Client(network, fake)
    transaction, status = await submit_with_retry(client.propose, client.store)
    assert status.successful
    assert client.stored == [request.transaction_id for request in fake.submitted]
    assert len(set(client.stored)) == len(conflicts) + 1
    assert transaction.transaction_id == client.stored[-1]


async def test_conflicts_end(network: Network, fake: FakeGateway) -> None:
    fake.codes.extend([MVCC] * 3)
    client = Client(network, fake)
    with pytest.raises(CommitError) as error:
        await submit_with_retry(client.propose, client.store, attempts=3)
    assert (error.value.code, error.value.block_number, len(client.stored)) == (MVCC, 3, 3)


async def test_another_invalidity_is_final(network: Network, fake: FakeGateway) -> None:
    fake.codes.append(POLICY)
    client = Client(network, fake)
    with pytest.raises(CommitError) as error:
        await submit_with_retry(client.propose, client.store)
    assert (error.value.code, len(client.stored)) == (POLICY, 1)


async def test_a_refusal_of_the_chaincode_is_final(network: Network, fake: FakeGateway) -> None:
    fake.script("Endorse", Fault(Code.ABORTED, message="chaincode response 409, {}"))
    client = Client(network, fake)
    with pytest.raises(EndorseError):
        await submit_with_retry(client.propose, client.store)
    assert (client.stored, fake.submitted) == ([], [])


async def test_what_cannot_be_stored_is_not_sent(network: Network, fake: FakeGateway) -> None:
    async def full(transaction: Transaction) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await submit_with_retry(Client(network, fake).propose, full)
    assert fake.submitted == []
