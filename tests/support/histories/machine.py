"""Random histories: every function of custody and compliance, by every role, on the same few goods."""

from __future__ import annotations

from hypothesis.stateful import invariant

from tests.support.histories.cast import Actor, registration
from tests.support.histories.compliance_steps import ComplianceSteps
from tests.support.histories.custody_steps import CustodySteps
from tests.support.histories.driver import Driver


class Histories(CustodySteps, ComplianceSteps):
    """Histories; what must hold after each step stands in ``World`` and here."""

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.world.seen:
            assert sum(self.world.totals().values()) == len(self.world.units), self.world.totals()


def register(driver: Driver, actors: dict[str, Actor], chaincode: str = "registry") -> None:
    """Register every actor, licensed for two years around the ledger's date."""
    regulator = actors["regulator"]
    for actor in actors.values():
        argument = registration(actor, driver.today(-700), driver.today(700))
        driver.submit(regulator.msp_id, chaincode, "RegisterParty", argument)
