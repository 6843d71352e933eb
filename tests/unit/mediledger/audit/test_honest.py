"""What members do honestly breaks nothing."""

from __future__ import annotations

from tests.unit.chaincode.contracts.world import MAKER, PHARMACY, WHOLESALER, World
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
    _, findings = audited(world.ledger)
    assert findings == []
