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
