"""Trace requests: who asks whom, until when, and what of the answer is on the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    STRANGER,
    WHOLESALER,
    World,
    at,
)

HOUR = 3_600_000
ANSWER = "5e" * 32


async def ask(world: World, who: str = REGULATOR, asked: str = WHOLESALER, **other: Any) -> Any:
    argument = {"id": "Q-1", "gln": who, "asked": asked, "gtin": PRODUCT, "lot": LOT, "reason": "suspect"}
    argument |= other
    if "ref" in other:
        del argument["gtin"], argument["lot"]
    return await world.custody(who, "RequestTrace", argument)


async def answer(world: World, who: str = WHOLESALER, **other: Any) -> Any:
    return await world.custody(who, "AnswerTrace", {"id": "Q-1", "gln": who, "answer": ANSWER} | other)


async def read(world: World) -> Any:
    return await world.custody(STRANGER, "GetTraceRequest", {"id": "Q-1"})


async def refused(code: Code, field: str | None, call: Any) -> None:
    with pytest.raises(Refusal) as raised:
        await call
    assert (raised.value.code, raised.value.field) == (code, field)


async def test_ask_and_answer(world: World) -> None:
    now = world.ledger.now
    asked = await ask(world)
    assert asked == {
        "doc": "trace_request",
        "id": "Q-1",
        "requester": REGULATOR,
        "asked": WHOLESALER,
        "gtin": PRODUCT,
        "lot": LOT,
        "reason": "suspect",
        "status": "requested",
        "requested_at": now,
        "due_at": now + 48 * HOUR,
    }
    assert world.event()[0] == "TraceRequested"
    both = owners_policy([MSPS[REGULATOR], MSPS[WHOLESALER]], CONSORTIUM["members"])
    assert world.ledger.policies[("custody", keys.trace_request_key("Q-1"))] == both
    assert await read(world) == asked | {"overdue": False}
    world.ledger.now = now + 48 * HOUR
    answered = await answer(world)
    assert answered == asked | {"status": "answered", "answer": ANSWER, "answered_at": now + 48 * HOUR}
    world.ledger.now = at("2027-01-01")
    assert await read(world) == answered | {"overdue": False}


async def test_overdue(world: World) -> None:
    due = (await ask(world))["due_at"]
    world.ledger.now = due
    assert (await read(world))["overdue"] is False
    world.ledger.now = due + 1
    assert (await read(world))["overdue"] is True
    world.ledger.now = due + HOUR
    late = await answer(world)
    assert (await read(world)) == late | {"overdue": True}


async def test_the_consortium_sets_the_clock(world: World) -> None:
    await world.decide({"parameters": {"trace_hours": 36}})
    asked = await ask(world)
    assert asked["due_at"] == asked["requested_at"] + 36 * HOUR


async def test_a_partner_asks_about_a_pack(world: World) -> None:
    ref = gs1.unit_ref(PRODUCT, "S1")
    assert (await ask(world, PHARMACY, MAKER, ref=f"01{PRODUCT}21S1", reason="recall"))["ref"] == ref


async def test_not_asked(world: World) -> None:
    await refused(Code.INVALID_ARGUMENT, "asked", ask(world, MAKER, MAKER))
    await refused(Code.ROLE_REQUIRED, "asked", ask(world, MAKER, REGULATOR))
    await refused(Code.PARTY_UNKNOWN, "asked", ask(world, MAKER, STRANGER))
    await refused(Code.INVALID_ARGUMENT, "reason", ask(world, reason="curiosity"))
    await refused(Code.INVALID_ARGUMENT, "ref", ask(world, ref="01"))
    await refused(Code.NOT_AUTHORISED, "gln", ask(world, REGULATOR, gln=MAKER))
    await ask(world)
    await refused(Code.TRACE_REQUEST_EXISTS, "id", ask(world))
    world.ledger.now = at("2030-01-01")
    await refused(Code.LICENCE_EXPIRED, "gln", ask(world, PHARMACY, MAKER, id="Q-2"))
    assert (await ask(world, id="Q-2"))["requester"] == REGULATOR


async def test_not_answered(world: World) -> None:
    await refused(Code.TRACE_REQUEST_UNKNOWN, "id", answer(world))
    await ask(world)
    await refused(Code.NOT_AUTHORISED, "gln", answer(world, MAKER))
    await refused(Code.NOT_AUTHORISED, "gln", answer(world, gln=MAKER))
    await refused(Code.INVALID_ARGUMENT, "answer", answer(world, answer="yes"))
    await answer(world)
    await refused(Code.TRACE_ANSWERED, "id", answer(world, answer="00" * 32))
