"""Verification: the ledger's answer, requests with their clock, and the manufacturer's answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from chaincode.contracts.context import Context
from chaincode.contracts.protection import owners_policy
from chaincode.contracts.verification import verified_for_return
from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from chaincode.shim.creator import Creator
from tests.unit.chaincode.contracts.ledger import FakeStub, Transaction
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
    gtin,
)

EXPIRY = "2027-06-30"
HOUR = 3_600_000
NO_MATCH = {"verified": False, "verificationFailureReason": "No_match_GTIN_Serial"}
GONE = {"verified": False, "verificationFailureReason": "Not_for_re-distribution"}


def identifier(ref: str, **other: Any) -> dict[str, Any]:
    return {"gtin": ref[2:16], "serial": ref[18:], "lot": LOT, "expiry": EXPIRY} | other


async def verify(world: World, ref: str, **other: Any) -> Any:
    return await world.custody(WHOLESALER, "VerifyProduct", identifier(ref, **other))


async def request(world: World, ref: str, who: str = WHOLESALER, **other: Any) -> Any:
    argument = identifier(ref, id="V-1", gln=who, context="saleable_return") | other
    return await world.custody(who, "RequestVerification", argument)


async def answer(world: World, verified: bool, who: str = MAKER, **other: Any) -> Any:
    argument = {"id": "V-1", "gln": who, "verified": verified} | other
    return await world.custody(who, "AnswerVerification", argument)


async def read(world: World) -> Any:
    return await world.custody(STRANGER, "GetVerification", {"id": "V-1"})


async def refused(code: Code, field: str | None, call: Any) -> None:
    with pytest.raises(Refusal) as raised:
        await call
    assert (raised.value.code, raised.value.field) == (code, field)


async def for_return(world: World, ref: str, since: int, who: str = WHOLESALER) -> None:
    """What a function that takes a return back asks."""
    transaction = Transaction("return", world.ledger.now, Creator(MSPS[who], b""))
    context = Context(FakeStub(world.ledger, transaction, "custody", [b"Return"]))  # type: ignore[arg-type]
    await verified_for_return(context, [ref], ["what[0]"], who, since)


async def test_a_pack_is_verified(world: World) -> None:
    [ref] = await world.units(1)
    uuid = "0b5c7c1e-8a1d-4f7e-9b1a-3f1d5f9f2c11"
    now = world.ledger.now
    assert await verify(world, ref, corrUUID=uuid) == {
        "verificationTimestamp": "2026-03-01T12:00:" + f"{now // 1000 % 60:02d}.000Z",
        "responderGLN": MAKER,
        "data": {"verified": True},
        "corrUUID": uuid,
        "pack": {"status": "commissioned", "expired": False, "holds": [], "recalls": []},
    }


async def test_a_transaction_names_what_it_answers(world: World) -> None:
    [ref] = await world.units(1)
    correlation = (await verify(world, ref))["corrUUID"]
    assert [len(part) for part in correlation.split("-")] == [8, 4, 4, 4, 12]
    assert correlation.replace("-", "") == world.ledger.transactions[-1].tx_id[:32]
    await refused(Code.INVALID_ARGUMENT, "corrUUID", verify(world, ref, corrUUID="A"))


async def test_identifiers_that_do_not_match(world: World) -> None:
    [ref] = await world.units(1)
    unknown = await verify(world, f"01{PRODUCT}21NEVER")
    assert (unknown["data"], unknown["responderGLN"]) == (NO_MATCH, MAKER)
    assert "pack" not in unknown
    reasons = [
        (await verify(world, ref, **change))["data"]["verificationFailureReason"]
        for change in ({"lot": "X"}, {"expiry": "2027-07-01"}, {"lot": "X", "expiry": "2027-07-01"})
    ]
    assert reasons == [
        "No_match_GTIN_Serial_Lot",
        "No_match_GTIN_Serial_Expiry",
        "No_match_GTIN_Serial_Lot_Expiry",
    ]
    await refused(Code.PRODUCT_UNKNOWN, "gtin", verify(world, f"01{gtin(9)}21S"))


async def test_dispensed(world: World) -> None:
    refs = await world.at_pharmacy(1)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs})
    told = await verify(world, refs[0])
    assert (told["data"], told["pack"]["status"]) == (GONE, "dispensed")


async def test_decommissioned_with_its_case(world: World) -> None:
    sscc, [ref] = await world.case(1)
    destroyed = {"refs": [f"00{sscc}"], "gln": MAKER, "reason": "destroyed"}
    await world.custody(MAKER, "Decommission", destroyed)
    told = await verify(world, ref)
    assert (told["data"], told["pack"]["status"]) == (GONE, "decommissioned")


async def test_expired_recalled_and_held_at_once(world: World) -> None:
    sscc, [ref] = await world.case(1)
    world.ledger.now = at("2027-07-01")
    told = await verify(world, ref)
    assert told["data"] == {"verified": True, "additionalInfo": "Expired"}
    recall = {
        "id": "R-1",
        "gln": MAKER,
        "gtin": PRODUCT,
        "serials": {"first": ref[18:], "last": ref[18:]},
        "kind": "withdrawal",
        "depth": "retail",
        "effectiveness": "E",
        "reason": "label",
    }
    await world.custody(MAKER, "StartRecall", recall)
    await world.quarantine(MAKER, f"00{sscc}")
    told = await verify(world, ref)
    assert told["data"] == {"verified": True, "additionalInfo": "Recalled"}
    assert told["pack"] == {
        "status": "commissioned",
        "expired": True,
        "holds": ["quarantine"],
        "recalls": ["R-1"],
    }
    await world.custody(MAKER, "EndRecall", {"id": "R-1", "gln": MAKER, "reason": "done"})
    assert (await verify(world, ref))["pack"]["recalls"] == []


async def test_verification_reads_little(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Deep in pallets of many the answer costs what it costs for a loose pack, but for its containers."""
    sscc, refs = await world.case(50)
    await world.pack(f"00{sscc}")
    started = time.perf_counter()
    for ref in refs:
        await verify(world, ref)
    record_property("verify_ms", round((time.perf_counter() - started) * 1000 / len(refs), 2))
    transaction = world.ledger.transactions[-1]
    assert len(transaction.reads) < 25
    assert transaction.calls == []


async def test_what_the_ledger_verifies_is_answered_at_once(world: World) -> None:
    [ref] = await world.units(1)
    now = world.ledger.now
    document = await request(world, ref)
    assert document == {
        "doc": "verification",
        "id": "V-1",
        "requester": WHOLESALER,
        "responder": MAKER,
        "gtin": PRODUCT,
        "serial": ref[18:],
        "lot": LOT,
        "expiry": EXPIRY,
        "context": "saleable_return",
        "status": "answered",
        "requested_at": now,
        "due_at": now + 24 * HOUR,
        "ledger": {"verified": True},
        "answer": {"verified": True},
        "answered_by": "ledger",
        "answered_at": now,
    }
    both = owners_policy([MSPS[MAKER], MSPS[WHOLESALER]], CONSORTIUM["members"])
    assert world.ledger.policies[("custody", keys.verification_key("V-1"))] == both
    assert world.ledger.policies[("custody", keys.verified_key(PRODUCT, ref[18:], WHOLESALER))] == both
    assert await read(world) == document | {"overdue": False}


async def test_the_manufacturer_corrects_the_ledgers_answer(world: World) -> None:
    [ref] = await world.units(1)
    now = world.ledger.now
    await request(world, ref)
    await for_return(world, ref, now)
    corrected = await answer(world, False, reason="Manufacturer_policy", information="Suspect")
    assert corrected["answered_by"] == MAKER
    assert corrected["answer"] == {
        "verified": False,
        "verificationFailureReason": "Manufacturer_policy",
        "additionalInfo": "Suspect",
    }
    await refused(Code.NOT_VERIFIED, "what[0]", for_return(world, ref, now))
    await refused(Code.VERIFICATION_ANSWERED, "id", answer(world, True))


async def test_the_clock_of_a_suspect_packs_request(world: World) -> None:
    [ref] = await world.units(1)
    document = await request(world, ref, PHARMACY, context="suspect")
    assert (document["status"], document["ledger"]) == ("requested", {"verified": True})
    due = document["due_at"]
    world.ledger.now = due
    assert (await read(world))["overdue"] is False
    world.ledger.now = due + 1
    assert (await read(world))["overdue"] is True
    late = await answer(world, True)
    assert late["status"] == "answered"
    assert (await read(world))["overdue"] is True


async def test_the_consortium_sets_the_clock(world: World) -> None:
    await world.decide({"parameters": {"verification_hours": 4}})
    document = await request(world, f"01{PRODUCT}21FAKE")
    assert document["due_at"] == document["requested_at"] + 4 * HOUR


async def test_nobody_verifies_what_the_ledger_does_not(world: World) -> None:
    ref = f"01{PRODUCT}21FAKE"
    assert (await request(world, ref))["ledger"] == NO_MATCH
    await refused(Code.VERIFICATION_CONTRADICTED, "verified", answer(world, True))
    assert (await answer(world, False, reason="No_match_GTIN_Serial"))["answer"] == NO_MATCH


async def test_not_requested(world: World) -> None:
    [ref] = await world.units(1)
    await refused(Code.INVALID_ARGUMENT, "context", request(world, ref, context="curiosity"))
    await refused(Code.NOT_AUTHORISED, "gln", request(world, ref, WHOLESALER, gln=PHARMACY))
    await refused(Code.PARTY_UNKNOWN, "gln", request(world, ref, STRANGER))
    await request(world, ref)
    await refused(Code.VERIFICATION_EXISTS, "id", request(world, ref))
    world.ledger.now = at("2030-01-01")
    await refused(Code.LICENCE_EXPIRED, "gln", request(world, ref, id="V-2"))
    assert (await request(world, ref, REGULATOR, id="V-2"))["requester"] == REGULATOR


async def test_not_answered(world: World) -> None:
    await refused(Code.VERIFICATION_UNKNOWN, "id", answer(world, True))
    [ref] = await world.units(1)
    await request(world, ref, context="suspect")
    await refused(Code.NOT_AUTHORISED, "gln", answer(world, True, WHOLESALER))
    await refused(Code.INVALID_ARGUMENT, "reason", answer(world, False))
    await refused(Code.INVALID_ARGUMENT, "reason", answer(world, False, reason="Because"))
    await refused(Code.INVALID_ARGUMENT, "reason", answer(world, True, reason="No_reason_provided"))
    await refused(Code.INVALID_ARGUMENT, "verified", answer(world, "yes"))  # type: ignore[arg-type]


async def test_a_return_needs_its_own_verification(world: World) -> None:
    [ref, other] = await world.units(2)
    asked_at = world.ledger.now
    await request(world, ref)
    await for_return(world, ref, asked_at)
    await refused(Code.NOT_VERIFIED, "what[0]", for_return(world, ref, asked_at + 1))
    await refused(Code.NOT_VERIFIED, "what[0]", for_return(world, other, asked_at))
    await refused(Code.NOT_VERIFIED, "what[0]", for_return(world, ref, asked_at, MAKER))
    await request(world, other, id="V-2", context="dispense")
    await refused(Code.NOT_VERIFIED, "what[0]", for_return(world, other, asked_at))


async def test_a_saleable_return_is_accepted_once_its_pack_is_verified(world: World) -> None:
    [ref] = await world.units(1)
    await world.ship(MAKER, WHOLESALER, ref)
    bought = await world.ship(WHOLESALER, PHARMACY, ref)
    await request(world, ref, id="V-0")
    argument = {"id": "B-1", "kind": "saleable_return", "what": [ref], "from": PHARMACY, "to": WHOLESALER}
    await world.custody(PHARMACY, "ReturnGoods", argument | {"original": bought})
    accept = {"id": "B-1"}
    await refused(Code.NOT_VERIFIED, "id", world.custody(WHOLESALER, "AcceptTransfer", accept))
    await request(world, ref)
    await world.custody(WHOLESALER, "AcceptTransfer", accept)
    assert world.unit(ref)["owner"] == WHOLESALER
