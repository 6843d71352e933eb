"""Who is asked to sign."""

from __future__ import annotations

import json

from pytest_bdd import parsers, scenarios, then, when

from tests.scenario.features.applications import WHERE, Applications, collection, msp_id, msp_ids

scenarios("discovery.feature")


@when(parsers.parse('the {member:w} has "{caller:w}" write "{value}" under "{name}" in "{called:w}"'))
def write_through(
    applications: Applications, member: str, caller: str, value: str, name: str, called: str
) -> None:
    proposal = applications.contract(member, caller).proposal(
        "call", called, "", "put", applications.key(name), value
    )
    applications.change(proposal)


@then(parsers.re(r"it was signed by (?P<who>the [\w, ]+)"))
def signed_by(applications: Applications, who: str) -> None:
    assert sorted(applications.seen().endorsers) == sorted(msp_ids(who))


@then(parsers.parse("it was signed by {count:d} members, among them the {member:w}"))
def signed_by_some(applications: Applications, count: int, member: str) -> None:
    endorsers = applications.seen().endorsers
    assert len(set(endorsers)) == len(endorsers) == count
    assert msp_id(member) in endorsers


@then(parsers.parse("the {member:w} is among those who signed it"))
def among_signers(applications: Applications, member: str) -> None:
    assert msp_id(member) in applications.seen().endorsers


@when(parsers.re(rf'the (?P<member>\w+) asks(?: the (?P<other>\w+))? for "(?P<name>.*)" in {WHERE}'))
def asks(applications: Applications, member: str, other: str | None, name: str, where: str) -> None:
    named = [msp_id(other)] if other else []
    question = applications.contract(member, "anyone").evaluate(
        "get_private", collection(where), applications.key(name), endorsing_organizations=named
    )
    applications.answer = json.loads(applications.run(question))["value"]
