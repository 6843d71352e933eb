from __future__ import annotations

import asyncio

import grpc
import pytest
from fabric_protos.peer import transaction_pb2

from chaincode.model.errors import Code, Refusal
from gateway.core.errors import (
    Busy,
    LedgerConflict,
    LedgerFailed,
    LedgerTimeout,
    LedgerUnavailable,
    OutcomeOpen,
)
from gateway.core.ledger import Slots, translated
from gateway.fabric import CommitError, EndorseError, FabricError, PeerDetail
from gateway.fabric.outcomes import Unsettled


def endorse_error(code: grpc.StatusCode, told: str = "") -> EndorseError:
    return EndorseError(code, "failed", (PeerDetail("peer0:7051", "AlpineMSP", told),), "ab")


def commit_error(code: int) -> CommitError:
    return CommitError("ab", code, "NAME", 3)


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (endorse_error(grpc.StatusCode.UNAVAILABLE), LedgerUnavailable, 503),
        (endorse_error(grpc.StatusCode.DEADLINE_EXCEEDED), LedgerTimeout, 504),
        (endorse_error(grpc.StatusCode.ABORTED, "chaincode response 500, internal error"), LedgerFailed, 502),
        (Unsettled("ab", None), OutcomeOpen, 504),
        (commit_error(transaction_pb2.MVCC_READ_CONFLICT), LedgerConflict, 503),
        (commit_error(transaction_pb2.ENDORSEMENT_POLICY_FAILURE), LedgerFailed, 502),
        (FabricError("bytes are no envelope"), LedgerFailed, 502),
    ],
)
def test_the_clients_errors_become_the_gateways(error: FabricError, kind: type, status: int) -> None:
    made = translated(error)
    assert type(made) is kind
    assert made.status == status  # type: ignore[union-attr]
    assert int(made.headers["Retry-After"]) > 0  # type: ignore[union-attr]


def test_a_refusal_is_told_as_it_is() -> None:
    said = Refusal(Code.HELD, "in quarantine", "units[0]").to_json()
    made = translated(endorse_error(grpc.StatusCode.ABORTED, f"chaincode response 409, {said}"))
    assert isinstance(made, Refusal)
    assert (made.code, made.message, made.field) == (Code.HELD, "in quarantine", "units[0]")


async def test_slots_let_some_in_some_wait_and_turn_the_rest_away() -> None:
    slots, go = Slots(2, 1), asyncio.Event()
    inside = 0

    async def call() -> None:
        nonlocal inside
        async with slots.taken():
            inside += 1
            await go.wait()
            inside -= 1

    calls = [asyncio.create_task(call()) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inside == 2
    with pytest.raises(Busy):
        await call()
    go.set()
    await asyncio.gather(*calls)
    await call()


async def test_a_slot_is_free_again_after_an_error() -> None:
    slots = Slots(1, 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with slots.taken():
                raise ZeroDivisionError
