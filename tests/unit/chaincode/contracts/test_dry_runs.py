"""`compliance:Check` tells beforehand what a transaction is refused for, and writes nothing."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from chaincode.contracts import contract
from chaincode.contracts.contract import CHECK
from chaincode.contracts.custody import chaincode as custody
from chaincode.contracts.dry_run import Unwritten
from chaincode.contracts.registry import chaincode as registry
from chaincode.model.errors import Code, Refusal
from chaincode.shim import Stub
from tests.unit.chaincode.contracts import test_refusals
from tests.unit.chaincode.contracts.ledger import Ledger
from tests.unit.chaincode.contracts.scenarios import SCENARIOS, Scenario
from tests.unit.chaincode.contracts.world import LOT, MAKER, MSPS, PHARMACY, START, WHOLESALER, World

ALLOWED = {"allowed": True, "count": 0, "refusals": []}


class CheckedLedger(Ledger):
    """Before each call its dry run, which says what then happens."""

    async def call(
        self,
        msp_id: str,
        name: str,
        function: str,
        argument: Any,
        transient: Mapping[str, bytes] | None = None,
    ) -> Any:
        found = await self.check(msp_id, name, function, argument, transient)
        try:
            result = await super().call(msp_id, name, function, argument, transient)
        except Refusal as refusal:
            assert (found["allowed"], found["refusals"][0]) == (False, refusal.to_dict())
            assert found["count"] == len(found["refusals"])
            raise
        assert found == ALLOWED
        return result

    async def check(
        self,
        msp_id: str,
        name: str,
        function: str,
        argument: Any,
        transient: Mapping[str, bytes] | None = None,
    ) -> dict[str, Any]:
        """What the dry run of a call tells, at the time of the call that follows."""
        now = self.now
        asked = orjson.dumps({"function": function, "arguments": argument})
        response = await self.respond(msp_id, name, [CHECK.encode(), asked], transient)
        self.now = now
        last = self.transactions.pop()
        assert (last.writes, last.policies, last.private, self.event) == ({}, {}, {}, None)
        if refused := Refusal.parse(response.message):
            # What no transaction may hold, a float, the question may not hold either.
            return {"allowed": False, "count": 1, "refusals": [refused.to_dict()]}
        answer: dict[str, Any] = orjson.loads(response.payload)
        return answer


@pytest.fixture
async def checked() -> World:
    made = World()
    made.ledger = CheckedLedger({"registry": registry, "custody": custody}, START)
    await made.found()
    return made


@pytest.mark.parametrize(
    "scenario", [one for *_, one in SCENARIOS], ids=[f"{code}-{one.__name__}" for code, _, one in SCENARIOS]
)
async def test_the_first_of_what_is_told_is_what_happens(checked: World, scenario: Scenario) -> None:
    with pytest.raises(Refusal):
        await (await scenario(checked))


def test_they_are_all_there() -> None:
    """Importing their modules is what adds them."""
    assert {scenario.__module__ for *_, scenario in SCENARIOS} == {
        module.__name__ for module in test_refusals.MODULES
    }


async def check(world: World, who: str, function: str, argument: Any) -> dict[str, Any]:
    ledger = world.ledger
    assert isinstance(ledger, CheckedLedger)
    return await ledger.check(MSPS[who], "custody", function, argument)


async def test_every_rule_that_refuses_is_told_in_order(checked: World) -> None:
    first, second = await checked.units(2)
    await checked.offer(MAKER, WHOLESALER, second)
    found = await check(checked, WHOLESALER, "Dispense", {"gln": WHOLESALER, "units": [first, second]})
    told = [(one["rule"], one["code"], one["field"]) for one in found["refusals"]]
    assert ("parties.has_role", "role_required", "gln") not in told
    assert [(rule, field) for rule, _, field in told if rule == "goods.in_custody"] == [
        ("goods.in_custody", "units[0]"),
        ("goods.in_custody", "units[1]"),
    ]
    assert any(code == "offer_pending" and field == "units[1]" for _, code, field in told)
    assert (found["allowed"], found["count"]) == (False, len(told))
    assert all(one["message"] and one["rules"] == 1 for one in found["refusals"])


async def test_what_stops_a_function_comes_last(checked: World) -> None:
    [ref] = await checked.units(1)
    found = await check(checked, PHARMACY, "Dispense", {"gln": PHARMACY, "units": [ref, "00nothing"]})
    assert [one["code"] for one in found["refusals"]] == ["invalid_argument"]
    checked.ledger.duties = ()
    found = await check(checked, MAKER, "Commission", {"lot": LOT})
    assert [one["code"] for one in found["refusals"]] == ["not_authorised", "invalid_argument"]


async def test_refusals_beyond_a_bound_are_counted(checked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "MAX_FINDINGS", 3)
    refs = await checked.units(5)
    argument = {"sscc": checked.sscc(), "gln": WHOLESALER, "children": refs}
    found = await check(checked, WHOLESALER, "Pack", argument)
    assert (len(found["refusals"]), found["count"] >= 5) == (3, True)


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({}, Code.INVALID_ARGUMENT, "function"),
        ({"function": 5, "arguments": {}}, Code.INVALID_ARGUMENT, "function"),
        ({"function": "Pack"}, Code.INVALID_ARGUMENT, "arguments"),
        ({"function": "Pack", "arguments": {}, "more": 1}, Code.INVALID_ARGUMENT, "more"),
        ([], Code.INVALID_ARGUMENT, "argument"),
    ],
)
async def test_a_question_that_is_none(world: World, asked: Any, code: Code, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        await world.custody(MAKER, CHECK, asked)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("function", "arguments", "code"),
    [(CHECK, {}, "function_unknown"), ("Fly", {}, "function_unknown"), ("Pack", [], "invalid_argument")],
)
async def test_a_transaction_that_is_none_is_refused(
    world: World, function: str, arguments: Any, code: str
) -> None:
    found = await world.custody(MAKER, CHECK, {"function": function, "arguments": arguments})
    assert (found["allowed"], [one["code"] for one in found["refusals"]]) == (False, [code])


def test_no_way_to_write_is_left_open() -> None:
    """Whatever of a stub's changes something is not awaited, and is not passed on."""
    writing = {
        name
        for name, member in vars(Stub).items()
        if inspect.isfunction(member)
        and not name.startswith("_")
        and inspect.signature(member).return_annotation == "None"
        and not inspect.iscoroutinefunction(member)
    }
    assert {"put_state", "set_event"} < writing
    assert writing <= vars(Unwritten).keys()
