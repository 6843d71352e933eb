"""The decision table of unclear outcomes, a test per row, and the two loops that follow it."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import transaction_pb2

from gateway.fabric import CommitError, EndorseError, Network, SubmitError, Transaction, outcomes, transport
from gateway.fabric.outcomes import (
    Next,
    Sent,
    Unsettled,
    after_status,
    after_submit,
    settle,
    submit_with_retry,
)
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway

Code = grpc.StatusCode
NO, REFUSED, PERHAPS = Sent.NO, Sent.REFUSED, Sent.PERHAPS
DUPLICATE = transaction_pb2.DUPLICATE_TXID
CONFLICT = transaction_pb2.MVCC_READ_CONFLICT
POLICY = transaction_pb2.ENDORSEMENT_POLICY_FAILURE
BUSY = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)"


@pytest.mark.parametrize(
    ("code", "busy", "sent", "then"),
    [
        (Code.OK, False, NO, (Next.ASK, PERHAPS)),
        (Code.OK, False, PERHAPS, (Next.ASK, PERHAPS)),
        (Code.UNKNOWN, True, NO, (Next.SUBMIT, NO)),
        (Code.UNKNOWN, True, PERHAPS, (Next.SUBMIT, PERHAPS)),
        (Code.UNAVAILABLE, False, NO, (Next.ASK, PERHAPS)),
        (Code.DEADLINE_EXCEEDED, False, NO, (Next.ASK, PERHAPS)),
        (Code.CANCELLED, False, NO, (Next.ASK, PERHAPS)),
        (Code.UNKNOWN, False, NO, (Next.ASK, PERHAPS)),
        (Code.INTERNAL, False, NO, (Next.ASK, PERHAPS)),
        (Code.DATA_LOSS, False, NO, (Next.ASK, PERHAPS)),
        (Code.ABORTED, False, NO, (Next.ASK, REFUSED)),
        (Code.ABORTED, False, PERHAPS, (Next.ASK, PERHAPS)),
        (Code.INVALID_ARGUMENT, False, NO, (Next.FAIL, NO)),
        (Code.PERMISSION_DENIED, False, NO, (Next.FAIL, NO)),
        (Code.UNAUTHENTICATED, False, NO, (Next.FAIL, NO)),
        (Code.FAILED_PRECONDITION, False, NO, (Next.FAIL, NO)),
        (Code.NOT_FOUND, False, NO, (Next.FAIL, NO)),
        (Code.UNIMPLEMENTED, False, NO, (Next.FAIL, NO)),
        (Code.RESOURCE_EXHAUSTED, False, NO, (Next.FAIL, NO)),
        (Code.INVALID_ARGUMENT, False, PERHAPS, (Next.ASK, PERHAPS)),
        (Code.RESOURCE_EXHAUSTED, False, PERHAPS, (Next.ASK, PERHAPS)),
        (Code.UNAVAILABLE, False, PERHAPS, (Next.ASK, PERHAPS)),
    ],
)
def test_after_a_submission(code: Code, busy: bool, sent: Sent, then: tuple[Next, Sent]) -> None:
    assert after_submit(code, busy, sent) == then


@pytest.mark.parametrize(
    ("validation_code", "code", "sent", "then"),
    [
        (transaction_pb2.VALID, Code.OK, PERHAPS, Next.DONE),
        (transaction_pb2.VALID, Code.OK, REFUSED, Next.DONE),
        (CONFLICT, Code.OK, PERHAPS, Next.DONE),
        (transaction_pb2.PHANTOM_READ_CONFLICT, Code.OK, PERHAPS, Next.DONE),
        (transaction_pb2.ENDORSEMENT_POLICY_FAILURE, Code.OK, PERHAPS, Next.DONE),
        (DUPLICATE, Code.OK, PERHAPS, Next.ASK),
        (None, Code.DEADLINE_EXCEEDED, PERHAPS, Next.SUBMIT),
        (None, Code.DEADLINE_EXCEEDED, REFUSED, Next.FAIL),
        (None, Code.UNAVAILABLE, PERHAPS, Next.ASK),
        (None, Code.UNAVAILABLE, REFUSED, Next.ASK),
        (None, Code.CANCELLED, PERHAPS, Next.ASK),
        (None, Code.ABORTED, PERHAPS, Next.ASK),
        (None, Code.UNKNOWN, PERHAPS, Next.ASK),
        (None, Code.FAILED_PRECONDITION, PERHAPS, Next.ASK),
        (None, Code.PERMISSION_DENIED, PERHAPS, Next.OPEN),
        (None, Code.UNAUTHENTICATED, PERHAPS, Next.OPEN),
        (None, Code.INVALID_ARGUMENT, PERHAPS, Next.OPEN),
        (None, Code.UNIMPLEMENTED, PERHAPS, Next.OPEN),
    ],
)
def test_after_a_status(validation_code: int | None, code: Code, sent: Sent, then: Next) -> None:
    assert after_status(validation_code, code, sent) == then


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("busy", [False, True])
def test_what_may_have_arrived_is_never_reported_as_failed(code: Code, busy: bool) -> None:
    then, sent = after_submit(code, busy, PERHAPS)
    assert then in (Next.ASK, Next.SUBMIT)
    assert sent is PERHAPS
    assert after_status(None, code, PERHAPS) is not Next.FAIL


@pytest.mark.parametrize("code", transaction_pb2.TxValidationCode.values())
def test_every_validation_code_but_a_duplicates_is_an_outcome(code: int) -> None:
    assert after_status(code, Code.OK, PERHAPS) is (Next.ASK if code == DUPLICATE else Next.DONE)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rounds in less time."""
    monkeypatch.setattr(transport, "BUSY_PAUSE_SECONDS", 0.0001)
    monkeypatch.setattr(outcomes, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(outcomes, "STATUS_SECONDS", 0.1)
    monkeypatch.setattr(outcomes, "UNCLEAR_SECONDS", 0.1)


@pytest.fixture
async def transaction(network: Network) -> Transaction:
    return await network.contract("custody").proposal("Commission", b"{}").endorse()


def envelope(transaction: Transaction) -> bytes:
    """What a peer is given of a transaction."""
    return gateway_pb2.PreparedTransaction.FromString(transaction.bytes).envelope.SerializeToString()


def calls(fake: FakeGateway) -> list[str]:
    return [name for name, _ in fake.requests if name != "Endorse"]


async def test_nothing_goes_wrong(fake: FakeGateway, transaction: Transaction) -> None:
    assert (await settle(transaction)).successful
    assert calls(fake) == ["Submit", "CommitStatus"]


@pytest.mark.parametrize(
    "code", [Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED, Code.UNKNOWN, Code.ABORTED]
)
async def test_the_answer_is_lost_and_the_envelope_arrived(
    fake: FakeGateway, transaction: Transaction, code: Code
) -> None:
    fake.answer("Submit", Failure(code, late=True))
    assert (await settle(transaction)).successful
    assert calls(fake) == ["Submit", "CommitStatus"]


async def test_the_envelope_is_lost_and_sent_again_unchanged(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("Submit", Failure(Code.UNAVAILABLE))
    assert (await settle(transaction)).successful
    assert calls(fake) == ["Submit", "CommitStatus", "Submit", "CommitStatus"]
    sent = [request.prepared_transaction for name, request in fake.requests if name == "Submit"]
    assert sent[0].SerializeToString() == sent[1].SerializeToString() == envelope(transaction)


async def test_a_lost_status_is_asked_again(fake: FakeGateway, transaction: Transaction) -> None:
    fake.answer("CommitStatus", Failure(Code.UNAVAILABLE), Failure(Code.ABORTED))
    assert (await settle(transaction)).successful
    assert calls(fake) == ["Submit", "CommitStatus", "CommitStatus", "CommitStatus"]


async def test_a_late_status_looks_as_if_nothing_had_arrived(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("CommitStatus", Failure(Code.DEADLINE_EXCEEDED))
    status = await settle(transaction)
    assert (status.successful, status.block_number) == (True, 1)
    assert fake.envelopes == [envelope(transaction)] * 2


async def test_a_duplicate_resolves_to_the_first_ones_status(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("CommitStatus", DUPLICATE)
    assert (await settle(transaction)).successful
    assert calls(fake) == ["Submit", "CommitStatus", "CommitStatus"]


async def test_a_busy_peer_is_asked_again(fake: FakeGateway, transaction: Transaction) -> None:
    fake.answer("Submit", Failure(Code.UNKNOWN, BUSY))
    assert (await settle(transaction)).successful
    assert calls(fake) == ["Submit", "Submit", "CommitStatus"]


async def test_a_peer_that_stays_busy_is_a_submission_that_never_was(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("Submit", *[Failure(Code.UNKNOWN, BUSY)] * 30)
    with pytest.raises(SubmitError):
        await settle(transaction, attempts=3)
    assert calls(fake) == ["Submit"] * 3 * (1 + transport.BUSY_ATTEMPTS)


async def test_what_the_gateway_refuses_is_reported_at_once(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("Submit", Failure(Code.FAILED_PRECONDITION))
    with pytest.raises(SubmitError):
        await settle(transaction)
    assert calls(fake) == ["Submit"]


async def test_what_the_orderers_refuse_is_reported_after_one_look(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("Submit", Failure(Code.ABORTED, "status=REQUEST_ENTITY_TOO_LARGE"))
    with pytest.raises(SubmitError, match="TOO_LARGE"):
        await settle(transaction)
    assert calls(fake) == ["Submit", "CommitStatus"]


async def test_an_earlier_process_may_have_sent_it(fake: FakeGateway, transaction: Transaction) -> None:
    fake.committed[transaction.transaction_id] = (CONFLICT, 3)
    status = await settle(transaction, sent_before=True)
    assert (status.code, status.block_number) == (CONFLICT, 3)
    assert calls(fake) == ["CommitStatus"]


async def test_an_earlier_process_did_not_send_it(fake: FakeGateway, transaction: Transaction) -> None:
    assert (await settle(transaction, sent_before=True)).successful
    assert calls(fake) == ["CommitStatus", "Submit", "CommitStatus"]


async def test_a_refusal_does_not_undo_an_earlier_process(
    fake: FakeGateway, transaction: Transaction
) -> None:
    fake.answer("Submit", Failure(Code.PERMISSION_DENIED))
    with pytest.raises(Unsettled):
        await settle(transaction, attempts=2, sent_before=True)


async def test_it_gives_up_after_its_attempts(fake: FakeGateway, transaction: Transaction) -> None:
    fake.answer("Submit", *[Failure(Code.UNAVAILABLE)] * 2)
    with pytest.raises(Unsettled) as raised:
        await settle(transaction, attempts=2)
    assert raised.value.transaction_id == transaction.transaction_id
    assert calls(fake) == ["Submit", "CommitStatus"] * 2
    # The same envelope is settled later.
    assert (await settle(transaction, sent_before=True)).successful
    assert fake.envelopes == [envelope(transaction)]


async def test_it_gives_up_at_its_deadline(
    fake: FakeGateway, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "UNCLEAR_SECONDS", 60.0)
    fake.answer("Submit", Failure(Code.UNAVAILABLE))
    async with asyncio.timeout(10):
        with pytest.raises(Unsettled):
            await settle(transaction, deadline=0.2)


async def test_a_status_that_is_not_told_stays_open(fake: FakeGateway, transaction: Transaction) -> None:
    fake.answer("CommitStatus", Failure(Code.PERMISSION_DENIED))
    with pytest.raises(Unsettled, match="PERMISSION_DENIED"):
        await settle(transaction)
    assert calls(fake) == ["Submit", "CommitStatus"]


class Store:
    """Keeps envelopes as a caller's database does, before they are sent."""

    def __init__(self, fake: FakeGateway) -> None:
        self._fake = fake
        self.envelopes: list[bytes] = []

    async def __call__(self, transaction: Transaction) -> None:
        assert transaction.transaction_id not in self._fake.committed
        self.envelopes.append(envelope(transaction))


async def test_a_conflict_gets_a_new_proposal(fake: FakeGateway, network: Network) -> None:
    fake.answer("Submit", CONFLICT, transaction_pb2.PHANTOM_READ_CONFLICT)
    store = Store(fake)
    contract = network.contract("custody")
    transaction, status = await submit_with_retry(lambda: contract.proposal("Commission"), store)
    assert status.successful
    assert status.transaction_id == transaction.transaction_id
    assert store.envelopes == fake.envelopes
    assert len(set(store.envelopes)) == 3


@pytest.mark.parametrize(
    "failure",
    [
        Failure(
            Code.ABORTED, "see details", (("peer1:7051", "BMSP", "ProposalResponsePayloads do not match"),)
        ),
        Failure(Code.UNKNOWN, BUSY),
        Failure(
            Code.ABORTED, "see details", (("peer1:7051", "BMSP", "chaincode response 404, unit_unknown"),)
        ),
    ],
    ids=["endorsers differ", "busy", "another member's peer is behind"],
)
async def test_what_was_not_endorsed_for_the_moment_gets_a_new_proposal(
    fake: FakeGateway, network: Network, failure: Failure
) -> None:
    fake.answer("Endorse", failure)
    store = Store(fake)
    _, status = await submit_with_retry(lambda: network.contract("custody").proposal("Commission"), store)
    assert status.successful
    assert fake.count("Endorse") == 2
    assert len(store.envelopes) == 1


async def test_what_another_member_keeps_refusing_is_reported(
    fake: FakeGateway, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "AGREE_SECONDS", 0.2)
    monkeypatch.setattr(outcomes, "LONGEST_PAUSE_SECONDS", 0.01)
    detail = ("peer1:7051", "BMSP", "chaincode response 404, unit_unknown")
    fake.answer("Endorse", *[Failure(Code.ABORTED, "see details", (detail,))] * 100)
    with pytest.raises(EndorseError, match="unit_unknown"):
        await submit_with_retry(lambda: network.contract("custody").proposal("Pack"), Store(fake))
    assert 2 < fake.count("Endorse") < 100


async def test_conflicts_without_end_are_reported(fake: FakeGateway, network: Network) -> None:
    fake.answer("Submit", *[CONFLICT] * 3)
    with pytest.raises(CommitError) as raised:
        await submit_with_retry(
            lambda: network.contract("custody").proposal("Commission"), Store(fake), attempts=3
        )
    assert raised.value.code == CONFLICT
    assert fake.count("Submit") == 3


async def test_a_policy_changed_in_the_same_block_gets_a_new_proposal(
    fake: FakeGateway, network: Network
) -> None:
    fake.answer("Submit", POLICY, CONFLICT, POLICY)
    store = Store(fake)
    _, status = await submit_with_retry(lambda: network.contract("custody").proposal("AcceptTransfer"), store)
    assert status.successful
    assert len(set(store.envelopes)) == 4


async def test_endorsements_that_are_never_enough_are_reported_soon(
    fake: FakeGateway, network: Network
) -> None:
    fake.answer("Submit", *[POLICY] * 4)
    with pytest.raises(CommitError, match="ENDORSEMENT_POLICY_FAILURE"):
        await submit_with_retry(lambda: network.contract("custody").proposal("Commission"), Store(fake))
    assert fake.count("Submit") == outcomes.POLICY_ATTEMPTS == 3


async def test_another_invalid_transaction_is_not_repeated(fake: FakeGateway, network: Network) -> None:
    fake.answer("Submit", transaction_pb2.BAD_RWSET)
    with pytest.raises(CommitError, match="BAD_RWSET"):
        await submit_with_retry(lambda: network.contract("custody").proposal("Commission"), Store(fake))
    assert fake.count("Submit") == 1


async def test_a_chaincodes_refusal_is_never_repeated(fake: FakeGateway, network: Network) -> None:
    detail = ("peer0:7051", "ManufacturerMSP", "chaincode response 409, serial_duplicate")
    fake.answer("Endorse", Failure(Code.ABORTED, "see details", (detail,)))
    store = Store(fake)
    with pytest.raises(EndorseError):
        await submit_with_retry(lambda: network.contract("custody").proposal("Commission"), store)
    assert fake.count("Endorse") == 1
    assert store.envelopes == []


async def test_nothing_is_sent_that_could_not_be_stored(fake: FakeGateway, network: Network) -> None:
    async def store(transaction: Transaction) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await submit_with_retry(lambda: network.contract("custody").proposal("Commission"), store)
    assert fake.count("Submit") == 0
