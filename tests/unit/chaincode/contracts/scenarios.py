"""Ways into a refusal: each brings the world into a state and returns the call that is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.world import LOT, MAKER, PHARMACY, PRODUCT, World

Scenario = Callable[[World], Awaitable[Awaitable[object]]]
"""Brings the world into a state and returns the call that is refused, not awaited yet."""

SCENARIOS: list[tuple[Code, str | None, Scenario]] = []


def refused(code: Code, field: str | None = None) -> Callable[[Scenario], Scenario]:
    """The scenario ends in this code, naming this field."""

    def add(scenario: Scenario) -> Scenario:
        SCENARIOS.append((code, field, scenario))
        return scenario

    return add


def wrong(number: str) -> str:
    """The number with a check digit that is not its own."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def dispense(world: World, *refs: str, who: str = PHARMACY) -> Awaitable[object]:
    return world.custody(who, "Dispense", {"gln": who, "units": list(refs)})


def commission(world: World, *serials: object, lot: str = LOT) -> Awaitable[object]:
    return world.custody(MAKER, "Commission", {"gtin": PRODUCT, "lot": lot, "serials": list(serials)})
