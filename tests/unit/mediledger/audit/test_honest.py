"""What members do honestly breaks nothing."""

from __future__ import annotations

from tests.unit.chaincode.contracts.safety import declare, investigate
from tests.unit.chaincode.contracts.world import (
    LOT,
    MAKER,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    WHOLESALER,
    World,
)
from tests.unit.mediledger.audit.histories import audited


async def test_a_history_of_all_members() -> None:
    world = World()
    await world.found()
    refs = await world.units(4)
    case = await world.pack(*refs)
    pallet = await world.pack(f"00{case}")
    await world.ship(MAKER, WHOLESALER, f"00{pallet}")
    await world.unpack(WHOLESALER, pallet)
    await world.unpack(WHOLESALER, case, refs[0], refs[1])
    again = await world.pack(refs[0], who=WHOLESALER)
    await world.quarantine(WHOLESALER, f"00{again}")
    release = {"ref": f"00{again}", "gln": WHOLESALER, "reason": "checked"}
    await world.custody(WHOLESALER, "ReleaseQuarantine", release)
    await world.ship(WHOLESALER, PHARMACY, f"00{again}", refs[1])
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [refs[1]]})
    events = [{"hash": f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"}]
    await world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": events})
    recall = {
        "id": "R-1",
        "gln": MAKER,
        "gtin": PRODUCT,
        "kind": "recall",
        "class": "I",
        "depth": "consumer",
        "effectiveness": "A",
        "reason": "sterility",
    }
    await world.custody(MAKER, "StartRecall", recall)
    await world.custody(MAKER, "StartRecall", recall | {"id": "R-2", "lot": LOT})
    found = {"on_hand": 1, "quarantined": 0, "dispensed": 1, "returned": 0, "destroyed": 0}
    for _ in range(2):
        acknowledged = {"recall": "R-1", "gln": PHARMACY, "found": found}
        await world.custody(PHARMACY, "AcknowledgeRecall", acknowledged)
    await world.custody(REGULATOR, "EndRecall", {"id": "R-1", "gln": REGULATOR, "reason": "all is back"})
    pack = {"gtin": PRODUCT, "serial": refs[0][18:], "lot": LOT, "expiry": "2027-06-30"}
    asked = {"id": "V-1", "gln": WHOLESALER, "context": "saleable_return"}
    await world.custody(WHOLESALER, "RequestVerification", asked | pack)
    corrected = {"id": "V-1", "gln": MAKER, "verified": False, "reason": "Manufacturer_policy"}
    await world.custody(MAKER, "AnswerVerification", corrected)
    traced = {"id": "Q-1", "gln": REGULATOR, "asked": PHARMACY, "ref": refs[0], "reason": "suspect"}
    await world.custody(REGULATOR, "RequestTrace", traced)
    await world.custody(PHARMACY, "AnswerTrace", {"id": "Q-1", "gln": PHARMACY, "answer": "5e" * 32})
    await world.quarantine(WHOLESALER, f"00{case}")
    await world.unpack(WHOLESALER, case)
    await investigate(world, PHARMACY, name="I-1", lot=LOT, packs=1)
    await investigate(world, WHOLESALER, refs[2], name="I-2")
    await declare(world, PHARMACY, name="I-1")
    _, findings = audited(world.ledger)
    assert findings == []


async def test_what_packs_go_through_that_leave_their_trays() -> None:
    world = World()
    await world.found()
    refs = await world.units(250)
    # A whole tray, part of one, and of one that packs have left before what is left.
    await world.ship(MAKER, WHOLESALER, refs[110])
    whole = await world.pack(*refs[:105])
    await world.pack(*refs[105:110], *refs[111:200])
    refused = await world.offer(MAKER, WHOLESALER, refs[200])
    await world.custody(WHOLESALER, "RejectTransfer", {"id": refused, "reason": "not ordered"})
    short = await world.offer(MAKER, WHOLESALER, refs[201], refs[202])
    missing = [{"kind": "shortage", "ref": refs[202]}]
    await world.custody(
        WHOLESALER, "AcceptTransfer", {"id": short, "received": refs[201:202], "exceptions": missing}
    )
    ended = {"refs": refs[203:205], "gln": MAKER}
    await world.custody(MAKER, "Decommission", ended | {"reason": "damaged"})
    await world.custody(MAKER, "ReverseDecommission", ended | {"refs": refs[203:204]})
    await world.pack(refs[203], refs[205])
    new = {"gtin": PRODUCT, "lot": LOT, "serials": ["NEW1", "NEW2"]}
    await world.custody(MAKER, "Repackage", {"gln": MAKER, "from": refs[206:208], "to": new})
    await world.quarantine(REGULATOR, refs[208])
    await world.ship(MAKER, WHOLESALER, f"00{whole}")
    again = await world.pack(f"00{whole}", who=WHOLESALER)
    await world.unpack(WHOLESALER, again)
    await world.unpack(WHOLESALER, whole, refs[3])
    await world.quarantine(WHOLESALER, f"00{whole}")
    await world.unpack(WHOLESALER, whole)
    _, findings = audited(world.ledger)
    assert findings == []


async def test_packs_in_a_tray_share_what_is_kept_of_them() -> None:
    world = World()
    await world.found()
    await world.units(250)
    audit, _ = audited(world.ledger)
    goods = audit._goods
    assert len(goods._last) == 250
    assert len({id(last) for last in goods._last.values()}) == 3
