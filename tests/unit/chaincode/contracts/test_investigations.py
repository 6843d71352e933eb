"""Investigations of suspect product on the ledger: holds, samples, decisions and the clock after them."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.safety import clear, declare, investigate, pack, record, settle
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
    gtin,
    product,
    sale,
)

HOUR = 3_600_000


async def look(world: World, name: str = "I") -> Any:
    return await world.custody(REGULATOR, "GetInvestigation", {"id": name})


def status(world: World, ref: str) -> str:
    return str(world.ledger.document("custody", keys.hold_key(ref))["status"])


async def refusal(call: Any) -> tuple[Code, str | None, str | None]:
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.code, refused.value.field, refused.value.rule


async def dispense(world: World, *refs: str) -> Any:
    return await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": list(refs)})


async def test_suspect_packs_are_held_sampled_cleared_and_dispensed(world: World) -> None:
    refs = await world.at_pharmacy(4)
    opened_at = world.ledger.now
    opened = await investigate(world, PHARMACY, *refs)
    assert opened == {
        "doc": "investigation",
        "id": "I",
        "gln": PHARMACY,
        "gtin": PRODUCT,
        "refs": refs,
        "packs": 4,
        "sample": 3,
        "good": 0,
        "bad": 0,
        "reasons": ["counterfeit", "diverted"],
        "description": "the print is blurred",
        "status": "open",
        "opened_at": opened_at,
        "guards": [MSPS[PHARMACY]],
    }
    assert world.event() == ("InvestigationOpened", {"id": "I", "gln": PHARMACY, "gtin": PRODUCT})
    assert {status(world, ref) for ref in refs} == {"suspect"}
    assert await refusal(dispense(world, refs[0])) == (Code.HELD, "units[0]", "holds.not_held")
    await record(world, PHARMACY, pack(refs[0]), pack(refs[1]))
    assert (await refusal(clear(world, PHARMACY)))[0] is Code.SAMPLE_INCOMPLETE
    sampled = await record(world, PHARMACY, pack(refs[2]))
    assert (sampled["good"], sampled["bad"]) == (3, 0)
    decided_at = world.ledger.now
    cleared = await clear(world, PHARMACY)
    assert (cleared["status"], cleared["decided_at"]) == ("cleared", decided_at)
    assert world.event() == ("InvestigationCleared", {"id": "I", "gln": PHARMACY})
    await dispense(world, *refs)


async def test_one_bad_pack_and_nothing_is_cleared(world: World) -> None:
    refs = await world.at_pharmacy(3)
    await investigate(world, PHARMACY, *refs)
    await record(world, PHARMACY, pack(refs[0], "bad"), pack(refs[1]), pack(refs[2]))
    assert await refusal(clear(world, PHARMACY)) == (Code.SAMPLE_FAILED, "id", "suspect.sound")
    assert {status(world, ref) for ref in refs} == {"suspect"}


async def test_illegitimate_product_stays_and_its_clock_runs(world: World) -> None:
    [ref] = await world.at_pharmacy()
    await investigate(world, PHARMACY, ref)
    decided_at = world.ledger.now
    found = await declare(world, PHARMACY)
    assert (found["status"], found["classification"]) == ("illegitimate", "counterfeit")
    assert found["notify_by"] == decided_at + 24 * HOUR
    assert world.event() == (
        "ProductIllegitimate",
        {"id": "I", "gln": PHARMACY, "gtin": PRODUCT, "notify_by": decided_at + 24 * HOUR},
    )
    assert status(world, ref) == "illegitimate"
    for who in (PHARMACY, REGULATOR):
        call = world.custody(who, "ReleaseQuarantine", {"ref": ref, "gln": who, "reason": "please"})
        assert await refusal(call) == (Code.HOLD_BOUND, "ref", "holds.releasable")
    world.ledger.now = found["notify_by"]
    assert (await look(world))["overdue"] is False
    world.ledger.now = found["notify_by"] + 1
    assert (await look(world))["overdue"] is True
    assert (await refusal(clear(world, PHARMACY)))[0] is Code.INVESTIGATION_CLOSED
    assert (await refusal(declare(world, PHARMACY)))[0] is Code.INVESTIGATION_CLOSED
    assert (await refusal(record(world, PHARMACY, pack(ref))))[0] is Code.INVESTIGATION_CLOSED


async def test_illegitimate_packs_leave_as_destroyed_or_as_a_sample(world: World) -> None:
    refs = await world.at_pharmacy(2)
    await investigate(world, PHARMACY, *refs)
    await declare(world, PHARMACY)
    argument = {"gln": PHARMACY, "refs": [refs[0]], "reason": "exported"}
    code, _, rule = await refusal(world.custody(PHARMACY, "Decommission", argument))
    assert (code, rule) == (Code.HELD, "holds.disposable")
    for ref, reason in zip(refs, ("destroyed", "sample"), strict=True):
        await world.custody(PHARMACY, "Decommission", {**argument, "refs": [ref], "reason": reason})


async def test_what_is_taken_out_meanwhile_follows_the_decision_later(world: World) -> None:
    case, refs = await world.case(3)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    await investigate(world, PHARMACY, f"00{case}")
    assert (await look(world))["investigation"]["packs"] == 3
    await world.unpack(PHARMACY, case, *refs[:2])
    assert status(world, refs[0]) == "suspect"
    assert (await refusal(settle(world, PHARMACY, refs[0])))[0] is Code.INVESTIGATION_OPEN
    # One taken out of the case, one still in it: both are of the suspect product.
    await record(world, PHARMACY, pack(refs[0]), pack(refs[1]), pack(refs[2]))
    await clear(world, PHARMACY)
    assert (status(world, f"00{case}"), status(world, refs[0])) == ("cleared", "suspect")
    await settle(world, PHARMACY, *refs[:2])
    assert world.event() == ("HoldsSettled", {"id": "I", "count": 2})
    await dispense(world, *refs[:2])
    assert (await refusal(settle(world, PHARMACY, refs[0])))[0] is Code.NOT_SUSPECT


async def test_a_whole_lot_of_one_party_is_held_and_nobody_elses(world: World) -> None:
    [ours] = await world.at_pharmacy()
    case, _ = await world.case(2)
    found = await investigate(world, PHARMACY, lot=LOT, packs=35)
    assert (found["lot"], found["packs"], found["sample"]) == (LOT, 35, 4)
    assert (await refusal(dispense(world, ours)))[0] is Code.HELD
    await world.ship(MAKER, WHOLESALER, f"00{case}")
    # What arrives afterwards is held too.
    [later] = await world.at_pharmacy()
    assert (await refusal(dispense(world, later)))[0] is Code.HELD
    await world.lot("CLEAN", "2027-06-30")
    await dispense(world, *await world.at_pharmacy(1, "CLEAN"))
    await record(world, PHARMACY, pack(ours), pack(later))
    await declare(world, PHARMACY)
    key = keys.lot_hold_key(PRODUCT, LOT, PHARMACY)
    hold = world.ledger.document("custody", key)
    assert (hold["ref"], hold["gln"], hold["status"]) == (
        gs1.lot_ref(PRODUCT, LOT),
        PHARMACY,
        "illegitimate",
    )
    assert world.ledger.policies[("custody", key)] == owners_policy([MSPS[PHARMACY]], CONSORTIUM["members"])


async def test_every_function_finds_a_lot_on_hold(world: World) -> None:
    loose, alone, offered, returned = await world.at_pharmacy(4)
    case = await world.pack(alone, who=PHARMACY)
    transfer = await world.offer(PHARMACY, WHOLESALER, offered)
    await investigate(world, PHARMACY, lot=LOT, packs=4)
    calls = {
        "Dispense": {"gln": PHARMACY, "units": [loose]},
        "Pack": {"sscc": world.sscc(), "gln": PHARMACY, "children": [loose]},
        "OfferTransfer": sale("T-X", PHARMACY, WHOLESALER, returned),
        "Decommission": {"gln": PHARMACY, "refs": [loose], "reason": "destroyed"},
    }
    for function, argument in calls.items():
        assert (await refusal(world.custody(PHARMACY, function, argument)))[0] is Code.HELD, function
    sold = sale("T-Y", PHARMACY, WHOLESALER, f"00{case}")
    assert (await refusal(world.custody(PHARMACY, "OfferTransfer", sold)))[0] is Code.HELD
    accepted = world.custody(WHOLESALER, "AcceptTransfer", {"id": transfer})
    assert (await refusal(accepted))[0] is Code.HELD
    assert (await world.trace(loose))["held"] is True
    assert (await world.custody(PHARMACY, "GetContainer", {"sscc": case}))["held"] is True


async def test_the_first_hold_of_a_lot_says_so_for_all(world: World) -> None:
    """Whether it is on a pack or on what a party has of the lot, it is written once."""
    await world.lot("OTHER", "2027-06-30")
    refs = await world.units(1, "OTHER")
    await world.quarantine(MAKER, refs[0])
    await investigate(world, PHARMACY, lot=LOT, packs=1)
    for lot in (LOT, "OTHER"):
        key = keys.held_lot_key(PRODUCT, lot)
        mark = {"doc": "held_lot", "gtin": PRODUCT, "lot": lot}
        assert world.ledger.document("custody", key) == mark
        assert world.ledger.policies["custody", key] == NOBODY
    await world.quarantine(MAKER, *await world.units(1))
    await investigate(world, PHARMACY, name="I2", lot="OTHER", packs=1)
    await declare(world, PHARMACY)
    marks = [key for key in world.ledger.state if keys.split(key[1])[0] == "held_lot"]
    assert [len(world.ledger.history[key]) for key in marks] == [1, 1]


async def test_a_lot_is_cleared(world: World) -> None:
    refs = await world.at_pharmacy(2)
    await investigate(world, PHARMACY, lot=LOT, packs=2)
    await record(world, PHARMACY, *map(pack, refs))
    await clear(world, PHARMACY)
    await dispense(world, *refs)


async def test_two_investigations_of_one_case_end_apart(world: World) -> None:
    case, refs = await world.case(1)
    await investigate(world, MAKER, f"00{case}", name="A")
    await investigate(world, MAKER, f"00{case}", name="B")
    for name in ("A", "B"):
        await record(world, MAKER, pack(refs[0]), name=name)
    await clear(world, MAKER, "A")
    assert (await refusal(world.offer(MAKER, PHARMACY, f"00{case}")))[0] is Code.HELD
    await clear(world, MAKER, "B")
    await world.ship(MAKER, PHARMACY, f"00{case}")


async def test_everybody_but_a_dispenser_verifies_every_pack(world: World) -> None:
    case, refs = await world.case(5)
    found = await investigate(world, MAKER, f"00{case}")
    assert found["sample"] == 5
    await record(world, MAKER, *map(pack, refs[:4]))
    assert (await refusal(clear(world, MAKER)))[0] is Code.SAMPLE_INCOMPLETE


async def test_what_a_good_pack_bears_is_on_the_ledger(world: World) -> None:
    refs = await world.at_pharmacy(2)
    await investigate(world, PHARMACY, refs[0])
    for wrong in ({"lot": "OTHER"}, {"expiry": "2029-01-31"}):
        code, field, rule = await refusal(record(world, PHARMACY, pack(refs[0], **wrong)))
        assert (code, field, rule) == (Code.SAMPLE_MISMATCH, "sample[0].ref", "suspect.corresponds")
    assert (await refusal(record(world, PHARMACY, pack(refs[1]))))[0] is Code.NOT_SUSPECT
    invented = gs1.unit_ref(PRODUCT, "INVENTED")
    assert (await refusal(record(world, PHARMACY, pack(invented))))[0] is Code.UNIT_UNKNOWN
    # A counterfeit bears any number: one that nobody made, or one of a pack that is elsewhere.
    found = await record(world, PHARMACY, pack(invented, "bad"), pack(refs[1], "bad", lot="OTHER"))
    assert (found["good"], found["bad"]) == (0, 2)


async def test_a_pack_is_examined_once(world: World) -> None:
    refs = await world.at_pharmacy(2)
    await investigate(world, PHARMACY, *refs)
    await record(world, PHARMACY, pack(refs[0]))
    again = await refusal(record(world, PHARMACY, pack(refs[1]), pack(refs[0], "bad")))
    assert again[:2] == (Code.SAMPLE_EXISTS, "sample[1].ref")
    twice = await refusal(record(world, PHARMACY, pack(refs[1]), pack(refs[1], "bad")))
    assert twice[:2] == (Code.INVALID_ARGUMENT, "sample")
    key = ("custody", keys.sample_key("I", refs[0]))
    assert world.ledger.policies[key] == NOBODY


async def test_a_sample_names_the_manufacturers_answer(world: World) -> None:
    refs = await world.at_pharmacy(2)
    await investigate(world, PHARMACY, *refs)
    answers = {"V": {"verified": True}, "W": {"verified": False}}
    for name, answer in answers.items():
        parts = {"doc": "verification", "id": name, "gtin": PRODUCT, "serial": refs[0][18:], "answer": answer}
        world.ledger.put("custody", keys.verification_key(name), parts)
    for ref, name, code in (
        (refs[0], "NONE", Code.VERIFICATION_UNKNOWN),
        (refs[0], "W", Code.SAMPLE_MISMATCH),
        (refs[1], "V", Code.SAMPLE_MISMATCH),
    ):
        assert (await refusal(record(world, PHARMACY, pack(ref, verification=name))))[0] is code
    await record(world, PHARMACY, pack(refs[0], verification="V"))
    sample = world.ledger.document("custody", keys.sample_key("I", refs[0]))
    assert sample["verification"] == "V"


async def test_the_packs_that_were_examined_are_listed(world: World) -> None:
    refs = sorted(await world.at_pharmacy(3))
    for name in ("I", "I2"):
        await investigate(world, PHARMACY, *refs, name=name)
    await record(world, PHARMACY, *map(pack, refs))
    await record(world, PHARMACY, pack(refs[0], "bad"), name="I2")
    argument: dict[str, Any] = {"id": "I", "page_size": 2}
    first = await world.custody(REGULATOR, "ListSamples", argument)
    rest = await world.custody(REGULATOR, "ListSamples", argument | {"bookmark": first["bookmark"]})
    assert [one["ref"] for one in first["items"] + rest["items"]] == refs
    assert rest["bookmark"] == ""


async def test_only_who_opened_it_goes_on(world: World) -> None:
    [ref] = await world.at_pharmacy()
    await investigate(world, PHARMACY, ref)
    for call in (
        record(world, WHOLESALER, pack(ref)),
        clear(world, REGULATOR),
        declare(world, MAKER),
        settle(world, MAKER, ref),
    ):
        assert (await refusal(call))[0] is Code.NOT_AUTHORISED


async def test_a_regulator_investigates_anybodys_goods_and_both_sign(world: World) -> None:
    [ref] = await world.at_pharmacy()
    found = await investigate(world, REGULATOR, ref)
    assert found["guards"] == sorted([MSPS[PHARMACY], MSPS[REGULATOR]])
    policy = world.ledger.policies[("custody", keys.investigation_key("I"))]
    assert policy == owners_policy(found["guards"], CONSORTIUM["members"])
    code, _, rule = await refusal(investigate(world, REGULATOR, lot=LOT, packs=1, name="J"))
    assert (code, rule) == (Code.ROLE_REQUIRED, "suspect.investigator")


async def test_what_is_not_investigated(world: World) -> None:
    case, [packed] = await world.case(1)
    pallet = await world.pack(f"00{case}")
    [elsewhere] = await world.at_pharmacy()
    await world.registry(MAKER, "RegisterProduct", product(2))
    for call, code, field in (
        (investigate(world, MAKER, packed), Code.UNIT_PACKED, "refs[0]"),
        (investigate(world, MAKER, elsewhere), Code.NOT_CUSTODIAN, "refs[0]"),
        (investigate(world, MAKER, f"00{pallet}", f"00{case}"), Code.INVALID_ARGUMENT, "refs[1]"),
        (investigate(world, MAKER, f"00{case}", gtin=gtin(2)), Code.INVALID_ARGUMENT, "refs[0]"),
        (investigate(world, MAKER, f"00{case}", gtin=gtin(3)), Code.PRODUCT_UNKNOWN, "gtin"),
        (investigate(world, MAKER, f"00{case}", lot=LOT, packs=1), Code.INVALID_ARGUMENT, "refs"),
        (investigate(world, MAKER, f"00{case}", reasons=["a feeling"]), Code.INVALID_ARGUMENT, "reasons[0]"),
    ):
        assert (await refusal(call))[:2] == (code, field)
    await investigate(world, MAKER, f"00{case}")
    assert (await refusal(investigate(world, MAKER, f"00{case}")))[0] is Code.INVESTIGATION_EXISTS
    assert (await refusal(look(world, "NONE")))[0] is Code.INVESTIGATION_UNKNOWN
