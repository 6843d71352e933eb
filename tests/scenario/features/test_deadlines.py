"""Nobody waits for ever."""

from __future__ import annotations

from pytest_bdd import given, parsers, scenarios, then, when

from tests.scenario.features.applications import Applications

scenarios("deadlines.feature")


@given("the manufacturer's connection has a limit of half a second for each step")
def limited(applications: Applications) -> None:
    applications.limit("manufacturer", 0.5)


@when(parsers.re(r"the manufacturer asks for what takes (?P<takes>\d) seconds(?P<limit>, .*)?"))
def ask(applications: Applications, takes: str, limit: str | None) -> None:
    contract = applications.contract("manufacturer", "anyone")
    applications.attempt(contract.evaluate("wait", takes, seconds=0.5 if limit else None))


@when(parsers.parse("the manufacturer does what takes {takes} seconds, for at most half a second"))
def change(applications: Applications, takes: str) -> None:
    contract = applications.contract("manufacturer", "anyone")
    applications.attempt(contract.submit("wait", takes, seconds=0.5))


@when("the manufacturer waits half a second for the outcome of a change that was never sent")
def wait(applications: Applications) -> None:
    contract = applications.contract("manufacturer", "anyone")
    endorsed = applications.run(contract.proposal("put", applications.key("never"), "sent").endorse())
    applications.attempt(endorsed.commit.status(0.5))


@then(parsers.parse("less than {seconds:d} seconds have passed"))
def soon_enough(applications: Applications, seconds: int) -> None:
    # Half a second is the limit in each scenario: it ended because of it, not at once.
    assert 0.4 < applications.seconds < seconds
