"""The sentences that several features share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd import parsers, step, then, when

from gateway.fabric import CommitError, GatewayCallError
from tests.scenario.features.applications import (
    SIGNED,
    WHERE,
    Applications,
    collection,
    msp_id,
    msp_ids,
    names,
    signers,
)
from tests.support import scenarios
from tests.support.ledgers import Ledger

NOTE = r'"(?P<name>[^"]*)" in "(?P<chaincode>\w+)"'
PRIVATE = rf'"(?P<name>[^"]*)" in {WHERE}'
VALUE = r'"(?P<value>[^"]*)"'


@pytest.fixture(autouse=True)
def applications(
    request: pytest.FixtureRequest, consortium: Ledger, tmp_path: Path
) -> Iterator[Applications]:
    """The scenario's applications; each scenario runs on each ledger."""
    scenarios.note(request.node, consortium.kind)
    made = Applications(consortium, tmp_path)
    yield made
    made.close()


@step(parsers.re(rf"the (?P<member>\w+) writes {VALUE} under {NOTE}{SIGNED}"))
def write(
    applications: Applications, member: str, value: str, name: str, chaincode: str, by: str | None
) -> None:
    applications.change(applications.writing(member, chaincode, name, value, signers(by)))


@when(parsers.re(rf"the (?P<member>\w+) tries to write {VALUE} under {NOTE}{SIGNED}"))
def try_to_write(
    applications: Applications, member: str, value: str, name: str, chaincode: str, by: str | None
) -> None:
    proposal = applications.writing(member, chaincode, name, value, signers(by))
    applications.attempt(applications.changing(proposal))


@then(parsers.re(rf"the (?P<member>\w+) reads (?:{VALUE}|nothing) under {NOTE}"))
def reads(applications: Applications, member: str, value: str | None, name: str, chaincode: str) -> None:
    assert applications.read(member, chaincode, name) == value


@step(parsers.re(rf"the (?P<member>\w+) keeps {VALUE} under {PRIVATE}"))
def keep(applications: Applications, member: str, value: str, name: str, where: str) -> None:
    applications.change(applications.keeping(member, value, name, collection(where)))


@when(parsers.re(rf"the (?P<member>\w+) tries to keep {VALUE} under {PRIVATE}{SIGNED}"))
def try_to_keep(
    applications: Applications, member: str, value: str, name: str, where: str, by: str | None
) -> None:
    proposal = applications.keeping(member, value, name, collection(where), signers(by))
    applications.attempt(applications.changing(proposal))


@then(parsers.re(rf"the (?P<member>\w+) reads (?:{VALUE}|nothing) under {PRIVATE}"))
def reads_private(applications: Applications, member: str, value: str | None, name: str, where: str) -> None:
    assert applications.read_private(member, collection(where), name)["value"] == value


@step(parsers.re(rf"only (?P<who>the [\w ]+) may change {NOTE}"))
def protect(applications: Applications, who: str, name: str, chaincode: str) -> None:
    contract = applications.contract("manufacturer", chaincode)
    applications.change(contract.proposal("set_policy", applications.key(name), *msp_ids(who)))


@step(parsers.parse('the {member:w} announces "{event}" with "{content}" in "{chaincode:w}"'))
def announce(applications: Applications, member: str, event: str, content: str, chaincode: str) -> None:
    applications.change(applications.contract(member, chaincode).proposal("event", event, content))


@step(parsers.parse('the {member:w} announces {count:d} changes at once in "{chaincode:w}"'))
def announce_many(applications: Applications, member: str, count: int, chaincode: str) -> None:
    applications.run(applications.many(member, chaincode, count))


@then(parsers.parse('the {member:w} hears "{event}" with "{content}"'))
def hears(applications: Applications, member: str, event: str, content: str) -> None:
    [heard] = applications.hear(member, 1)
    assert (heard.name, heard.payload.decode()) == (event, content)


@then(parsers.re(r"the (?P<member>\w+) hears (?P<events>.*) in this order"))
def hears_in_order(applications: Applications, member: str, events: str) -> None:
    wanted = names(events)
    assert [event.name for event in applications.hear(member, len(wanted))] == wanted


@then(parsers.parse("it is in a block and invalid: {code}"))
def invalid(applications: Applications, code: str) -> None:
    failure = applications.failure
    assert isinstance(failure, CommitError), failure
    assert failure.name == code
    seen = applications.seen()
    assert (seen.tx_id, seen.validation_code) == (failure.transaction_id, failure.code)


@then(parsers.re(r'it fails as (?P<kind>\w+) with the code (?P<code>\w+)(?: and the words "(?P<words>.*)")?'))
def fails(applications: Applications, kind: str, code: str, words: str | None) -> None:
    failure = applications.failure
    assert isinstance(failure, GatewayCallError), failure
    assert (type(failure).__name__, failure.code.name) == (kind, code), failure
    told = [failure.message, *(detail.message for detail in failure.details)]
    assert words is None or any(words in one for one in told), told


@then(parsers.parse('the {member:w}\'s node said "{words}"'))
def node_said(applications: Applications, member: str, words: str) -> None:
    assert isinstance(applications.failure, GatewayCallError)
    [detail] = applications.failure.details
    assert (detail.msp_id, detail.message) == (msp_id(member), words)
    port = applications.ledger.topology.peer_port(applications.ledger.member(member))
    assert detail.address.endswith(f":{port}")


@then(parsers.parse('the answer is "{value}"'))
def answer(applications: Applications, value: str) -> None:
    assert applications.answer == value
