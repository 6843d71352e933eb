"""Event hashes: anchored once, with who and when."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, WHOLESALER, World


def event_hash(number: int) -> str:
    return f"ni:///sha-256;{number:064x}?ver=CBV2.0"


async def test_anchored_with_who_and_when(world: World) -> None:
    moment = world.ledger.now
    events = [{"hash": event_hash(1), "event_time": moment - 5000}, {"hash": event_hash(2)}]
    await world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": events})
    assert world.event()[0] == "EventsAnchored"
    assert (world.event()[1]["gln"], world.event()[1]["count"]) == (MAKER, 2)
    first = await world.custody(PHARMACY, "GetEventHash", {"hash": event_hash(1)})
    assert first == {
        "doc": "event_hash",
        "hash": event_hash(1),
        "gln": MAKER,
        "msp_id": MSPS[MAKER],
        "event_time": moment - 5000,
        "anchored_at": moment,
    }
    second = await world.custody(PHARMACY, "GetEventHash", {"hash": event_hash(2)})
    assert "event_time" not in second


async def test_a_thousand_at_once(world: World) -> None:
    events = [{"hash": event_hash(number)} for number in range(1000)]
    await world.custody(WHOLESALER, "AnchorEvents", {"gln": WHOLESALER, "events": events})
    last = await world.custody(MAKER, "GetEventHash", {"hash": event_hash(999)})
    assert last["gln"] == WHOLESALER
    with pytest.raises(Refusal) as refused:
        await world.custody(
            MAKER, "AnchorEvents", {"gln": MAKER, "events": [*events, {"hash": event_hash(1000)}]}
        )
    assert (refused.value.code, refused.value.field) == (Code.BATCH_TOO_LARGE, "events")


async def test_nobody_takes_over_what_another_anchored(world: World) -> None:
    await world.custody(MAKER, "AnchorEvents", {"gln": MAKER, "events": [{"hash": event_hash(1)}]})
    events = [{"hash": event_hash(2)}, {"hash": event_hash(1)}]
    with pytest.raises(Refusal) as refused:
        await world.custody(PHARMACY, "AnchorEvents", {"gln": PHARMACY, "events": events})
    assert (refused.value.code, refused.value.field) == (Code.EVENT_HASH_EXISTS, "events[1].hash")
    with pytest.raises(Refusal):
        await world.custody(PHARMACY, "GetEventHash", {"hash": event_hash(2)})
