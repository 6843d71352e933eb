"""Private data."""

from __future__ import annotations

import json

from pytest_bdd import parsers, scenarios, then, when

from gateway.fabric import EvaluateError
from tests.scenario.features.applications import WHERE, Applications, collection, msp_id

scenarios("private_data.feature")


def proof(applications: Applications, member: str, name: str, where: str) -> str | None:
    """The hash that a member's own peer has."""
    asked = applications.contract(member, "anyone").evaluate(
        "private_hash", collection(where), applications.key(name), endorsing_organizations=[msp_id(member)]
    )
    digest: str | None = json.loads(applications.run(asked))
    return digest


@then(
    parsers.re(rf'the (?P<member>\w+) has the same proof of "(?P<name>.*)" in {WHERE} as the (?P<other>\w+)')
)
def same_proof(applications: Applications, member: str, other: str, name: str, where: str) -> None:
    # The other has the block already; the member's peer may get it a moment later.
    applications.catch_up(member)
    assert proof(applications, member, name, where) == proof(applications, other, name, where) is not None


@then(parsers.re(rf'the (?P<member>\w+) has no proof of "(?P<name>.*)" in {WHERE}'))
def no_proof(applications: Applications, member: str, name: str, where: str) -> None:
    applications.catch_up(member)
    assert proof(applications, member, name, where) is None


@then(parsers.re(rf'the (?P<member>\w+) cannot read "(?P<name>.*)" in {WHERE}'))
def cannot_read(applications: Applications, member: str, name: str, where: str) -> None:
    applications.catch_up(member)
    asked = applications.contract(member, "anyone").evaluate(
        "get_private", collection(where), applications.key(name), endorsing_organizations=[msp_id(member)]
    )
    applications.attempt(asked)
    assert isinstance(applications.failure, EvaluateError)


@then(parsers.parse('the value "{value}" is nowhere in the block'))
def not_in_block(applications: Applications, value: str) -> None:
    status = applications.changes[-1].status
    block = applications.run(applications.network("manufacturer").block(status.block_number))
    assert status.transaction_id.encode() in block.SerializeToString()
    assert value.encode() not in block.SerializeToString()


@when(parsers.re(rf'the (?P<member>\w+) (?P<how>deletes|purges) "(?P<name>.*)" from {WHERE}'))
def remove(applications: Applications, member: str, how: str, name: str, where: str) -> None:
    function = {"deletes": "delete_private", "purges": "purge_private"}[how]
    contract = applications.contract(member, "anyone")
    applications.change(contract.proposal(function, collection(where), applications.key(name)))


@then(parsers.parse("the block that brought it no longer has a private value for the {member:w}"))
def purged(applications: Applications, member: str) -> None:
    applications.catch_up(member)
    number = applications.changes[0].status.block_number
    assert applications.run(applications.private_values(member, number)) == []


@when(parsers.re(rf'the (?P<member>\w+) tries to have the (?P<other>\w+) read "(?P<name>.*)" in {WHERE}'))
def try_to_read(applications: Applications, member: str, other: str, name: str, where: str) -> None:
    asked = applications.contract(member, "anyone").evaluate(
        "get_private", collection(where), applications.key(name), endorsing_organizations=[msp_id(other)]
    )
    applications.attempt(asked)


@when(parsers.parse('the {member:w} tells "{chaincode:w}" in confidence that "{name}" is "{value}"'))
def tell(applications: Applications, member: str, chaincode: str, name: str, value: str) -> None:
    contract = applications.contract(member, chaincode)
    applications.change(contract.proposal("who", transient={name: value}))


@then(parsers.parse('the chaincode learnt that "{name}" is "{value}"'))
def learnt(applications: Applications, name: str, value: str) -> None:
    assert json.loads(applications.changes[-1].result)["transient"] == {name: value}
