"""Exactly once: every way in which an answer can get lost, on a real database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import grpc
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from chaincode.model.errors import Code, MediLedgerError, Refusal
from gateway.core import submissions as module
from gateway.core.errors import (
    KeyReused,
    LedgerFailed,
    LedgerUnavailable,
    OutcomeOpen,
    RequestInProgress,
)
from gateway.core.ledger import Ledger
from gateway.core.submission_store import Owner, SubmissionStore
from gateway.core.submissions import Command, Submissions, derived_id
from gateway.core.tables import submission
from gateway.fabric import EndorseError
from tests.integration.gateway.conftest import until
from tests.integration.gateway.fake_ledger import FakeNetwork, failed, refused

OWNER = Owner("olga", "key-1")
COMMAND = Command("custody", "Commission", {"gtin": "1", "serials": ["A"]})

Make = Callable[..., Submissions]


@pytest.fixture
async def make(engine: AsyncEngine, network: FakeNetwork) -> AsyncIterator[Make]:
    """Makes gateways that share a database and a ledger."""
    made: list[Submissions] = []

    def one(seconds: float = 5.0) -> Submissions:
        ledger = Ledger(network, 8, 8)  # type: ignore[arg-type]
        made.append(Submissions(engine, ledger, seconds, timedelta(days=1)))
        return made[-1]

    yield one
    for each in made:
        await each.close()


async def state(engine: AsyncEngine, owner: Owner = OWNER) -> str | None:
    query = sa.select(submission.c.state).where(
        submission.c.username == owner.username, submission.c.key == owner.key
    )
    async with engine.connect() as connection:
        return (await connection.execute(query)).scalar_one_or_none()


async def expire_leases(engine: AsyncEngine) -> None:
    """As if their workers had been dead for a while."""
    async with engine.begin() as connection:
        await connection.execute(sa.update(submission).values(lease_until=sa.func.now()))


async def test_the_same_key_gives_the_same_answer(make: Make, network: FakeNetwork) -> None:
    gateway = make()
    first = await gateway.run(OWNER, COMMAND)
    assert await gateway.run(OWNER, COMMAND) == first
    assert first.result == COMMAND.arguments
    assert network.valid == network.endorsed == [first.transaction_id]


async def test_another_gateway_of_the_member_gives_the_same_answer(make: Make, network: FakeNetwork) -> None:
    first = await make().run(OWNER, COMMAND)
    assert await make().run(OWNER, COMMAND) == first
    assert len(network.endorsed) == 1


async def test_the_order_of_fields_is_no_difference(make: Make) -> None:
    gateway = make()
    first = await gateway.run(OWNER, COMMAND)
    turned = Command("custody", "Commission", {"serials": ["A"], "gtin": "1"})
    assert await gateway.run(OWNER, turned) == first


@pytest.mark.parametrize(
    "other", [Command("custody", "Commission", {"gtin": "1"}), Command("custody", "Pack", COMMAND.arguments)]
)
async def test_the_same_key_for_another_request(make: Make, other: Command) -> None:
    gateway = make()
    await gateway.run(OWNER, COMMAND)
    with pytest.raises(KeyReused):
        await gateway.run(OWNER, other)


async def test_a_key_is_its_users_own(make: Make, network: FakeNetwork) -> None:
    gateway = make()
    first = await gateway.run(OWNER, COMMAND)
    assert (await gateway.run(Owner("otto", OWNER.key), COMMAND)).transaction_id != first.transaction_id


async def test_a_refusal_is_the_keys_answer(make: Make, network: FakeNetwork) -> None:
    network.endorsing.append(refused(Code.SERIAL_DUPLICATE, "commissioned before", "serials[0]"))
    gateway = make()
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            await gateway.run(OWNER, COMMAND)
        assert (caught.value.code, caught.value.field) == (Code.SERIAL_DUPLICATE, "serials[0]")
    assert len(network.endorsed) == 1
    assert network.submitted == []


async def test_a_transient_failure_leaves_the_key_free(
    make: Make, network: FakeNetwork, engine: AsyncEngine
) -> None:
    network.endorsing.append(failed(EndorseError, grpc.StatusCode.UNAVAILABLE))
    gateway = make()
    with pytest.raises(LedgerUnavailable):
        await gateway.run(OWNER, COMMAND)
    assert await state(engine) is None
    await gateway.run(OWNER, COMMAND)
    assert len(network.valid) == 1


@pytest.mark.parametrize("fault", ["lost", "answer lost"])
async def test_a_lost_submission_is_sent_again_as_it_was(
    make: Make, network: FakeNetwork, fault: str
) -> None:
    network.faults.append(fault)
    receipt = await make().run(OWNER, COMMAND)
    assert network.valid == network.endorsed == [receipt.transaction_id]


async def test_a_conflict_makes_a_new_proposal(make: Make, network: FakeNetwork) -> None:
    network.faults.extend(["conflict", "conflict"])
    receipt = await make().run(OWNER, COMMAND)
    assert len(network.endorsed) == 3
    assert network.valid == [receipt.transaction_id]


async def test_an_invalid_transaction_leaves_the_key_free(
    make: Make, network: FakeNetwork, engine: AsyncEngine
) -> None:
    network.faults.append("invalid")
    with pytest.raises(LedgerFailed):
        await make().run(OWNER, COMMAND)
    assert await state(engine) is None


async def test_an_open_outcome_is_settled_by_the_next_request(
    make: Make, network: FakeNetwork, engine: AsyncEngine
) -> None:
    network.faults.append("answer lost")
    network.status_away = 6
    gateway = make()
    with pytest.raises(OutcomeOpen):
        await gateway.run(OWNER, COMMAND)
    assert await state(engine) == "sent"
    receipt = await gateway.run(OWNER, COMMAND)
    assert network.valid == network.endorsed == [receipt.transaction_id]


async def test_an_envelope_that_never_arrived_is_sent_by_the_next_request(
    make: Make, network: FakeNetwork
) -> None:
    network.faults.append("lost")
    network.status_away = 6
    gateway = make()
    with pytest.raises(OutcomeOpen):
        await gateway.run(OWNER, COMMAND)
    receipt = await gateway.run(OWNER, COMMAND)
    assert network.valid == network.endorsed == [receipt.transaction_id]


async def test_while_it_is_worked_on(make: Make, network: FakeNetwork) -> None:
    network.faults.append("hang")
    one, other = make(), make()
    working = asyncio.create_task(one.run(OWNER, COMMAND))
    await until(network.was_sent)
    for gateway in (one, other):
        with pytest.raises(RequestInProgress):
            await gateway.run(OWNER, COMMAND)
    with pytest.raises(KeyReused):
        await one.run(OWNER, Command("custody", "Commission", {}))
    working.cancel()


async def test_a_caller_waits_so_long_and_the_work_goes_on(make: Make, network: FakeNetwork) -> None:
    released = asyncio.Event()
    network.before_endorsement = released.wait
    gateway = make(0.1)
    with pytest.raises(OutcomeOpen):
        await gateway.run(OWNER, COMMAND)
    released.set()
    await until(network.has_valid)
    async with asyncio.timeout(5):
        while True:
            try:
                receipt = await gateway.run(OWNER, COMMAND)
                break
            except RequestInProgress:
                await asyncio.sleep(0.01)
    assert network.valid == network.endorsed == [receipt.transaction_id]


async def crashed_after_sending(make: Make, network: FakeNetwork, engine: AsyncEngine, fault: str) -> None:
    """A gateway that died with the envelope stored; ``fault`` says whether the ledger got it."""
    network.faults.append("hang")
    gateway = make()
    working = asyncio.create_task(gateway.run(OWNER, COMMAND))
    await until(network.was_sent)
    for task in gateway._running.values():
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    if fault == "arrived":
        network.blocks[network.submitted[0]] = (0, 1)
    await expire_leases(engine)


@pytest.mark.parametrize("fault", ["arrived", "not arrived"])
async def test_after_a_crash_the_next_request_settles_it(
    make: Make, network: FakeNetwork, engine: AsyncEngine, fault: str
) -> None:
    await crashed_after_sending(make, network, engine, fault)
    receipt = await make().run(OWNER, COMMAND)
    assert network.valid == network.endorsed == [receipt.transaction_id]


@pytest.mark.parametrize("fault", ["arrived", "not arrived"])
async def test_after_a_crash_the_next_process_settles_it_unasked(
    make: Make, network: FakeNetwork, engine: AsyncEngine, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    await crashed_after_sending(make, network, engine, fault)
    gateway = make()
    await gateway.start()

    async def done() -> bool:
        return await state(engine) == "done"

    await until(done)
    assert network.valid == network.endorsed
    assert (await gateway.run(OWNER, COMMAND)).transaction_id == network.valid[0]


async def test_after_a_crash_before_sending_the_key_is_free(
    make: Make, network: FakeNetwork, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    network.before_endorsement = asyncio.Event().wait
    dead = make()
    working = asyncio.create_task(dead.run(OWNER, COMMAND))
    await until(network.was_asked)
    for task in dead._running.values():
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await expire_leases(engine)
    network.before_endorsement = None
    gateway = make()
    await gateway.start()

    async def free() -> bool:
        return await state(engine) is None

    await until(free)
    await gateway.run(OWNER, COMMAND)
    assert len(network.valid) == 1


async def test_a_worker_that_lost_its_hold_sends_nothing(
    make: Make, network: FakeNetwork, engine: AsyncEngine
) -> None:
    released = asyncio.Event()
    network.before_endorsement = released.wait
    slow = asyncio.create_task(make().run(OWNER, COMMAND))
    await until(network.was_asked)
    await expire_leases(engine)
    network.before_endorsement = None
    receipt = await make().run(OWNER, COMMAND)
    released.set()
    with pytest.raises(RequestInProgress):
        await slow
    assert network.submitted == network.valid == [receipt.transaction_id]


async def test_a_worker_that_lost_its_hold_does_not_replace_what_the_other_is_sending(
    make: Make, network: FakeNetwork, engine: AsyncEngine
) -> None:
    released = asyncio.Event()
    network.before_endorsement = released.wait
    slow = asyncio.create_task(make().run(OWNER, COMMAND))
    await until(network.was_asked)
    await expire_leases(engine)
    network.before_endorsement = None
    network.faults.append("hang")
    other = asyncio.create_task(make().run(OWNER, COMMAND))
    await until(network.was_sent)
    sent = list(network.submitted)
    released.set()
    with pytest.raises(RequestInProgress):
        await slow
    assert network.submitted == sent
    async with engine.connect() as connection:
        assert (await connection.execute(sa.select(submission.c.tx_id))).scalar_one() == sent[0]
    other.cancel()


async def test_a_hold_is_renewed_while_it_is_worked_on(
    make: Make, network: FakeNetwork, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.05)
    network.faults.append("hang")
    gateway = make()
    await gateway.start()
    working = asyncio.create_task(gateway.run(OWNER, COMMAND))
    await until(network.was_sent)
    await expire_leases(engine)

    async def held() -> bool:
        async with engine.connect() as connection:
            query = sa.select(submission.c.lease_until > sa.func.now())
            return bool((await connection.execute(query)).scalar_one())

    await until(held)
    working.cancel()


async def test_old_answers_are_deleted(make: Make, engine: AsyncEngine) -> None:
    await make().run(OWNER, COMMAND)
    await make().run(Owner("olga", "key-2"), COMMAND)
    async with engine.begin() as connection:
        await connection.execute(
            sa.update(submission)
            .where(submission.c.key == "key-1")
            .values(settled_at=sa.func.now() - timedelta(days=2))
        )
    store = SubmissionStore(engine, module.uuid.uuid4())
    assert await store.prune(timedelta(days=1), 10) == 1
    assert await state(engine) is None
    assert await state(engine, Owner("olga", "key-2")) == "done"


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_gets_lost_it_is_done_once(
    make: Make, network: FakeNetwork, engine: AsyncEngine, seed: int
) -> None:
    chosen = random.Random(seed)
    kinds = ["", "lost", "answer lost", "conflict", "invalid"]
    network.faults.extend(chosen.choices(kinds, k=8))
    network.endorsing.extend(
        failed(EndorseError, grpc.StatusCode.UNAVAILABLE) if chosen.random() < 0.3 else None for _ in range(6)
    )
    gateways = [make(), make()]
    for _ in range(60):
        network.status_away = chosen.choice([0, 0, 1, 7])
        try:
            receipt = await chosen.choice(gateways).run(OWNER, COMMAND)
            break
        except MediLedgerError:
            if chosen.random() < 0.3:
                await expire_leases(engine)
    else:
        pytest.fail("it was never done")
    assert network.valid == [receipt.transaction_id]


def test_a_derived_id_is_the_requests_own() -> None:
    first = derived_id("9521234000013", OWNER)
    assert first == derived_id("9521234000013", OWNER)
    assert len(first) == 32
    others = {derived_id("9521234000020", OWNER), derived_id("9521234000013", Owner("olga", "key-2"))}
    assert first not in others
