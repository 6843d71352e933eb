"""Every refusal code, seen through the chaincodes' entries; and that a refused transaction writes nothing."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts import (
    scenarios_arguments,
    scenarios_parties,
    scenarios_safety,
    scenarios_states,
)
from tests.unit.chaincode.contracts.scenarios import SCENARIOS, Scenario
from tests.unit.chaincode.contracts.world import World

MODULES = (scenarios_arguments, scenarios_parties, scenarios_safety, scenarios_states)


@pytest.mark.parametrize(
    ("code", "field", "scenario"), SCENARIOS, ids=[f"{code}-{one.__name__}" for code, _, one in SCENARIOS]
)
async def test_refusal_and_nothing_written(
    world: World, code: Code, field: str | None, scenario: Scenario
) -> None:
    call = await scenario(world)
    with pytest.raises(Refusal) as refusal:
        await call
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.message
    last = world.ledger.transactions[-1]
    assert not any(
        change.tx_id == last.tx_id for changes in world.ledger.history.values() for change in changes
    )
    assert last.writes == {}
    assert world.ledger.event is None


def test_every_module_has_scenarios() -> None:
    """Importing them is what adds them."""
    assert {scenario.__module__ for _, _, scenario in SCENARIOS} == {module.__name__ for module in MODULES}
