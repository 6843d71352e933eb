"""A pack's story from commissioning to the patient, step by step."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts import reading, tracing
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
)


def last(world: World) -> dict[str, Any]:
    """Id and time of the last transaction, as a step has them."""
    transaction = world.ledger.transactions[-1]
    return {"tx_id": transaction.tx_id, "at": transaction.at}


async def test_pack_case_pallet_shipped_twice_unpacked_dispensed(world: World) -> None:
    steps: list[dict[str, Any]] = []

    def happened(step: str, ref: str, **more: str) -> None:
        steps.append({**last(world), "step": step, "ref": ref, **more})

    [ref, other] = await world.units(2)
    happened("commission", ref, custodian=MAKER, detail=LOT)
    case = await world.pack(ref, other)
    happened("pack", ref, detail=f"00{case}")
    pallet = await world.pack(f"00{case}")
    happened("pack", f"00{case}", detail=f"00{pallet}")
    first = await world.offer(MAKER, WHOLESALER, f"00{pallet}")
    happened("offer", f"00{pallet}", **{"from": MAKER, "to": WHOLESALER, "detail": first})
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": first})
    happened(
        "accept",
        f"00{pallet}",
        **{"from": MAKER, "to": WHOLESALER, "detail": first, "custodian": WHOLESALER},
    )
    await world.unpack(WHOLESALER, pallet)
    happened("unpack", f"00{case}", custodian=WHOLESALER, detail=f"00{pallet}")
    second = await world.offer(WHOLESALER, PHARMACY, f"00{case}")
    happened("offer", f"00{case}", **{"from": WHOLESALER, "to": PHARMACY, "detail": second})
    await world.custody(PHARMACY, "AcceptTransfer", {"id": second})
    happened(
        "accept",
        f"00{case}",
        **{"from": WHOLESALER, "to": PHARMACY, "detail": second, "custodian": PHARMACY},
    )
    # The other unit's leaving is no step of this one.
    await world.unpack(PHARMACY, case, other)
    await world.unpack(PHARMACY, case)
    happened("unpack", ref, custodian=PHARMACY, detail=f"00{case}")
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [ref]})
    happened("dispense", ref, custodian=PHARMACY)

    trace = await world.trace(ref)
    assert trace["steps"] == steps
    assert trace["unit"] == world.unit(ref)
    assert trace["ancestors"] == []
    assert (trace["owner"], trace["custodian"], trace["held"]) == (PHARMACY, PHARMACY, False)
    assert trace["lot"]["expiry"] == "2027-06-30"
    assert trace["product"]["gtin"] == PRODUCT


async def test_what_happens_to_a_container_afterwards_is_no_step(world: World) -> None:
    case, [ref, _] = await world.case(2)
    await world.unpack(MAKER, case, ref)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    steps = [(step["step"], step["ref"]) for step in (await world.trace(ref))["steps"]]
    assert steps == [("commission", ref), ("pack", ref), ("unpack", ref)]


async def test_refusals_and_holds_are_told(world: World) -> None:
    case, [ref] = await world.case(1)
    for function, who, more in (
        ("RejectTransfer", PHARMACY, {"reason": "not ordered"}),
        ("CancelTransfer", MAKER, {}),
    ):
        transfer = await world.offer(MAKER, PHARMACY, f"00{case}")
        await world.custody(who, function, {"id": transfer, **more})
    await world.quarantine(MAKER, f"00{case}", "recount")
    await world.custody(
        REGULATOR, "ReleaseQuarantine", {"ref": f"00{case}", "gln": REGULATOR, "reason": "ok"}
    )
    device = await world.device(case)
    await world.anchor(case, device, 0, 3_000, "COLD")
    await world.unpack(MAKER, case)
    trace = await world.trace(ref)
    assert [(step["step"], step["ref"], step.get("detail")) for step in trace["steps"][2:]] == [
        ("offer", f"00{case}", "T-3"),
        ("reject", f"00{case}", "T-3"),
        ("offer", f"00{case}", "T-4"),
        ("cancel", f"00{case}", "T-4"),
        ("quarantine", f"00{case}", "recount"),
        ("release", f"00{case}", "ok"),
        ("quarantine", f"00{case}", "excursion COLD"),
        ("unpack", ref, f"00{case}"),
    ]
    assert trace["held"] is True


async def test_history_of_a_document(world: World) -> None:
    [ref] = await world.units(1)
    made = last(world)
    transfer = await world.offer(MAKER, PHARMACY, ref)
    offered = last(world)
    parsed = gs1.parse_ref(ref)
    assert isinstance(parsed, gs1.UnitRef)
    argument = {"key_type": "unit", "attributes": [parsed.gtin, parsed.serial]}
    items = (await world.custody(REGULATOR, "History", argument))["items"]
    assert [{"tx_id": item["tx_id"], "at": item["at"]} for item in items] == [made, offered]
    assert [item["is_delete"] for item in items] == [False, False]
    assert items[1]["doc"] == world.unit(ref)
    assert [item["doc"].get("offer") for item in items] == [None, transfer]


async def test_history_of_goods_is_that_of_all_their_periods_or_of_one(world: World) -> None:
    case, [ref, other] = await world.case(2)
    await world.unpack(MAKER, case, ref)
    attributes = [ref[2:16], ref[18:]]
    found = await world.custody(REGULATOR, "History", {"key_type": "unit", "attributes": attributes})
    told = [(item["doc"]["period"], item["doc"].get("parent")) for item in found["items"]]
    assert told == [(0, None), (0, case), (1, None)]
    argument = {"key_type": "unit", "attributes": [*attributes, "1"]}
    found = await world.custody(REGULATOR, "History", argument)
    assert [item["doc"] for item in found["items"]] == [world.unit(ref)]
    again = {"key_type": "unit", "attributes": [other[2:16], other[18:]]}
    found = await world.custody(REGULATOR, "History", again)
    assert found["items"][-1]["doc"] == world.unit(other)
    found = await world.custody(REGULATOR, "History", {"key_type": "container", "attributes": [case]})
    assert [item["doc"]["taken"] for item in found["items"]] == [[], [ref]]


async def test_what_happens_to_others_of_its_tray_is_no_step(world: World) -> None:
    ref, *others = await world.units(4)
    await world.custody(MAKER, "Decommission", {"gln": MAKER, "refs": others[:1], "reason": "sample"})
    await world.ship(MAKER, PHARMACY, others[1])
    case = await world.pack(ref)
    await world.pack(*others[2:])
    steps = [(step["step"], step.get("detail")) for step in (await world.trace(ref))["steps"]]
    assert steps == [("commission", LOT), ("pack", f"00{case}")]


async def test_history_keeps_the_newest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_HISTORY", 3)
    for count in range(5):
        world.ledger.put("custody", keys.device_key("busy"), {"doc": "device", "count": count})
    argument = {"key_type": "device", "attributes": ["busy"]}
    items = (await world.custody(REGULATOR, "History", argument))["items"]
    assert [item["doc"]["count"] for item in items] == [2, 3, 4]


async def test_history_of_nothing_is_empty(world: World) -> None:
    argument = {"key_type": "container", "attributes": [world.sscc()]}
    assert await world.custody(REGULATOR, "History", argument) == {"items": []}


@pytest.mark.parametrize(
    "argument",
    [
        {"key_type": "unit", "attributes": [PRODUCT]},
        {"key_type": "device", "attributes": ["a\x00b"]},
        {"key_type": "device", "attributes": [7]},
        {"key_type": "device", "attributes": []},
        {"key_type": "device", "attributes": "x"},
        {"key_type": "party", "attributes": [MAKER]},
    ],
)
async def test_history_of_no_key(world: World, argument: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        await world.custody(REGULATOR, "History", argument)
    assert refused.value.code in (Code.INVALID_ARGUMENT, Code.BATCH_TOO_LARGE)


async def test_a_trace_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MAX_CONTAINERS", 2)
    [ref] = await world.units(1)
    for _ in range(3):
        await world.unpack(MAKER, await world.pack(ref))
    with pytest.raises(Refusal) as refused:
        await world.trace(ref)
    assert refused.value.code is Code.BATCH_TOO_LARGE


async def test_what_is_in_a_container_page_by_page(world: World) -> None:
    inner, _ = await world.case(1)
    refs = await world.units(4)
    pallet = await world.pack(*refs, f"00{inner}")
    await world.unpack(MAKER, pallet, refs[1])
    items, bookmark, pages = [], "", 0
    while bookmark or not pages:
        argument = {"sscc": pallet, "page_size": 2} | ({"bookmark": bookmark} if bookmark else {})
        page = await world.custody(REGULATOR, "TraceContainer", argument)
        assert (page["count"], page["contents"]) == (4, [{"gtin": PRODUCT, "lot": LOT, "count": 4}])
        items += page["items"]
        bookmark, pages = page["bookmark"], pages + 1
    assert pages == 2
    inside = [f"00{inner}", *sorted([refs[0], *refs[2:]])]
    assert items == [world.present(ref) for ref in inside]
    assert all(item["parent"] == pallet for item in items)


async def test_a_trace_across_two_containers(world: World) -> None:
    first, [ref, other] = await world.case(2)
    await world.unpack(MAKER, first, ref)
    second = await world.pack(ref)
    await world.ship(MAKER, PHARMACY, f"00{second}")
    await world.ship(MAKER, WHOLESALER, f"00{first}")
    steps = [(step["step"], step["ref"]) for step in (await world.trace(ref))["steps"]]
    assert steps == [
        ("commission", ref),
        ("pack", ref),
        ("unpack", ref),
        ("pack", ref),
        ("offer", f"00{second}"),
        ("accept", f"00{second}"),
    ]
    steps = [(step["step"], step["ref"]) for step in (await world.trace(other))["steps"]]
    assert steps[2:] == [("offer", f"00{first}"), ("accept", f"00{first}")]


async def test_a_receipt_in_part_is_told_for_each_pack(world: World) -> None:
    there, gone, back = await world.units(3)
    name = await world.offer(MAKER, WHOLESALER, there, gone, back)
    exceptions = [{"kind": "shortage", "ref": ref, "note": "?"} for ref in (gone, back)]
    argument = {"id": name, "received": [there], "exceptions": exceptions}
    await world.custody(WHOLESALER, "AcceptTransfer", argument)
    for place, resolution in ((0, "lost"), (1, "found")):
        for who in (WHOLESALER, MAKER):
            said = {"id": name, "gln": who, "exception": place, "resolution": resolution}
            await world.custody(who, "ResolveException", said)
    told = [[step["step"] for step in (await world.trace(ref))["steps"]] for ref in (there, gone, back)]
    assert told == [
        ["commission", "offer", "accept"],
        ["commission", "offer", "missing", "settle"],
        ["commission", "offer", "missing", "settle"],
    ]


async def test_an_offer_that_expired_is_told(world: World) -> None:
    [ref] = await world.units(1)
    name = await world.offer(MAKER, WHOLESALER, ref)
    world.ledger.now += 40 * 24 * 60 * 60 * 1000
    await world.custody(MAKER, "ExpireOffer", {"id": name})
    assert [step["step"] for step in (await world.trace(ref))["steps"]] == ["commission", "offer", "expire"]
