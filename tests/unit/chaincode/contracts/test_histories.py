"""Random histories of all functions by all roles on the ledger in memory."""

from __future__ import annotations

import itertools
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from chaincode.contracts.custody import chaincode as custody
from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.contracts.registry import chaincode as registry
from chaincode.model.keys import period_key, tray_key
from tests.support.histories.cast import Actor, actors
from tests.support.histories.machine import Histories, register
from tests.unit.chaincode.contracts.ledger import Ledger
from tests.unit.chaincode.contracts.world import CONSORTIUM, START, gtin, product

MSPS = {
    "manufacturer": "MakerMSP",
    "wholesaler": "WholesalerMSP",
    "dispenser": "PharmacyMSP",
    "regulator": "RegulatorMSP",
}
HOUR_MS = 3_600_000
numbers = itertools.count(1)


class InMemory:
    """A history's ledger."""

    def __init__(self) -> None:
        self.ledger = Ledger({"registry": registry, "custody": custody}, START)

    def today(self, days: int = 0) -> str:
        at = datetime.fromtimestamp(self.ledger.now / 1000, UTC) + timedelta(days=days)
        return at.date().isoformat()

    def submit(self, msp_id: str, chaincode: str, function: str, argument: dict[str, Any]) -> Any:
        return _now(self.ledger.call(msp_id, chaincode, function, argument))

    def evaluate(self, msp_id: str, function: str, argument: dict[str, Any]) -> Any:
        return _now(self.ledger.ask(msp_id, "custody", function, argument))

    def evaluate_all(self, msp_id: str, asked: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
        return [self.evaluate(msp_id, *each) for each in asked]

    def advance(self, hours: int) -> None:
        self.ledger.now += hours * HOUR_MS


def _now(call: Coroutine[Any, Any, Any]) -> Any:
    """The result of what waits for nothing."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a ledger in memory has nothing to wait for")


def stage() -> tuple[InMemory, dict[str, Actor], str, list[str]]:
    driver = InMemory()
    cast = actors(MSPS, 100)
    driver.submit("RegulatorMSP", "registry", "Bootstrap", CONSORTIUM)
    register(driver, cast)
    article = product() | {"manufacturer": cast["maker"].gln}
    driver.submit("MakerMSP", "registry", "RegisterProduct", article)
    number = next(numbers)
    return driver, cast, gtin(1), [f"L{number}{letter}" for letter in "012"]


class MemoryHistories(Histories):
    """And every key of loose goods demands its owner and whoever has them."""

    stage = staticmethod(stage)

    @invariant()
    def owners_are_asked(self) -> None:
        ledger: Ledger = self.world.driver.ledger  # type: ignore[attr-defined]
        msps = {actor.gln: actor.msp_id for actor in self.world.actors.values()}
        for one in self.world.seen.values():
            keys = (("custody", period_key(one.ref, period)) for period in itertools.count())
            [*before, last] = itertools.takewhile(ledger.state.__contains__, keys)
            if not before and one.ref.startswith("01"):
                assert ledger.policies[last] == NOBODY, one
                born: Any = ledger.document(*last)
                last = ("custody", tray_key(one.ref[2:16], born["tray"]))
            guards = {msps[one.owner], msps[one.custodian]}
            wanted = NOBODY if one.around else owners_policy(sorted(guards), CONSORTIUM["members"])
            assert ledger.policies[last] == wanted, one


@pytest.mark.parametrize(
    "count", [20, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(7200)])]
)
def test_histories(count: int) -> None:
    run_state_machine_as_test(
        MemoryHistories,
        settings=settings(
            max_examples=count,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
