"""Notes with a rule of their own."""

from __future__ import annotations

from pytest_bdd import given, parsers, scenarios, when

from gateway.fabric import Proposal
from tests.scenario.features.applications import SIGNED, WHERE, Applications, collection, msp_ids, signers

scenarios("key_level.feature")


@when(parsers.re(rf'the (?P<member>\w+) tries to delete "(?P<name>.*)" in "(?P<chaincode>\w+)"{SIGNED}'))
def try_to_delete(applications: Applications, member: str, name: str, chaincode: str, by: str) -> None:
    contract = applications.contract(member, chaincode)
    proposal = contract.proposal("delete", applications.key(name), endorsing_organizations=signers(by))
    applications.attempt(applications.changing(proposal))


def lifting(applications: Applications, name: str, chaincode: str, by: str) -> Proposal:
    contract = applications.contract("manufacturer", chaincode)
    return contract.proposal("set_policy", applications.key(name), endorsing_organizations=signers(by))


@given(parsers.re(rf'the rule of "(?P<name>.*)" in "(?P<chaincode>\w+)" is lifted{SIGNED}'))
def lift(applications: Applications, name: str, chaincode: str, by: str) -> None:
    applications.change(lifting(applications, name, chaincode, by))


@when(
    parsers.re(rf'the manufacturer tries to lift the rule of "(?P<name>.*)" in "(?P<chaincode>\w+)"{SIGNED}')
)
def try_to_lift(applications: Applications, name: str, chaincode: str, by: str) -> None:
    applications.attempt(applications.changing(lifting(applications, name, chaincode, by)))


@given(parsers.re(rf'only (?P<who>the [\w ]+) may change "(?P<name>[^"]*)" in {WHERE}'))
def protect_private(applications: Applications, who: str, name: str, where: str) -> None:
    contract = applications.contract("manufacturer", "anyone")
    applications.change(
        contract.proposal("set_private_policy", collection(where), applications.key(name), *msp_ids(who))
    )
