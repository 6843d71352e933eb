"""Anchors onto a ledger that answers as it is told, from rows in a real database."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from fabric_protos.peer import transaction_pb2

from chaincode.model.errors import Code, Refusal
from gateway.fabric import EndorseError, Status
from iot_bridge import submitter
from iot_bridge.counters import Counters
from iot_bridge.counters import Status as Standing
from iot_bridge.submitter import Submitter
from tests.support.bridges import SSCC, Bench

VALID = transaction_pb2.VALID
CONFLICT = transaction_pb2.MVCC_READ_CONFLICT
_numbers = itertools.count(1)


class Ledger:
    """Gives each proposal the next of ``answers`` (an error to raise or None), each transaction its code."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.codes: dict[str, int] = {}
        self.proposed: list[dict[str, Any]] = []
        self.submitted: list[str] = []
        self.asked = asyncio.Event()
        self.released = asyncio.Event()
        self.released.set()

    def contract(self, name: str) -> Ledger:
        assert name == "custody"
        return self

    def proposal(self, function: str, arguments: bytes) -> Proposal:
        assert function == "AnchorReadings"
        self.proposed.append(json.loads(arguments))
        return Proposal(self, json.loads(arguments))

    def transaction_from(self, envelope: bytes) -> Transaction:
        made = json.loads(envelope)
        return Transaction(self, made["id"], made["result"])


class Proposal:
    def __init__(self, ledger: Ledger, arguments: dict[str, Any]) -> None:
        self._ledger = ledger
        self._arguments = arguments
        self.client = SimpleNamespace(identity=SimpleNamespace(msp_id="DistributorMSP"))

    async def endorse(self) -> Transaction:
        self._ledger.asked.set()
        await self._ledger.released.wait()
        answer = self._ledger.answers.pop(0) if self._ledger.answers else None
        if answer is not None:
            raise answer
        return Transaction(self._ledger, f"tx-{next(_numbers)}", self._arguments)


class Transaction:
    def __init__(self, ledger: Ledger, transaction_id: str, result: dict[str, Any]) -> None:
        self._ledger = ledger
        self.transaction_id = transaction_id
        self.result = json.dumps(result).encode()
        self.bytes = json.dumps({"id": transaction_id, "result": result}).encode()
        self.commit = self

    async def submit(self) -> None:
        self._ledger.submitted.append(self.transaction_id)

    async def status(self, seconds: float | None = None) -> Status:
        code = self._ledger.codes.get(self.transaction_id, VALID)
        return Status(self.transaction_id, code, transaction_pb2.TxValidationCode.Name(code), 7)


def refusal(code: Code) -> EndorseError:
    text = f"chaincode response {code.status}, {Refusal(code, 'because').to_json()}"
    return EndorseError(grpc.StatusCode.ABORTED, text, (), "tx")


def away() -> EndorseError:
    return EndorseError(grpc.StatusCode.UNAVAILABLE, "nobody there", (), "tx")


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitter, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(submitter, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(submitter, "STANDBY_SECONDS", 0.05)


@pytest.fixture
def rows(bench: Bench) -> Iterator[Bench]:
    bench.execute("DELETE FROM anchor_submission")
    yield bench
    bench.execute("DELETE FROM anchor_submission")


def waiting(bench: Bench, name: str, most: int = 8000, container: str = SSCC, **columns: Any) -> str:
    anchor_id = hashlib.sha256(name.encode()).hexdigest()[:40]
    arguments = {"id": anchor_id, "container": container, "min_mc": 2000, "max_mc": most}
    bench.execute(
        "INSERT INTO anchor_submission (id, arguments, state, transaction_id, envelope)"
        " VALUES (%s, %s, 'open', %s, %s)",
        anchor_id,
        json.dumps(arguments),
        columns.get("transaction_id"),
        columns.get("envelope"),
    )
    return anchor_id


@contextlib.asynccontextmanager
async def working(bench: Bench, ledger: Ledger) -> AsyncIterator[Counters]:
    counters = Counters()
    made = Submitter(bench.database.url, ledger, counters, Standing(), asyncio.Event())  # type: ignore[arg-type]
    task = asyncio.create_task(made.run())
    try:
        yield counters
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def state(bench: Bench, anchor_id: str, wanted: str) -> tuple[Any, ...]:
    await bench.until("SELECT state FROM anchor_submission WHERE id = %s", wanted, anchor_id, seconds=10)
    return bench.query(
        "SELECT transaction_id, envelope, refusal, settled_at IS NOT NULL FROM anchor_submission"
        " WHERE id = %s",
        anchor_id,
    )[0]


@pytest.mark.parametrize(
    "answers", [(), (away(), away()), (refusal(Code.DEVICE_NOT_ATTACHED), refusal(Code.DEVICE_UNKNOWN))]
)
async def test_an_anchor_gets_there_in_the_end(rows: Bench, answers: tuple[Exception, ...]) -> None:
    anchor_id = waiting(rows, "one")
    ledger = Ledger(*answers)
    async with working(rows, ledger) as counters:
        transaction_id, envelope, refused, settled = await state(rows, anchor_id, "done")
    assert ([transaction_id], envelope, refused, settled) == (ledger.submitted, None, None, True)
    assert (counters.anchors, counters.refused_anchors) == (1, 0)


async def test_a_refusal_is_kept_and_final(rows: Bench) -> None:
    anchor_id = waiting(rows, "one")
    ledger = Ledger(refusal(Code.NOT_AUTHORISED))
    async with working(rows, ledger) as counters:
        _, _, refused, settled = await state(rows, anchor_id, "refused")
        await asyncio.sleep(0.2)
    assert (json.loads(refused)["code"], settled, ledger.submitted) == ("not_authorised", True, [])
    assert (counters.anchors, counters.refused_anchors, len(ledger.proposed)) == (0, 1, 1)


async def test_patience_with_a_refusal_ends(rows: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitter, "PATIENCE_SECONDS", 0.0)
    anchor_id = waiting(rows, "one")
    async with working(rows, Ledger(refusal(Code.DEVICE_NOT_ATTACHED))):
        await state(rows, anchor_id, "refused")


async def test_what_is_on_the_ledger_already_is_done(rows: Bench) -> None:
    anchor_id = waiting(rows, "one")
    ledger = Ledger(refusal(Code.ANCHOR_EXISTS))
    async with working(rows, ledger):
        await state(rows, anchor_id, "done")
    assert ledger.submitted == []


async def test_a_conflict_makes_another_transaction(rows: Bench) -> None:
    anchor_id = waiting(rows, "one")
    ledger = Ledger()
    first = f"tx-{next(_numbers) + 1}"
    ledger.codes[first] = CONFLICT
    async with working(rows, ledger):
        transaction_id, *_ = await state(rows, anchor_id, "done")
    assert (ledger.submitted[0], transaction_id) == (first, ledger.submitted[1])


@pytest.mark.parametrize(("code", "proposals"), [(VALID, 0), (CONFLICT, 1)])
async def test_what_an_earlier_life_sent_is_settled_first(rows: Bench, code: int, proposals: int) -> None:
    ledger = Ledger()
    ledger.codes["tx-before"] = code
    envelope = Transaction(ledger, "tx-before", {"excursion": "x"}).bytes
    anchor_id = waiting(rows, "one", transaction_id="tx-before", envelope=envelope)
    async with working(rows, ledger) as counters:
        transaction_id, *_ = await state(rows, anchor_id, "done")
    assert len(ledger.proposed) == proposals
    assert "tx-before" not in ledger.submitted
    assert (transaction_id == "tx-before", counters.excursions) == (proposals == 0, 1 - proposals)


async def test_the_envelope_is_stored_before_it_is_sent(rows: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor_id = waiting(rows, "one")
    seen: list[tuple[Any, ...]] = []

    async def submit(self: Transaction) -> None:
        seen.extend(rows.query("SELECT transaction_id, envelope FROM anchor_submission"))
        assert seen == [(self.transaction_id, self.bytes)]

    monkeypatch.setattr(Transaction, "submit", submit)
    async with working(rows, Ledger()):
        await state(rows, anchor_id, "done")
    assert len(seen) == 1


async def test_one_of_two_submits_and_the_other_takes_over(rows: Bench) -> None:
    ledger, other = Ledger(), Ledger()
    async with working(rows, other):
        async with working(rows, ledger):
            await asyncio.sleep(0.2)
            first = waiting(rows, "one")
            await state(rows, first, "done")
            assert (len(ledger.submitted), len(other.submitted)) in ((1, 0), (0, 1))
        second = waiting(rows, "two")
        await state(rows, second, "done")
    assert len(ledger.submitted) + len(other.submitted) == 2


async def test_an_excursion_goes_first(rows: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitter, "CONCURRENCY", 1)
    names = [waiting(rows, f"calm-{n}") for n in range(3)] + [waiting(rows, "hot", most=9000)]
    ledger = Ledger()
    async with working(rows, ledger):
        for name in names:
            await state(rows, name, "done")
    assert [one["id"] for one in ledger.proposed] == [names[3], *names[:3]]


async def test_anchors_of_one_container_go_one_after_the_other(rows: Bench) -> None:
    ledger = Ledger()
    ledger.released.clear()
    names = [waiting(rows, f"same-{n}") for n in range(3)]
    other = waiting(rows, "other", container="095212340000000024")
    async with working(rows, ledger):
        deadline = time.monotonic() + 10
        while len(ledger.proposed) < 2:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert sorted(one["id"] for one in ledger.proposed) == sorted([names[0], other])
        ledger.released.set()
        for name in names:
            await state(rows, name, "done")
    assert [one["id"] for one in ledger.proposed if one["id"] != other] == names


async def test_a_database_that_is_killed_meanwhile(rows: Bench) -> None:
    ledger = Ledger()
    ledger.released.clear()
    names = [waiting(rows, str(n), container=f"{n:018}") for n in range(5)]
    async with working(rows, ledger):
        await ledger.asked.wait()
        await asyncio.to_thread(rows.database.kill)
        ledger.released.set()
        await asyncio.to_thread(rows.database.start)
        for name in names:
            await state(rows, name, "done")
    assert len(ledger.submitted) == 5
