"""What the custody chaincode writes: goods, transfers, sensors, and the events that tell of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from chaincode.contracts.custody import chaincode
from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.contracts.standing import MAX_DEPTH
from chaincode.contracts.trails import Trails
from chaincode.model import canonical, gs1, keys
from chaincode.model.errors import Code, Refusal
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
    at,
    gtin,
    product,
)


def new_unit(serial: str, lot: str, now: int, tray: str) -> dict[str, Any]:
    return {
        "doc": "unit",
        "gtin": PRODUCT,
        "serial": serial,
        "lot": lot,
        "status": "commissioned",
        "period": 0,
        "tray": tray,
        "owner": MAKER,
        "owner_msp": MSPS[MAKER],
        "custodian": MAKER,
        "commissioned_at": now,
    }


async def test_lot(world: World) -> None:
    lot = await world.custody(WHOLESALER, "GetLot", {"gtin": PRODUCT, "lot": LOT})
    assert lot == {
        "doc": "lot",
        "gtin": PRODUCT,
        "lot": LOT,
        "manufacturer": MAKER,
        "expiry": "2027-06-30",
        "manufactured": "2026-02-01",
        "created_at": lot["created_at"],
    }


async def test_commission(world: World) -> None:
    now = world.ledger.now
    answer = await world.custody(
        MAKER, "Commission", {"gtin": PRODUCT[1:], "lot": LOT, "serials": ["A", 'say_"hi"']}
    )
    assert answer == {"gtin": PRODUCT, "lot": LOT, "count": 2}
    assert world.event() == ("UnitsCommissioned", answer)
    for serial in ("A", 'say_"hi"'):
        assert world.unit(gs1.unit_ref(PRODUCT, serial)) == new_unit(serial, LOT, now, "A")


async def test_commission_writes_canonical_json(world: World) -> None:
    serials = ['"', '""', '"A"', "/", "'", "&<>", gs1.CSET_82[:20], gs1.CSET_82[20:40], gs1.CSET_82[-20:]]
    lot = 'L"1"'
    await world.lot(lot, "2027-01-01")
    now = world.ledger.now
    await world.custody(MAKER, "Commission", {"gtin": PRODUCT, "lot": lot, "serials": serials})
    for serial in serials:
        stored = world.ledger.state[("custody", keys.unit_key(PRODUCT, serial))]
        born = {"doc": "unit", "period": 0, "lot": lot, "tray": serials[0], "commissioned_at": now}
        assert stored == canonical.dumps(born)


async def test_a_thousand_units_in_one_call(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    serials = [f"SERIAL{n:013d}" for n in range(1000)]
    started = time.perf_counter()
    await world.custody(MAKER, "Commission", {"gtin": PRODUCT, "lot": LOT, "serials": serials})
    record_property("commission_1000_ms", round((time.perf_counter() - started) * 1000, 1))
    transaction = world.ledger.transactions[-1]
    assert len(transaction.writes) == len(transaction.policies) == 1000 + 10, "a tray for every hundred"
    # One call of the registry, whatever the batch: what it answers is read from the peer each time.
    assert transaction.calls == ["registry.GetProducts"]
    assert world.unit(gs1.unit_ref(PRODUCT, serials[-1]))["serial"] == serials[-1]


async def test_last_day_of_a_lot(world: World) -> None:
    await world.lot("SHORT", "2026-04-30")
    refs = await world.at_pharmacy(1, "SHORT")
    world.ledger.now = at("2026-04-30")
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs})
    assert world.unit(refs[0])["status"] == "dispensed"


async def test_pack(world: World) -> None:
    refs = await world.units(2)
    before = [world.unit(ref) for ref in refs]
    sscc, now = world.sscc(), world.ledger.now
    answer = await world.custody(MAKER, "Pack", {"sscc": sscc, "gln": MAKER, "children": refs})
    assert answer == {"sscc": sscc, "count": 2, "storage": {"min_mc": 2_000, "max_mc": 8_000}}
    assert world.event() == ("ContainerPacked", {"sscc": sscc, "gln": MAKER, "count": 2})
    transaction = world.ledger.transactions[-1]
    makers = owners_policy([MSPS[MAKER]], CONSORTIUM["members"])
    assert world.container(sscc) == {
        "doc": "container",
        "sscc": sscc,
        "period": 0,
        "status": "packed",
        "storage": {"min_mc": 2_000, "max_mc": 8_000},
        "contents": [{"gtin": PRODUCT, "lot": LOT, "count": 2}],
        "levels": 1,
        "taken": [],
        "packed_at": now,
        "packed_by": MAKER,
        "owner": MAKER,
        "owner_msp": MSPS[MAKER],
        "custodian": MAKER,
    }
    assert transaction.policies["custody", keys.container_key(sscc)] == makers
    for ref, loose in zip(refs, before, strict=True):
        assert ("custody", keys.period_key(ref, 0)) not in transaction.writes
        packed = {name: loose[name] for name in loose.keys() - {"owner", "owner_msp", "custodian"}}
        assert world.unit(ref) == packed | {"parent": sscc}
    first = refs[0][18:]
    assert transaction.policies["custody", keys.tray_key(PRODUCT, first)] == NOBODY
    listed = world.ledger.document("custody", keys.packing_key(sscc))
    assert listed == {"doc": "packing", "sscc": sscc, "trays": [[PRODUCT, first]], "children": []}
    assert transaction.policies["custody", keys.packing_key(sscc)] == NOBODY


async def test_what_is_packed_is_not_packed_again(world: World) -> None:
    sscc, [ref, other] = await world.case(2)
    for refs in ([ref], [ref, other]):
        with pytest.raises(Refusal) as refused:
            await world.pack(*refs)
        assert (refused.value.code, refused.value.field) == (Code.UNIT_PACKED, "children[0]")
    await world.unpack(MAKER, sscc, ref)
    assert world.unit(ref)["period"] == 1
    again = await world.pack(ref)
    assert (world.unit(ref)["parent"], world.unit(other)["parent"]) == (again, sscc)


async def test_packing_refuses_the_pack_that_differs(world: World) -> None:
    refs = await world.units(5)
    await world.custody(MAKER, "Decommission", {"gln": MAKER, "refs": [refs[3]], "reason": "damaged"})
    with pytest.raises(Refusal) as refused:
        await world.pack(*refs)
    assert (refused.value.code, refused.value.field) == (Code.DECOMMISSIONED, "children[3]")
    await world.custody(MAKER, "Quarantine", {"ref": refs[1], "gln": MAKER, "reason": "smell"})
    with pytest.raises(Refusal) as refused:
        await world.pack(refs[0], refs[1], refs[2])
    assert (refused.value.code, refused.value.field) == (Code.HELD, "children[1]")


async def test_packing_overwrites_no_pack(world: World) -> None:
    """A write of a key with a policy costs each peer a check: a thousand would take a second."""
    case, refs = await world.case(3)

    def overwritten() -> list[str]:
        return [key for key in world.ledger.transactions[-1].writes if len(world.ledger.history[key]) > 1]

    assert overwritten() == [("custody", keys.tray_key(PRODUCT, refs[0][18:]))]
    some = await world.units(2)
    pallet = await world.pack(f"00{case}", *some)
    tray = keys.tray_key(PRODUCT, some[0][18:])
    assert overwritten() == [("custody", keys.container_key(case)), ("custody", tray)]
    await world.unpack(MAKER, pallet)
    assert overwritten() == [("custody", keys.container_key(pallet))]


async def test_a_container_says_itself_that_it_was_packed(world: World) -> None:
    """So nobody who meets a loose one looks for a period that is not there."""
    case, [ref, other] = await world.case(2)
    first, second = (keys.period_key(f"00{case}", number) for number in (0, 1))
    await world.unpack(MAKER, case, other)
    await world.custody(MAKER, "Decommission", {"gln": MAKER, "refs": [other], "reason": "sample"})
    assert {key for _, key in world.ledger.transactions[-1].reads} & {first, second} == {first}
    pallet = await world.pack(f"00{case}")
    assert world.ledger.document("custody", first)["parent"] == pallet
    assert world.ledger.policies["custody", first] == NOBODY
    again = {"sscc": world.sscc(), "gln": MAKER, "children": [f"00{case}"]}
    with pytest.raises(Refusal) as refused:
        await world.custody(MAKER, "Pack", again)
    assert (refused.value.code, refused.value.field) == (Code.CONTAINER_PACKED, "children[0]")
    assert [one["sscc"] for one in (await world.trace(ref))["ancestors"]] == [case, pallet]


async def test_a_container_takes_its_contents_narrowest_storage(world: World) -> None:
    await world.registry(MAKER, "RegisterProduct", product(2, {"min_mc": -1_000, "max_mc": 5_000}))
    await world.lot("W", "2027-01-01", gtin(2))
    mixed = await world.pack(*await world.units(1), *await world.units(1, "W", gtin(2)))
    assert world.container(mixed)["storage"] == {"min_mc": 2_000, "max_mc": 5_000}
    plain, _ = await world.case(1)
    pallet = await world.pack(f"00{plain}", f"00{mixed}")
    assert world.container(pallet)["storage"] == {"min_mc": 2_000, "max_mc": 5_000}


async def test_packing_ends_at_the_depth_that_reads_follow(world: World) -> None:
    [ref] = await world.units(1)
    outermost = ref
    for _ in range(MAX_DEPTH):
        outermost = f"00{await world.pack(outermost)}"
    assert len((await world.trace(ref))["ancestors"]) == MAX_DEPTH
    with pytest.raises(Refusal) as refused:
        await world.pack(outermost, *await world.units(1))
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "children")


async def test_unpack_some_then_the_rest(world: World) -> None:
    sscc, refs = await world.case(3)
    assert await world.unpack(MAKER, sscc, refs[1]) == {"sscc": sscc, "count": 1, "left": 2}
    assert world.event() == ("ContainerUnpacked", {"sscc": sscc, "gln": MAKER, "count": 1, "left": 2})
    container = world.container(sscc)
    assert (container["taken"], container["status"]) == ([refs[1]], "packed")
    assert container["contents"] == [{"gtin": PRODUCT, "lot": LOT, "count": 2}]
    unit = world.unit(refs[1])
    assert (unit["owner"], unit["custodian"], unit["period"], "parent" in unit) == (MAKER, MAKER, 1, False)
    makers = owners_policy([MSPS[MAKER]], CONSORTIUM["members"])
    assert world.ledger.policies["custody", keys.period_key(refs[1], 1)] == makers
    assert "parent" in world.unit(refs[0])
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": sscc})
    assert found["container"]["children"] == [refs[0], refs[2]]
    assert "taken" not in found["container"]
    assert await world.unpack(MAKER, sscc) == {"sscc": sscc, "count": 2, "left": 0}
    container = world.container(sscc)
    assert (container["taken"], container["contents"], container["status"]) == ([], [], "unpacked")
    found = await world.custody(PHARMACY, "GetContainer", {"sscc": sscc})
    assert found["container"]["children"] == []


async def test_what_was_taken_out_is_packed_again(world: World) -> None:
    first, refs = await world.case(2)
    await world.unpack(MAKER, first, refs[0])
    second = await world.pack(refs[0])
    assert (world.unit(refs[0])["parent"], world.unit(refs[0])["period"]) == (second, 1)
    assert world.ledger.policies["custody", keys.period_key(refs[0], 1)] == NOBODY
    await world.ship(MAKER, PHARMACY, f"00{second}")
    await world.unpack(PHARMACY, second)
    unit = world.unit(refs[0])
    assert (unit["owner"], unit["owner_msp"], unit["period"]) == (PHARMACY, MSPS[PHARMACY], 2)
    theirs = owners_policy([MSPS[PHARMACY]], CONSORTIUM["members"])
    assert world.ledger.policies["custody", keys.period_key(refs[0], 2)] == theirs
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [refs[0]]})
    assert world.unit(refs[0])["status"] == "dispensed"
    assert world.unit(refs[1])["parent"] == first


async def test_a_case_taken_off_its_pallet_keeps_what_is_in_it(world: World) -> None:
    case, refs = await world.case(3)
    await world.unpack(MAKER, case, refs[0])
    pallet = await world.pack(f"00{case}")
    assert world.container(pallet)["contents"] == [{"gtin": PRODUCT, "lot": LOT, "count": 2}]
    assert world.container(pallet)["levels"] == 2
    await world.unpack(MAKER, pallet)
    container = world.container(case)
    assert (container["period"], container["taken"], container["owner"]) == (1, [refs[0]], MAKER)
    assert await world.unpack(MAKER, case) == {"sscc": case, "count": 2, "left": 0}
    assert world.container(case)["period"] == 1


async def test_a_packed_unit_travels_without_being_written(world: World) -> None:
    case, refs = await world.case(2)
    pallet = await world.pack(f"00{case}")
    before = world.unit(refs[0])
    await world.ship(MAKER, WHOLESALER, f"00{pallet}")
    accepted = world.ledger.transactions[-1]
    assert len(accepted.writes) == 2, "the pallet and the transfer"
    assert world.unit(refs[0]) == before
    parsed = gs1.parse_ref(refs[0])
    assert isinstance(parsed, gs1.UnitRef)
    found = await world.custody(PHARMACY, "GetUnit", {"gtin": parsed.gtin, "serial": parsed.serial})
    assert (found["owner"], found["custodian"], found["held"]) == (WHOLESALER, WHOLESALER, False)
    assert [outer["sscc"] for outer in found["ancestors"]] == [case, pallet]
    assert all("taken" not in outer for outer in found["ancestors"])
    inner = await world.custody(PHARMACY, "GetContainer", {"sscc": case})
    assert (inner["custodian"], inner["container"]["children"]) == (WHOLESALER, refs)
    assert [outer["sscc"] for outer in inner["ancestors"]] == [pallet]


async def test_transfer_offered_and_accepted(world: World) -> None:
    refs = await world.units(2)
    offered_at = world.ledger.now
    transfer = await world.offer(MAKER, PHARMACY, *refs)
    offered = await world.custody(WHOLESALER, "GetTransfer", {"id": transfer})
    assert offered.pop("overdue") is False
    assert (offered["what"], offered["from"], offered["to"]) == (refs, MAKER, PHARMACY)
    assert (offered["status"], offered["offered_at"]) == ("offered", offered_at)
    unit = world.unit(refs[0])
    assert (unit["offer"], unit["owner"], unit["custodian"]) == (transfer, MAKER, MAKER)
    closed_at = world.ledger.now
    answer = await world.custody(PHARMACY, "AcceptTransfer", {"id": transfer})
    assert world.event() == ("TransferAccepted", {"id": transfer, "from": MAKER, "to": PHARMACY})
    assert answer == offered | {"status": "accepted", "closed_at": closed_at}
    unit = world.unit(refs[0])
    assert ("offer" in unit, unit["owner"], unit["custodian"]) == (False, PHARMACY, PHARMACY)


@pytest.mark.parametrize(
    ("function", "who", "argument", "status"),
    [
        ("RejectTransfer", PHARMACY, {"reason": "not ordered"}, "rejected"),
        ("CancelTransfer", MAKER, {"reason": "wrong pharmacy"}, "cancelled"),
        ("CancelTransfer", MAKER, {}, "cancelled"),
    ],
)
async def test_transfer_undone(
    world: World, function: str, who: str, argument: dict[str, str], status: str
) -> None:
    [ref] = await world.units(1)
    before = world.unit(ref)
    transfer = await world.offer(MAKER, PHARMACY, ref)
    answer = await world.custody(who, function, argument | {"id": transfer})
    assert (answer["status"], answer.get("reason")) == (status, argument.get("reason"))
    assert world.event()[0] == f"Transfer{status.capitalize()}"
    # It left its tray to be offered.
    del before["tray"]
    assert world.unit(ref) == before | {"period": 1}
    await world.ship(MAKER, WHOLESALER, ref)


async def test_dispense(world: World) -> None:
    refs = await world.at_pharmacy(2)
    now = world.ledger.now
    answer = await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs})
    assert answer == {"gln": PHARMACY, "count": 2}
    assert world.event() == ("UnitsDispensed", answer)
    unit = world.unit(refs[0])
    assert (unit["status"], unit["dispensed_at"], unit["custodian"]) == ("dispensed", now, PHARMACY)


async def test_quarantine_and_its_release(world: World) -> None:
    [ref] = await world.units(1)
    await world.quarantine(MAKER, ref, "broken seal")
    assert world.event() == ("Quarantined", {"ref": ref, "gln": MAKER})
    assert world.hold(ref) == "broken seal"
    release = {"ref": ref, "gln": REGULATOR, "reason": "inspected"}
    await world.custody(REGULATOR, "ReleaseQuarantine", release)
    assert world.event() == ("QuarantineReleased", release)
    assert world.hold(ref) == ""
    await world.ship(MAKER, PHARMACY, ref)


async def test_hold_on_an_inner_container_shows_on_its_units(world: World) -> None:
    case, refs = await world.case(1)
    pallet = await world.pack(f"00{case}")
    await world.quarantine(MAKER, f"00{pallet}")
    assert (await world.trace(refs[0]))["held"] is True
    await world.custody(
        MAKER, "ReleaseQuarantine", {"ref": f"00{pallet}", "gln": MAKER, "reason": "recounted"}
    )
    assert (await world.trace(refs[0]))["held"] is False


async def test_an_offered_shipment_that_warms_changes_no_hands_while_it_is_held(world: World) -> None:
    case, _ = await world.case(1)
    device = await world.device(case)
    transfer = await world.offer(MAKER, PHARMACY, f"00{case}")
    await world.anchor(case, device, 3_000, 12_000)
    with pytest.raises(Refusal) as refused:
        await world.custody(PHARMACY, "AcceptTransfer", {"id": transfer})
    assert refused.value.code is Code.HELD
    assert world.container(case)["owner"] == MAKER
    await world.custody(MAKER, "CancelTransfer", {"id": transfer})


async def test_every_document_is_canonical_json(world: World) -> None:
    case, _ = await world.case(2)
    await world.anchor(case, await world.device(case), 0, 3_000)
    await world.offer(MAKER, PHARMACY, *await world.units(1))
    for value in world.ledger.state.values():
        document = orjson.loads(value)
        assert canonical.dumps(document) == value
        assert None not in document.values()
        assert "doc" in document


async def test_every_key_has_its_policy(world: World) -> None:
    case, refs = await world.case(2)
    await world.unpack(MAKER, case, refs[0])
    await world.offer(MAKER, PHARMACY, refs[0])
    goods = {key for key in world.ledger.state if keys.split(key[1])[0] not in ("sensor_anchor", "param")}
    assert {key for key in goods if key[0] == "custody"} <= world.ledger.policies.keys()


@pytest.mark.parametrize(("remembered", "messages"), [(0, 3), (1, 1)])
async def test_a_pack_out_of_a_case_is_dispensed_in_few_messages(
    world: World, monkeypatch: pytest.MonkeyPatch, remembered: int, messages: int
) -> None:
    """A peer answers one at a time: the packs; their tray and all that is asked about the lot; the case.

    A process that remembers the packs asks for all of it at once.
    """
    monkeypatch.setattr(chaincode, "trails", Trails(100 * remembered))
    case, refs = await world.case(3)
    await world.ship(MAKER, PHARMACY, f"00{case}")
    await world.unpack(PHARMACY, case, *refs[:2])
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs[:2]})
    [dispensed] = world.ledger.transactions[-1:]
    assert dispensed.calls == []
    assert dispensed.messages == ["custody"] * messages
    # What was taken out says itself that it is not packed again.
    assert not {("custody", keys.period_key(ref, 2)) for ref in refs} & dispensed.reads


async def test_packs_of_a_lot_of_which_nothing_was_held_have_no_holds_to_read(world: World) -> None:
    def read(kind: str) -> int:
        return sum(keys.split(key)[0] == kind for _, key in world.ledger.transactions[-1].reads)

    refs = await world.units(20)
    case = await world.pack(*refs[:10])
    assert (read("unit"), read("tray"), read("hold"), read("held_lot")) == (20, 1, 0, 1)
    await world.ship(MAKER, PHARMACY, refs[19])
    assert (read("hold"), read("held_lot")) == (0, 1)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": refs[19:]})
    assert (read("hold"), read("held_lot")) == (0, 1)
    await world.offer(MAKER, WHOLESALER, f"00{case}")
    assert (read("hold"), read("held_lot")) == (1, 1), "the hold is the case's own"
    await world.quarantine(MAKER, refs[10])
    await world.pack(*refs[11:15])
    assert (read("hold"), read("held_lot")) == (5, 1), "those of the packs, and of what the maker has"
    with pytest.raises(Refusal) as refused:
        await world.pack(*refs[10:11])
    assert refused.value.code is Code.HELD
