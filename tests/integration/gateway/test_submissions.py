"""Exactly once: every way in which an answer can get lost, on a real ledger and a real database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

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
from gateway.core.submissions import Command, Receipt, Submissions, derived_id
from gateway.core.tables import submission
from gateway.fabric import outcomes
from network.devnet.faults import Call, Kind
from tests.integration.gateway.desk import GLN, GTIN, LOT, OTHER, STATEMENT, Desk, until

OWNER = Owner("olga", "key-1")

Make = Callable[..., Submissions]
# More often than a settlement asks before it gives up.
TOO_OFTEN = 6


@pytest.fixture
async def make(engine: AsyncEngine, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    """Makes gateways that share a database and a ledger."""
    # What is held on devnet is not worth waiting for when they close.
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.2)
    made: list[Submissions] = []

    def one(seconds: float = 30.0) -> Submissions:
        made.append(Submissions(engine, Ledger(desk.network, 8, 8), seconds, timedelta(days=1)))
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


async def stored_id(engine: AsyncEngine) -> str:
    """The transaction that is stored under the one key."""
    async with engine.connect() as connection:
        return str((await connection.execute(sa.select(submission.c.tx_id))).scalar_one())


async def expire_leases(engine: AsyncEngine) -> None:
    """As if their workers had been dead for a while."""
    async with engine.begin() as connection:
        await connection.execute(sa.update(submission).values(lease_until=sa.func.now()))


async def sent(desk: Desk) -> set[str]:
    """Ids of all that reached the ledger since the test began."""
    return {transaction.tx_id for transaction in await desk.transactions()}


async def test_the_same_key_gives_the_same_answer(make: Make, desk: Desk) -> None:
    gateway = make()
    first = await gateway.run(OWNER, desk.command())
    assert await gateway.run(OWNER, desk.command()) == first
    assert first.result == {"gtin": GTIN, "lot": LOT, "count": 1}
    [written] = await desk.transactions()
    assert (written.tx_id, written.valid) == (first.transaction_id, True)


async def test_another_gateway_of_the_member_gives_the_same_answer(make: Make, desk: Desk) -> None:
    first = await make().run(OWNER, desk.command())
    assert await make().run(OWNER, desk.command()) == first
    assert len(await desk.transactions()) == 1


async def test_the_order_of_fields_is_no_difference(make: Make, desk: Desk) -> None:
    gateway = make()
    first = await gateway.run(OWNER, desk.command())
    turned = Command("custody", "Commission", dict(reversed(desk.units().items())))
    assert await gateway.run(OWNER, turned) == first


@pytest.mark.parametrize("function", ["Commission", "Dispense"])
async def test_the_same_key_for_another_request(make: Make, desk: Desk, function: str) -> None:
    gateway = make()
    await gateway.run(OWNER, desk.command())
    arguments = desk.units(2) if function == "Commission" else desk.units()
    with pytest.raises(KeyReused):
        await gateway.run(OWNER, Command("custody", function, arguments))


async def test_a_key_is_its_users_own(make: Make, desk: Desk) -> None:
    gateway = make()
    first = await gateway.run(OWNER, desk.command(1))
    other = await gateway.run(Owner("otto", OWNER.key), desk.command(2))
    assert other.transaction_id != first.transaction_id


async def test_a_refusal_is_the_keys_answer(make: Make, desk: Desk) -> None:
    await desk.commission(1)
    gateway = make()
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            await gateway.run(OWNER, desk.command(2, 1))
        assert (caught.value.code, caught.value.field) == (Code.SERIAL_DUPLICATE, "serials[1]")
    assert len(await desk.transactions()) == 1


async def test_a_transient_failure_leaves_the_key_free(make: Make, desk: Desk, engine: AsyncEngine) -> None:
    await desk.lose(Kind.AWAY)
    gateway = make()
    with pytest.raises(LedgerUnavailable):
        await gateway.run(OWNER, desk.command())
    assert await state(engine) is None
    await gateway.run(OWNER, desk.command())
    assert len(await desk.valid()) == 1


@pytest.mark.parametrize("fault", [Kind.SUBMIT_LOST, Kind.SUBMIT_UNAVAILABLE])
async def test_a_lost_submission_is_sent_again_as_it_was(make: Make, desk: Desk, fault: Kind) -> None:
    await desk.lose(fault)
    receipt = await make().run(OWNER, desk.command())
    assert await sent(desk) == {receipt.transaction_id}
    assert await desk.valid() == [receipt.transaction_id]
    assert await desk.used()


async def test_a_conflict_makes_a_new_proposal(make: Make, desk: Desk) -> None:
    await desk.commission()
    offer = {
        "id": desk.serial(),
        "kind": "sale",
        "what": [desk.ref()],
        "from": GLN,
        "to": OTHER,
        "statement": STATEMENT,
    }
    await desk.hold(Call.SUBMIT, 0.5)
    offering = asyncio.create_task(make().run(OWNER, Command("custody", "OfferTransfer", offer)))
    await until(desk.used)
    # What the offer has read is another by the time it is ordered, and allows it as before.
    for function in ("Quarantine", "ReleaseQuarantine"):
        await desk.call("custody", function, {"ref": desk.ref(), "gln": GLN, "reason": "a look at it"})
    receipt = await offering
    offers = [t for t in await desk.transactions() if t.function == "OfferTransfer"]
    assert [t.valid for t in offers] == [False, True]
    assert offers[1].tx_id == receipt.transaction_id


async def overtaken_by_a_policy(make: Make, desk: Desk) -> tuple[str, Receipt]:
    """Put a key whose policy is set between endorsement and commit; the key, and what came of it."""
    key = desk.serial()
    probe = desk.network.contract("probe")
    await probe.submit("put", key.encode(), b"first")
    await desk.hold(Call.SUBMIT, 0.5)
    command = Command("probe", "put_json", {"key": key, "value": "second"})
    putting = asyncio.create_task(make().run(OWNER, command))
    await until(desk.used)
    # One endorsement was enough when it was endorsed, and is not when it is ordered.
    await probe.submit("set_policy", key.encode(), b"ManufacturerMSP", b"RegulatorMSP")
    return key, await putting


async def test_a_policy_changed_meanwhile_makes_a_new_proposal(make: Make, desk: Desk) -> None:
    key, receipt = await overtaken_by_a_policy(make, desk)
    puts = [t for t in await desk.transactions() if t.function == "put_json"]
    assert [t.valid for t in puts] == [False, True]
    assert puts[1].tx_id == receipt.transaction_id
    assert await desk.network.contract("probe").evaluate("get", key.encode()) == b'"second"'


async def test_an_invalid_transaction_leaves_the_key_free(
    make: Make, desk: Desk, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "POLICY_ATTEMPTS", 1)
    with pytest.raises(LedgerFailed, match="ENDORSEMENT_POLICY_FAILURE"):
        await overtaken_by_a_policy(make, desk)
    assert await state(engine) is None


async def test_an_open_outcome_is_settled_by_the_next_request(
    make: Make, desk: Desk, engine: AsyncEngine
) -> None:
    await desk.lose(Kind.SUBMIT_UNAVAILABLE)
    await desk.lose(Kind.STATUS_UNAVAILABLE, TOO_OFTEN)
    gateway = make()
    with pytest.raises(OutcomeOpen):
        await gateway.run(OWNER, desk.command())
    assert await state(engine) == "sent"
    receipt = await gateway.run(OWNER, desk.command())
    assert await sent(desk) == {receipt.transaction_id}
    assert await desk.valid() == [receipt.transaction_id]


async def test_an_envelope_that_never_arrived_is_sent_by_the_next_request(
    make: Make, desk: Desk, engine: AsyncEngine
) -> None:
    await desk.lose(Kind.SUBMIT_LOST, TOO_OFTEN)
    gateway = make()
    with pytest.raises(OutcomeOpen):
        await gateway.run(OWNER, desk.command())
    stored = await stored_id(engine)
    await desk.control.clear()
    receipt = await gateway.run(OWNER, desk.command())
    assert receipt.transaction_id == stored
    assert await desk.valid() == [stored]


async def test_while_it_is_worked_on(make: Make, desk: Desk) -> None:
    await desk.hold(Call.SUBMIT)
    one, other = make(), make()
    working = asyncio.create_task(one.run(OWNER, desk.command()))
    await until(desk.used)
    for gateway in (one, other):
        with pytest.raises(RequestInProgress):
            await gateway.run(OWNER, desk.command())
    with pytest.raises(KeyReused):
        await one.run(OWNER, desk.command(2))
    working.cancel()


async def test_a_caller_waits_so_long_and_the_work_goes_on(make: Make, desk: Desk) -> None:
    await desk.hold(Call.ENDORSE, 0.5)
    gateway = make(0.1)
    with pytest.raises(OutcomeOpen):
        await gateway.run(OWNER, desk.command())

    async def done() -> bool:
        return bool(await desk.valid())

    await until(done)
    async with asyncio.timeout(10):
        while True:
            try:
                receipt = await gateway.run(OWNER, desk.command())
                break
            except RequestInProgress:
                await asyncio.sleep(0.01)
    assert await desk.valid() == [receipt.transaction_id]


async def crashed_after_sending(make: Make, desk: Desk, engine: AsyncEngine, arrived: bool) -> None:
    """A gateway that died with the envelope stored; ``arrived`` says whether the ledger got it."""
    if arrived:
        await desk.lose(Kind.STATUS_SILENCE)
    else:
        await desk.hold(Call.SUBMIT)
    gateway = make()
    working = asyncio.create_task(gateway.run(OWNER, desk.command()))
    await until(desk.used)
    for task in gateway._running.values():
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert len(await desk.transactions()) == arrived
    await expire_leases(engine)


@pytest.mark.parametrize("arrived", [True, False])
async def test_after_a_crash_the_next_request_settles_it(
    make: Make, desk: Desk, engine: AsyncEngine, arrived: bool
) -> None:
    await crashed_after_sending(make, desk, engine, arrived)
    stored = await stored_id(engine)
    receipt = await make().run(OWNER, desk.command())
    assert receipt.transaction_id == stored
    assert await desk.valid() == [stored]


@pytest.mark.parametrize("arrived", [True, False])
async def test_after_a_crash_the_next_process_settles_it_unasked(
    make: Make, desk: Desk, engine: AsyncEngine, arrived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    await crashed_after_sending(make, desk, engine, arrived)
    stored = await stored_id(engine)
    gateway = make()
    await gateway.start()

    async def done() -> bool:
        return await state(engine) == "done"

    await until(done)
    assert await desk.valid() == [stored]
    assert (await gateway.run(OWNER, desk.command())).transaction_id == stored


async def test_after_a_crash_before_sending_the_key_is_free(
    make: Make, desk: Desk, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    await desk.hold(Call.ENDORSE)
    dead = make()
    working = asyncio.create_task(dead.run(OWNER, desk.command()))
    await until(desk.used)
    for task in dead._running.values():
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await expire_leases(engine)
    gateway = make()
    await gateway.start()

    async def free() -> bool:
        return await state(engine) is None

    await until(free)
    await gateway.run(OWNER, desk.command())
    assert len(await desk.valid()) == 1


async def test_a_worker_that_lost_its_hold_sends_nothing(make: Make, desk: Desk, engine: AsyncEngine) -> None:
    await desk.hold(Call.ENDORSE, 2.0)
    slow = asyncio.create_task(make().run(OWNER, desk.command()))
    await until(desk.used)
    await expire_leases(engine)
    receipt = await make().run(OWNER, desk.command())
    # The slow one is refused by the ledger, or finds that it may not send: it never answers otherwise.
    with pytest.raises((RequestInProgress, Refusal)):
        await slow
    assert await sent(desk) == {receipt.transaction_id}


async def test_a_worker_that_lost_its_hold_does_not_replace_what_the_other_is_sending(
    make: Make, desk: Desk, engine: AsyncEngine
) -> None:
    await desk.hold(Call.ENDORSE, 1.0)
    slow = asyncio.create_task(make().run(OWNER, desk.command()))
    await until(desk.used)
    await expire_leases(engine)
    await desk.hold(Call.SUBMIT)
    other = asyncio.create_task(make().run(OWNER, desk.command()))
    await until(desk.used)
    stored = await stored_id(engine)
    with pytest.raises(RequestInProgress):
        await slow
    assert await sent(desk) == set()
    assert await stored_id(engine) == stored
    other.cancel()


async def test_a_hold_is_renewed_while_it_is_worked_on(
    make: Make, desk: Desk, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.05)
    await desk.hold(Call.SUBMIT)
    gateway = make()
    await gateway.start()
    working = asyncio.create_task(gateway.run(OWNER, desk.command()))
    await until(desk.used)
    await expire_leases(engine)

    async def held() -> bool:
        async with engine.connect() as connection:
            query = sa.select(submission.c.lease_until > sa.func.now())
            return bool((await connection.execute(query)).scalar_one())

    await until(held)
    working.cancel()


async def test_old_answers_are_deleted(make: Make, desk: Desk, engine: AsyncEngine) -> None:
    await make().run(OWNER, desk.command(1))
    await make().run(Owner("olga", "key-2"), desk.command(2))
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


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_gets_lost_it_is_done_once(
    make: Make, desk: Desk, engine: AsyncEngine, seed: int
) -> None:
    chosen = random.Random(seed)
    gateways = [make(), make()]
    kinds = [Kind.AWAY, Kind.SUBMIT_LOST, Kind.SUBMIT_UNAVAILABLE, Kind.STATUS_UNAVAILABLE]
    for _ in range(60):
        if chosen.random() < 0.8:
            await desk.lose(chosen.choice(kinds), chosen.choice([1, 1, 2, TOO_OFTEN]))
        try:
            receipt = await chosen.choice(gateways).run(OWNER, desk.command())
            break
        except MediLedgerError:
            if chosen.random() < 0.3:
                await expire_leases(engine)
    else:
        pytest.fail("it was never done")
    await desk.control.clear()
    assert await desk.valid() == [receipt.transaction_id]


def test_a_derived_id_is_the_requests_own() -> None:
    first = derived_id("9521234000013", OWNER)
    assert first == derived_id("9521234000013", OWNER)
    assert len(first) == 32
    others = {derived_id("9521234000020", OWNER), derived_id("9521234000013", Owner("olga", "key-2"))}
    assert first not in others
