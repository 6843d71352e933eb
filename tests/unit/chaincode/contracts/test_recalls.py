"""Recalls: who starts and ends them, what holders and checkers write, and what the reports say."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts import recalls
from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context
from chaincode.contracts.protection import NOBODY, owners_policy
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

FOUND = {"on_hand": 1, "quarantined": 2, "dispensed": 3, "returned": 4, "destroyed": 5}


def recall(who: str = MAKER, **other: Any) -> dict[str, Any]:
    argument = {
        "id": "R-1",
        "gln": who,
        "gtin": PRODUCT,
        "lot": LOT,
        "kind": "recall",
        "class": "II",
        "depth": "retail",
        "effectiveness": "A",
        "reason": "sub-potent",
    }
    return {name: value for name, value in (argument | other).items() if value is not None}


async def start(world: World, who: str = MAKER, **other: Any) -> Any:
    return await world.custody(who, "StartRecall", recall(who, **other))


async def acknowledge(world: World, who: str, **found: int) -> Any:
    argument = {"recall": "R-1", "gln": who, "found": FOUND | found}
    return await world.custody(who, "AcknowledgeRecall", argument)


async def check(world: World, who: str, checked: str, notified: bool = True, acted: bool = True) -> Any:
    argument = {"recall": "R-1", "gln": who, "checked": checked, "method": "telephone"}
    return await world.custody(
        who, "RecordEffectivenessCheck", argument | {"notified": notified, "acted": acted}
    )


async def end(world: World, who: str) -> Any:
    return await world.custody(who, "EndRecall", {"id": "R-1", "gln": who, "reason": "all is back"})


async def status(world: World) -> Any:
    return await world.custody(PHARMACY, "RecallStatus", {"id": "R-1"})


async def refused(code: Code, field: str | None, answer: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        await answer
    assert (raised.value.code, raised.value.field) == (code, field)
    return raised.value


def policy(world: World, key: str) -> bytes:
    return world.ledger.policies[("custody", key)]


def of(*which: str) -> bytes:
    return owners_policy([MSPS[one] for one in which], CONSORTIUM["members"])


async def test_start(world: World) -> None:
    now = world.ledger.now
    document = await start(world, serials={"first": "S9", "last": "S10"})
    assert document == {
        "doc": "recall",
        "id": "R-1",
        "initiator": MAKER,
        "by_regulator": False,
        "manufacturer": MAKER,
        "gtin": PRODUCT,
        "lot": LOT,
        "serials": {"first": "S9", "last": "S10"},
        "kind": "recall",
        "class": "II",
        "depth": "retail",
        "effectiveness": "A",
        "reason": "sub-potent",
        "status": "open",
        "started_at": now,
    }
    name, payload = world.event()
    assert name == "RecallStarted"
    assert {"id": "R-1", "gtin": PRODUCT, "kind": "recall"}.items() <= payload.items()
    assert await world.custody(STRANGER, "GetRecall", {"id": "R-1"}) == document
    assert await world.custody(STRANGER, "ListRecalls", {"gtin": PRODUCT}) == {"items": [document]}
    assert await world.custody(STRANGER, "ListRecalls", {"gtin": gtin(2)}) == {"items": []}
    assert policy(world, keys.recall_key("R-1")) == of(MAKER, REGULATOR)
    mark = keys.recalled_product_key(PRODUCT)
    assert world.ledger.document("custody", mark) == {"doc": "recalled_product", "gtin": PRODUCT}
    assert policy(world, mark) == NOBODY


async def test_a_regulator_starts_one_of_a_whole_product(world: World) -> None:
    document = await start(world, REGULATOR, lot=None)
    assert (document["by_regulator"], document["manufacturer"]) == (True, MAKER)
    assert "lot" not in document
    assert policy(world, keys.recall_key("R-1")) == of(REGULATOR)


async def test_a_withdrawal_needs_no_class(world: World) -> None:
    assert "class" not in await start(world, kind="withdrawal", **{"class": None})
    await refused(Code.INVALID_ARGUMENT, "class", start(world, id="R-2", **{"class": None}))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kind": "correction"}, Code.INVALID_ARGUMENT, "kind"),
        ({"class": "IV"}, Code.INVALID_ARGUMENT, "class"),
        ({"depth": "planet"}, Code.INVALID_ARGUMENT, "depth"),
        ({"effectiveness": "F"}, Code.INVALID_ARGUMENT, "effectiveness"),
        ({"reason": "x" * 201}, Code.INVALID_ARGUMENT, "reason"),
        ({"serials": {"first": "S10", "last": "S9"}}, Code.INVALID_ARGUMENT, "serials.first"),
        ({"serials": {"first": "S1"}}, Code.INVALID_ARGUMENT, "serials.last"),
        ({"serials": {"first": "S 1", "last": "S2"}}, Code.SERIAL_INVALID, "serials.first"),
        ({"lot": "OTHER"}, Code.LOT_UNKNOWN, "lot"),
        ({"gtin": gtin(2)}, Code.PRODUCT_UNKNOWN, "gtin"),
        ({"gln": STRANGER}, Code.PARTY_UNKNOWN, "gln"),
        ({"gln": REGULATOR}, Code.NOT_AUTHORISED, "gln"),
    ],
)
async def test_not_started(world: World, change: Any, code: Code, field: str) -> None:
    await refused(code, field, world.custody(MAKER, "StartRecall", recall() | change))
    assert world.ledger.document("custody", keys.recall_key("R-1")) is None


async def test_only_maker_and_regulator_start(world: World) -> None:
    refusal = await refused(Code.NOT_AUTHORISED, "gln", start(world, WHOLESALER))
    assert (refusal.rule, refusal.rules) == ("recall.started_by", 1)


async def test_an_id_is_used_once(world: World) -> None:
    await start(world)
    await refused(Code.RECALL_EXISTS, "id", start(world, REGULATOR))


async def test_a_products_recalls_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalls, "MAX_RECALLS", 2)
    await start(world)
    await end(world, MAKER)
    await start(world, id="R-2")
    await refused(Code.BATCH_TOO_LARGE, "gtin", start(world, id="R-3"))


async def test_a_maker_without_licence_still_recalls(world: World) -> None:
    world.ledger.now = at("2030-01-01")
    assert (await start(world))["status"] == "open"


async def test_holders_acknowledge_and_correct_themselves(world: World) -> None:
    await start(world)
    first = await acknowledge(world, PHARMACY)
    assert first == {
        "doc": "recall_ack",
        "recall": "R-1",
        "gln": PHARMACY,
        "found": FOUND,
        "acknowledged_at": first["acknowledged_at"],
    }
    await acknowledge(world, WHOLESALER, on_hand=100)
    second = await acknowledge(world, PHARMACY, on_hand=0, returned=5)
    report = await status(world)
    assert report["holders"] == 2
    assert report["found"] == {
        "on_hand": 100,
        "quarantined": 4,
        "dispensed": 6,
        "returned": 9,
        "destroyed": 10,
    }
    key = keys.acknowledgement_key("R-1", PHARMACY)
    assert policy(world, key) == of(PHARMACY)
    attributes = ["R-1", PHARMACY]
    history = await world.custody(PHARMACY, "History", {"key_type": "recall_ack", "attributes": attributes})
    assert [item["doc"] for item in history["items"]] == [first, second]


async def test_not_acknowledged(world: World) -> None:
    await refused(Code.RECALL_UNKNOWN, "recall", acknowledge(world, PHARMACY))
    await start(world)
    await refused(Code.INVALID_ARGUMENT, "found.on_hand", acknowledge(world, PHARMACY, on_hand=-1))
    await refused(Code.ROLE_REQUIRED, "gln", acknowledge(world, REGULATOR))
    argument = {"recall": "R-1", "gln": PHARMACY, "found": FOUND}
    await refused(Code.NOT_AUTHORISED, "gln", world.custody(WHOLESALER, "AcknowledgeRecall", argument))
    del argument["found"]
    await refused(Code.INVALID_ARGUMENT, "found", world.custody(PHARMACY, "AcknowledgeRecall", argument))
    await end(world, MAKER)
    await refused(Code.RECALL_ENDED, "recall", acknowledge(world, PHARMACY))


async def test_effectiveness_checks(world: World) -> None:
    await start(world)
    await acknowledge(world, PHARMACY)
    made = await check(world, MAKER, PHARMACY)
    assert made == {
        "doc": "recall_check",
        "recall": "R-1",
        "checked": PHARMACY,
        "gln": MAKER,
        "method": "telephone",
        "notified": True,
        "acted": True,
        "checked_at": made["checked_at"],
    }
    await check(world, MAKER, WHOLESALER, notified=False, acted=False)
    await check(world, REGULATOR, PHARMACY)
    assert (await status(world))["checks"] == {"due": 2, "made": 2, "notified": 1, "acted": 1}
    await check(world, MAKER, WHOLESALER)
    assert (await status(world))["checks"] == {"due": 2, "made": 2, "notified": 2, "acted": 2}
    assert policy(world, keys.effectiveness_check_key("R-1", PHARMACY, MAKER)) == of(MAKER)


async def test_checks_not_recorded(world: World) -> None:
    await start(world)
    await refused(Code.NOT_AUTHORISED, "gln", check(world, WHOLESALER, PHARMACY))
    await refused(Code.ROLE_REQUIRED, "checked", check(world, MAKER, REGULATOR))
    await refused(Code.PARTY_UNKNOWN, "checked", check(world, MAKER, STRANGER))
    await refused(Code.INVALID_ARGUMENT, "acted", check(world, MAKER, PHARMACY, notified=False))
    await end(world, REGULATOR)
    await refused(Code.RECALL_ENDED, "recall", check(world, MAKER, PHARMACY))


async def test_end(world: World) -> None:
    started = await start(world)
    await refused(Code.NOT_AUTHORISED, "gln", end(world, WHOLESALER))
    now = world.ledger.now
    ended = await end(world, MAKER)
    assert ended == started | {
        "status": "ended",
        "ended_at": now,
        "ended_by": MAKER,
        "end_reason": "all is back",
    }
    await refused(Code.RECALL_ENDED, "id", end(world, REGULATOR))
    assert policy(world, keys.recall_key("R-1")) == of(MAKER, REGULATOR)


async def test_what_a_regulator_ordered_only_a_regulator_ends(world: World) -> None:
    await start(world, REGULATOR)
    await refused(Code.NOT_AUTHORISED, "gln", end(world, MAKER))
    assert (await end(world, REGULATOR))["ended_by"] == REGULATOR


async def test_recalled_packs_are_not_dispensed_until_the_recall_ends(world: World) -> None:
    [ref, other] = await world.at_pharmacy(2)
    serial = {"first": ref[18:], "last": ref[18:]}
    await start(world, REGULATOR, serials=serial, depth="wholesale")
    units = {"gln": PHARMACY, "units": [other, ref]}
    refusal = await refused(Code.RECALLED, "units[1]", world.custody(PHARMACY, "Dispense", units))
    assert refusal.rule == "recall.not_recalled"
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [other]})
    await end(world, REGULATOR)
    await world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [ref]})
    assert world.unit(ref)["status"] == "dispensed"


async def send_back(world: World, sender: str, receiver: str, kind: str, *refs: str, **other: Any) -> None:
    argument = {"id": f"B-{sender}-{kind}", "kind": kind, "what": list(refs), "from": sender, "to": receiver}
    await world.custody(sender, "ReturnGoods", argument | other)
    await world.custody(receiver, "AcceptTransfer", {"id": argument["id"]})


async def test_recalled_goods_are_not_sold_on_but_go_back(world: World) -> None:
    case, _ = await world.case(2)
    await world.ship(MAKER, WHOLESALER, f"00{case}")
    [loose] = await world.units(1)
    await world.ship(MAKER, WHOLESALER, loose)
    bought = await world.ship(WHOLESALER, PHARMACY, loose)
    under_way = await world.offer(WHOLESALER, PHARMACY, f"00{case}")
    await start(world)
    await refused(Code.RECALLED, "id", world.custody(PHARMACY, "AcceptTransfer", {"id": under_way}))
    await world.custody(PHARMACY, "RejectTransfer", {"id": under_way, "reason": "recalled"})
    await refused(Code.RECALLED, "what[0]", world.offer(WHOLESALER, PHARMACY, f"00{case}"))
    saleable = send_back(world, PHARMACY, WHOLESALER, "saleable_return", loose, original=bought)
    await refused(Code.RECALLED, "what[0]", saleable)
    await send_back(world, PHARMACY, WHOLESALER, "recall_return", loose, original=bought)
    await send_back(world, WHOLESALER, MAKER, "recall_return", loose, f"00{case}")
    assert world.unit(loose)["custodian"] == MAKER
    counted = await world.custody(REGULATOR, "CountRecalled", {"id": "R-1"})
    assert (counted["packs"], counted["counts"]["returned"], counted["permille"]) == (3, 3, 1000)


async def test_a_range_stops_only_cases_with_its_packs(world: World) -> None:
    (case, inside), (other, _) = await world.case(2), await world.case(2)
    serial = inside[1][18:]
    await start(world, serials={"first": serial, "last": serial})
    pallet = await world.pack(f"00{case}")
    await refused(Code.RECALLED, "what[0]", world.offer(MAKER, WHOLESALER, f"00{pallet}"))
    await world.offer(MAKER, WHOLESALER, f"00{other}")
    await world.unpack(MAKER, pallet)
    await world.unpack(MAKER, case, inside[1])
    await world.offer(MAKER, WHOLESALER, f"00{case}")


async def test_a_dry_run_tells_all_that_would_be_refused(world: World) -> None:
    await start(world, REGULATOR)
    await end(world, REGULATOR)
    transaction = Transaction("dry", world.ledger.now, Creator(MSPS[WHOLESALER], b""))
    stub: Any = FakeStub(world.ledger, transaction, "custody", [b"EndRecall"])
    findings: list[Refusal] = []
    argument = {"id": "R-1", "gln": MAKER, "reason": "all is back"}
    await recalls.end_recall(Context(stub, findings), Arguments(argument))
    assert [finding.rule for finding in findings] == [
        "parties.acting_for",
        "recall.overseen_by",
        "recall.running",
    ]
