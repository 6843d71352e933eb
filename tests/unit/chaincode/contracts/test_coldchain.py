"""The cold chain through the contracts: sensors, anchors with proofs, excursions and their decisions."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts import exposure
from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.model import coldchain, gs1, keys, merkle
from chaincode.model.errors import Code, Refusal
from iot_bridge.anchors import StoredReading, build
from tests.unit.chaincode.contracts.world import (
    COLD,
    CONSORTIUM,
    FRIDGE,
    LOT,
    MAKER,
    MSPS,
    PHARMACY,
    REGULATOR,
    WHOLESALER,
    World,
    gtin,
    product,
    readings_claim,
)

HOUR = 3_600_000


async def refusal(call: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value


async def cold_case(world: World, count: int = 1) -> tuple[str, list[str]]:
    """A case of a product that may be warm for two hours in all."""
    await world.registry(MAKER, "RegisterProduct", product(2, COLD))
    await world.lot(LOT, "2027-06-30", gtin(2))
    refs = await world.units(count, of=gtin(2))
    return await world.pack(*refs), refs


async def watching(world: World, sscc: str, since: int, who: str = MAKER) -> str:
    device = await world.device(who=who)
    await world.custody(who, "AttachDevice", {"id": device, "sscc": sscc, "since": since})
    return device


async def hour(world: World, sscc: str, device: str, number: int, *values: int, who: str = MAKER) -> Any:
    """Anchor six readings of the ``number``-th hour before now, those ``values`` over and over."""
    until = world.ledger.now - number * HOUR
    every = [values[place % len(values)] for place in range(6)]
    claim = readings_claim(sscc, device, every, 1000 - number * 6, until - HOUR * 5 // 6, until)
    return await world.custody(who, "AnchorReadings", claim)


async def decide(world: World, excursion: str, decision: str, who: str = MAKER, **more: Any) -> Any:
    argument = {"id": excursion, "gln": who, "decision": decision, "reason": "stability data", **more}
    return await world.custody(who, "DecideExcursion", argument)


async def test_a_sensor_belongs_to_its_owner_and_remembers_what_it_watched(world: World) -> None:
    sscc, _ = await world.case(1)
    registered = world.ledger.now
    device = await world.device()
    attached = world.ledger.now
    answer = await world.custody(MAKER, "AttachDevice", {"id": device, "sscc": sscc})
    expected = {
        "doc": "device",
        "id": device,
        "gln": MAKER,
        "kind": "temperature",
        "status": "active",
        "registered_at": registered,
        "past": [],
        "anchored": [],
    }
    assert answer == expected | {"container": sscc, "attached_at": attached}
    expected["past"] = [{"container": sscc, "since": attached, "until": world.ledger.now}]
    assert await world.custody(MAKER, "DetachDevice", {"id": device}) == expected
    assert world.event() == ("DeviceDetached", {"id": device, "sscc": sscc})
    assert await world.custody(PHARMACY, "GetDevice", {"id": device}) == expected
    policy = owners_policy([MSPS[MAKER]], CONSORTIUM["members"])
    assert world.ledger.policies[("custody", keys.device_key(device))] == policy


async def test_a_watch_that_began_before_it_was_entered(world: World) -> None:
    sscc, _ = await world.case(1)
    device = await world.device()
    since = world.ledger.now - 5 * HOUR
    attached = await world.custody(MAKER, "AttachDevice", {"id": device, "sscc": sscc, "since": since})
    assert attached["attached_at"] == since
    later = {"id": device, "sscc": sscc, "since": since - 1}
    assert (await refusal(world.custody(MAKER, "AttachDevice", later))).code == Code.DEVICE_ATTACHED


async def test_readings_within_the_profile(world: World) -> None:
    sscc, _ = await world.case(1)
    device = await world.device(sscc)
    before = world.container(sscc)
    anchored = await world.anchor(sscc, device, 2_000, 8_000, "INSIDE")
    assert world.event() == ("ReadingsAnchored", {"id": "INSIDE", "container": sscc, "excursion": False})
    assert await world.custody(PHARMACY, "GetAnchor", {"id": "INSIDE"}) == anchored
    assert anchored["anchored_at"] == world.ledger.transactions[-2].at
    told = coldchain.summary([2_000, 8_000] * 30)
    assert {name: anchored[name] for name in told} == told
    assert (anchored["mean_mc"], anchored["mkt_mc"]) == (5_000, coldchain.mkt_mc(told))
    assert (anchored["devices"], anchored["outside_ms"], anchored["msp_id"]) == ([device], 0, MSPS[MAKER])
    assert "excursion" not in anchored
    assert world.container(sscc) == before
    assert world.ledger.policies[("custody", keys.anchor_key("INSIDE"))] == NOBODY


async def test_each_reading_is_proved_and_nothing_else(world: World) -> None:
    sscc, _ = await world.case(1)
    devices = [await watching(world, sscc, 0) for _ in range(2)]
    at = world.ledger.now - 60_000
    readings = [
        StoredReading(device, sequence, at + sequence, 5_000 + sequence)
        for device in sorted(devices)
        for sequence in (0, 1, 2, 7, 8)
    ]
    claim = build(sscc, FRIDGE, readings).arguments  # type: ignore[arg-type]
    anchored = await world.custody(MAKER, "AnchorReadings", claim)
    assert [(run["first"], run["last"]) for run in anchored["runs"]] == [(0, 2), (7, 8)] * 2
    leaves = [
        merkle.leaf(coldchain.reading_leaf(one.device, one.sequence, one.at, one.value_mc))
        for one in readings
    ]
    for place, one in enumerate(readings):
        argument = {
            "anchor": claim["id"],
            "device": one.device,
            "sequence": one.sequence,
            "at": one.at,
            "temperature_mc": one.value_mc,
            "path": [step.hex() for step in merkle.proof(leaves, place)],
        }
        answer = {"anchor": claim["id"], "container": sscc, "proved": True}
        assert await world.custody(PHARMACY, "VerifyReading", argument) == answer
        for name, lie in (
            ("temperature_mc", one.value_mc + 1),
            ("at", one.at + 1),
            ("sequence", 3),
            ("device", "other"),
            ("path", argument["path"][:-1]),  # type: ignore[index]
        ):
            lied = await world.custody(PHARMACY, "VerifyReading", {**argument, name: lie})
            assert lied["proved"] is False, name


@pytest.mark.refuses("sensors.anchored_once")
async def test_a_reading_is_anchored_once(world: World) -> None:
    sscc, _ = await world.case(1)
    device = await watching(world, sscc, 0)
    at = world.ledger.now - HOUR
    first = readings_claim(sscc, device, [5_000] * 10, 10, at, at + 9_000)
    await world.custody(MAKER, "AnchorReadings", first)
    again = readings_claim(sscc, device, [6_000] * 10, 19, at + 9_000, at + 18_000)
    refused = await refusal(world.custody(MAKER, "AnchorReadings", again))
    assert (refused.code, refused.field, refused.rule) == (
        Code.READINGS_ANCHORED,
        "runs[0]",
        "sensors.anchored_once",
    )
    # Late ones fill the gap.
    for claim in (
        readings_claim(sscc, device, [6_000] * 5, 25, at + 20_000, at + 24_000),
        readings_claim(sscc, device, [6_000] * 5, 20, at + 10_000, at + 14_000),
    ):
        await world.custody(MAKER, "AnchorReadings", claim)
    held = await world.custody(MAKER, "GetDevice", {"id": device})
    assert held["anchored"] == [{"first": 10, "last": 29, "until": at + 24_000}]


@pytest.mark.refuses("sensors.watched", "sensors.taken")
async def test_readings_are_of_a_time_when_the_container_was_watched(world: World) -> None:
    sscc, _ = await world.case(1)
    device = await watching(world, sscc, world.ledger.now - 2 * HOUR)
    now = world.ledger.now
    early = readings_claim(sscc, device, [5_000] * 2, 0, now - 3 * HOUR, now - HOUR)
    assert (await refusal(world.custody(MAKER, "AnchorReadings", early))).code == Code.DEVICE_NOT_ATTACHED
    ahead = readings_claim(sscc, device, [5_000] * 2, 0, now, now + HOUR)
    assert (await refusal(world.custody(MAKER, "AnchorReadings", ahead))).code == Code.READINGS_IN_FUTURE
    await world.decide({"parameters": {"sensor_clock_seconds": 3_600}})
    await world.custody(MAKER, "AnchorReadings", early)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"rates": "1"}, Code.READINGS_INCONSISTENT, "rates"),
        ({"rates": "0"}, Code.INVALID_ARGUMENT, "rates"),
        ({"sum_mc": 3_000}, Code.READINGS_INCONSISTENT, "sum_mc"),
        ({"max_mc": 4_000}, Code.READINGS_INCONSISTENT, "min_mc"),
        ({"min_mc": -200_001}, Code.INVALID_ARGUMENT, "min_mc"),
        ({"runs": []}, Code.INVALID_ARGUMENT, "runs"),
        ({"outside": 1}, Code.READINGS_INCONSISTENT, "runs"),
        ({"outside": 3}, Code.INVALID_ARGUMENT, "runs[0].outside"),
        ({"last": -1}, Code.INVALID_ARGUMENT, "runs[0].last"),
        ({"first": 99}, Code.INVALID_ARGUMENT, "runs[0].last"),
        ({"until": 0}, Code.INVALID_ARGUMENT, "runs[0].until"),
        ({"since": 0}, Code.INVALID_ARGUMENT, "runs"),
        ({"twice": True}, Code.INVALID_ARGUMENT, "runs[1]"),
        ({"last": 2**60}, Code.BATCH_TOO_LARGE, "runs"),
    ],
)
async def test_claims_that_cannot_be_true_are_refused(
    world: World, changes: dict[str, Any], code: Code, field: str
) -> None:
    sscc, _ = await world.case(1)
    device = await watching(world, sscc, 0)
    now = world.ledger.now
    claim = readings_claim(sscc, device, [5_000, 6_000], 0, now - 2_000, now - 1_000)
    run = claim["runs"][0]
    for name, value in changes.items():
        (run if name in run else claim)[name] = value
    if claim.pop("twice", False):
        claim["runs"].append(run)
    refused = await refusal(world.custody(MAKER, "AnchorReadings", claim))
    assert (refused.code, refused.field) == (code, field)


async def test_what_a_container_went_through_is_added_up_over_members(world: World) -> None:
    case, _ = await cold_case(world)
    own = await watching(world, case, 0)
    await hour(world, case, own, 30, 4_000, 9_000)
    await hour(world, case, own, 4, 5_000)
    await world.ship(MAKER, PHARMACY, gs1.container_ref(case))
    others = await watching(world, case, 0, PHARMACY)
    await hour(world, case, others, 1, 6_000, 7_000, who=PHARMACY)
    found = await world.custody(REGULATOR, "GetContainerTemperature", {"sscc": case})
    values = [4_000, 9_000] * 3 + [5_000] * 6 + [6_000, 7_000] * 3
    newest = world.ledger.transactions[-2].at - HOUR
    assert found == {
        "container": case,
        "storage": COLD,
        "anchors": 3,
        "count": 18,
        "since": found["since"],
        "until": newest,
        "min_mc": 4_000,
        "max_mc": 9_000,
        "mean_mc": sum(values) // 18,
        "mkt_mc": coldchain.mkt_mc(coldchain.summary(values)),
        "window_mkt_mc": coldchain.mkt_mc(coldchain.summary(values[6:])),
        "outside_minutes": 25,
    }
    assert found["since"] < newest - 29 * HOUR


async def test_a_container_without_readings(world: World) -> None:
    case, _ = await world.case(1)
    found = await world.custody(PHARMACY, "GetContainerTemperature", {"sscc": case})
    assert found == {"container": case, "storage": FRIDGE, "anchors": 0, "count": 0, "outside_minutes": 0}


async def test_warm_for_longer_than_allowed_in_all(world: World) -> None:
    case, _ = await cold_case(world)
    device = await watching(world, case, 0)
    for number in (9, 8):
        assert "excursion" not in await hour(world, case, device, number, 9_000)
    third = await hour(world, case, device, 7, 9_000)
    excursion = await world.custody(MAKER, "GetExcursion", {"id": third["excursion"]})
    # 50 minutes of the first anchor; of the others also the ten before their first reading.
    assert (excursion["causes"], excursion["outside_ms"] // 60_000) == (["time"], 170)
    assert world.hold(f"00{case}") == f"excursion {third['id']}"


@pytest.mark.parametrize(
    ("values", "causes"),
    [((15_000, 2_000), []), ((15_001, 2_000), ["range"]), ((1_999, 2_000), ["range"]), ((-1,), ["frozen"])],
)
async def test_beyond_the_range_or_frozen_at_once(
    world: World, values: tuple[int, ...], causes: list[str]
) -> None:
    case, _ = await cold_case(world)
    device = await watching(world, case, 0)
    anchored = await hour(world, case, device, 0, *values)
    if causes:
        excursion = await world.custody(MAKER, "GetExcursion", {"id": anchored["excursion"]})
        assert set(causes) <= set(excursion["causes"])
    else:
        assert "excursion" not in anchored


@pytest.mark.allows("coldchain.decided", "coldchain.held_by")
async def test_an_excursion_holds_and_passes_to_what_is_taken_out(world: World) -> None:
    case, refs = await world.case(2)
    pallet = await world.pack(f"00{case}")
    device = await world.device(pallet)
    detected = world.ledger.now
    anchored = await world.anchor(pallet, device, 1_999, 8_000, "OUT")
    assert world.event() == ("ReadingsAnchored", {"id": "OUT", "container": pallet, "excursion": True})
    assert await world.custody(PHARMACY, "GetExcursion", {"id": "OUT"}) == {
        "doc": "excursion",
        "id": "OUT",
        "container": pallet,
        "anchor": "OUT",
        "owner": MAKER,
        "causes": ["range", "time"],
        "min_mc": 1_999,
        "max_mc": 8_000,
        "outside_ms": 29_500,
        "mkt_mc": anchored["mkt_mc"],
        "limit": FRIDGE,
        "detected_at": detected,
        "decision": {
            "doc": "excursion_decision",
            "id": "OUT",
            "status": "open",
            "held": [f"00{pallet}"],
            "missed": [],
        },
    }
    assert world.ledger.policies[("custody", keys.excursion_key("OUT"))] == NOBODY
    decision_key = ("custody", keys.excursion_decision_key("OUT"))
    assert world.ledger.policies[decision_key] == owners_policy([MSPS[MAKER]], CONSORTIUM["members"])
    assert (world.hold(f"00{pallet}"), world.hold(f"00{case}")) == ("excursion OUT", "")
    await world.unpack(MAKER, pallet)
    assert world.hold(f"00{case}") == "excursion OUT"
    await world.unpack(MAKER, case, refs[0])
    assert world.hold(refs[0]) == "excursion OUT"
    for ref in (refs[0], f"00{case}"):
        assert (await refusal(world.offer(MAKER, PHARMACY, ref))).code is Code.HELD
    # The decision is of what was held; what came out of it follows.
    await decide(world, "OUT", "release")
    assert world.hold(f"00{case}") == "excursion OUT"
    await world.custody(MAKER, "SettleExcursion", {"id": "OUT", "refs": [f"00{case}", refs[0]]})
    assert world.event() == ("ExcursionSettled", {"id": "OUT", "count": 2})
    await world.ship(MAKER, PHARMACY, refs[0], f"00{case}")


async def test_readings_while_an_excursion_is_open_belong_to_it(world: World) -> None:
    case, _ = await world.case(1)
    device = await world.device(case)
    first = await world.anchor(case, device, 0, 3_000, "FIRST")
    second = await world.anchor(case, device, 0, 3_000, "SECOND")
    assert (first["excursion"], second["excursion"]) == ("FIRST", "FIRST")
    assert (await refusal(world.custody(MAKER, "GetExcursion", {"id": "SECOND"}))).code == (
        Code.EXCURSION_UNKNOWN
    )
    await decide(world, "FIRST", "release")
    assert world.hold(f"00{case}") == ""
    third = await world.anchor(case, device, 0, 3_000, "THIRD")
    assert third["excursion"] == "THIRD"
    assert world.hold(f"00{case}") == "excursion THIRD"


async def test_late_readings_hold_what_was_inside_then(world: World) -> None:
    case, refs = await world.case(4)
    device = await watching(world, case, 0)
    await world.unpack(MAKER, case, refs[0])
    # Nothing is taken out for an hour in which it is warm; then everything is.
    world.ledger.now += HOUR
    await world.unpack(MAKER, case)
    await world.custody(MAKER, "DetachDevice", {"id": device})
    await world.ship(MAKER, PHARMACY, refs[1])
    await world.custody(MAKER, "Decommission", {"gln": MAKER, "reason": "damaged", "refs": [refs[2]]})
    again = await world.pack(refs[3])
    world.ledger.now += HOUR
    anchored = await hour(world, case, device, 1, 5_000, 12_000)
    found = await world.custody(MAKER, "GetExcursion", {"id": anchored["excursion"]})
    assert found["decision"]["held"] == [refs[3]]
    assert sorted(found["decision"]["missed"], key=lambda one: one["why"]) == [
        {"ref": refs[2], "why": "ended"},
        {"ref": refs[1], "why": "owner"},
    ]
    assert [world.hold(ref) != "" for ref in refs] == [False, False, False, True]
    # Held alone, it holds back the container that it is in by now.
    assert (await refusal(world.offer(MAKER, PHARMACY, f"00{again}"))).code is Code.HELD
    await decide(world, anchored["excursion"], "release")
    await world.ship(MAKER, PHARMACY, f"00{again}")


async def test_later_news_of_an_open_excursion_holds_what_else_was_inside(world: World) -> None:
    case, refs = await world.case(3)
    device = await watching(world, case, 0)
    world.ledger.now += 5 * HOUR
    await world.unpack(MAKER, case, refs[0])
    world.ledger.now += HOUR
    newest = await hour(world, case, device, 0, 9_000)
    late = await hour(world, case, device, 3, 9_000)
    assert late["excursion"] == newest["id"]
    found = await world.custody(MAKER, "GetExcursion", {"id": newest["id"]})
    assert found["decision"]["held"] == [f"00{case}", refs[0]]
    assert world.hold(refs[0]) == f"excursion {newest['id']}"


async def test_goods_of_a_case_that_was_inside_a_pallet(world: World) -> None:
    case, refs = await world.case(2)
    pallet = await world.pack(f"00{case}")
    device = await watching(world, pallet, 0)
    world.ledger.now += HOUR
    await world.unpack(MAKER, pallet)
    await world.unpack(MAKER, case, refs[0])
    world.ledger.now += HOUR
    anchored = await hour(world, pallet, device, 1, 9_000)
    found = await world.custody(MAKER, "GetExcursion", {"id": anchored["excursion"]})
    assert found["decision"]["held"] == [f"00{case}", refs[0]]


async def test_more_goods_than_one_transaction_holds_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "MAX_EXPOSED", 3)
    case, refs = await world.case(4)
    device = await watching(world, case, 0)
    world.ledger.now += HOUR
    await world.unpack(MAKER, case)
    anchored = await hour(world, case, device, 1, 9_000)
    decision = (await world.custody(MAKER, "GetExcursion", {"id": anchored["excursion"]}))["decision"]
    assert decision["held"] == refs[:2]
    assert decision["missed"] == [{"ref": ref, "why": "bound"} for ref in refs[2:]]


async def test_condemned_goods_can_only_be_destroyed(world: World) -> None:
    case, _ = await world.case(1)
    device = await world.device(case)
    await world.anchor(case, device, 3_000, 20_000, "HOT")
    evidence = "ab" * 32
    decided = await decide(world, "HOT", "destroy", evidence_hash=evidence)
    assert (decided["status"], decided["gln"], decided["evidence_hash"]) == ("destroyed", MAKER, evidence)
    assert world.event() == ("ExcursionDecided", {"id": "HOT", "gln": MAKER, "status": "destroyed"})
    ref = f"00{case}"
    assert (await refusal(world.offer(MAKER, PHARMACY, ref))).code is Code.HELD
    released = {"ref": ref, "gln": REGULATOR, "reason": "please"}
    assert (await refusal(world.custody(REGULATOR, "ReleaseQuarantine", released))).code == Code.HOLD_BOUND
    gone = {"gln": MAKER, "reason": "other", "note": "lost", "refs": [ref]}
    assert (await refusal(world.custody(MAKER, "Decommission", gone))).code is Code.HELD
    await world.custody(MAKER, "Decommission", {"gln": MAKER, "reason": "destroyed", "refs": [ref]})


@pytest.mark.refuses("coldchain.decided_by_owner", "coldchain.undecided")
async def test_only_the_owner_decides_and_once(world: World) -> None:
    case, _ = await world.case(1)
    device = await world.device(case)
    await world.anchor(case, device, 3_000, 20_000, "HOT")
    refused = await refusal(decide(world, "HOT", "release", who=WHOLESALER))
    assert (refused.code, refused.rule) == (Code.NOT_OWNER, "coldchain.decided_by_owner")
    argument = {"id": "HOT", "gln": MAKER, "decision": "release", "reason": "mine now"}
    assert (await refusal(world.custody(PHARMACY, "DecideExcursion", argument))).code == Code.NOT_AUTHORISED
    await decide(world, "HOT", "destroy")
    assert (await refusal(decide(world, "HOT", "release"))).code == Code.EXCURSION_DECIDED


@pytest.mark.refuses("coldchain.decided", "coldchain.held_by")
async def test_what_follows_a_decision_is_held_by_that_excursion(world: World) -> None:
    case, refs = await world.case(2)
    device = await world.device(case)
    await world.anchor(case, device, 3_000, 20_000, "HOT")
    await world.unpack(MAKER, case)
    argument = {"id": "HOT", "refs": [refs[0]]}
    assert (await refusal(world.custody(MAKER, "SettleExcursion", argument))).code == Code.EXCURSION_OPEN
    await decide(world, "HOT", "destroy")
    await world.custody(MAKER, "SettleExcursion", argument)
    assert world.hold(refs[0]) == "stability data"
    others = await world.units(1)
    refused = await refusal(world.custody(MAKER, "SettleExcursion", {"id": "HOT", "refs": others}))
    assert (refused.code, refused.field) == (Code.NOT_HELD, "refs[0]")


async def test_a_hold_of_another_ground_stays(world: World) -> None:
    case, _ = await world.case(1)
    device = await world.device(case)
    await world.quarantine(MAKER, f"00{case}", "seal broken")
    await world.anchor(case, device, 3_000, 20_000, "HOT")
    await decide(world, "HOT", "release")
    assert world.hold(f"00{case}") == "seal broken"
