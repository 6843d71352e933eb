"""The key stays in the safe."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pytest_bdd import given, parsers, scenarios, then, when

from gateway.fabric import Gateway, Identity, Network, NotSigned, Position, signer_from_pem
from gateway.fabric.blocks import parse_block
from gateway.fabric.signable import Signable
from tests.scenario.features.applications import Applications, Change

scenarios("offline_signing.feature")

Request = TypeVar("Request", bound=Signable)


class Safe:
    """Where the key is: it signs digests and knows nothing else."""

    def __init__(self, applications: Applications) -> None:
        self._sign = signer_from_pem(applications.profile("manufacturer").key)

    def sign(self, digest: bytes) -> bytes:
        return self._sign(digest)


def carried(safe: Safe, request: Request, taken_up: Callable[[bytes], Request]) -> Request:
    """A request that is carried away as bytes, signed there, and taken up again from bytes."""
    there = taken_up(request.bytes)
    assert there.digest == request.digest
    signed = there.signed(safe.sign(there.digest))
    back = taken_up(signed.bytes)
    assert back.signature == signed.signature
    return back


@given("the manufacturer's application has no key", target_fixture="safe")
def no_key(applications: Applications) -> Safe:
    profile = applications.profile("manufacturer")
    identity = Identity(profile.msp_id, profile.certificate)
    applications.introduce("manufacturer", Gateway(profile.peers, identity, None))
    return Safe(applications)


def network_of(applications: Applications) -> Network:
    return applications.network("manufacturer")


@when(parsers.parse('the question for "{name}" in "{chaincode:w}" is carried away, signed and asked'))
def ask(applications: Applications, safe: Safe, name: str, chaincode: str) -> None:
    network = network_of(applications)
    question = network.contract(chaincode).proposal("get", applications.key(name))
    answer = applications.run(carried(safe, question, network.proposal_from).evaluate())
    applications.answer = json.loads(answer)


@when(
    parsers.parse(
        'a change of "{name}" to "{value}" in "{chaincode:w}" is carried away and signed at each step'
    )
)
def change(applications: Applications, safe: Safe, name: str, value: str, chaincode: str) -> None:
    network = network_of(applications)

    async def changing() -> None:
        proposal = network.contract(chaincode).proposal("put", applications.key(name), value)
        endorsed = await carried(safe, proposal, network.proposal_from).endorse()
        submitted = await carried(safe, endorsed, network.transaction_from).submit()
        status = await carried(safe, submitted, network.commit_from).status()
        applications.changes.append(Change(status, endorsed.result))

    applications.run(changing())


@when(parsers.parse('a change of "{name}" to "{value}" in "{chaincode:w}" is signed by its digests'))
def change_by_digests(applications: Applications, safe: Safe, name: str, value: str, chaincode: str) -> None:
    contract = network_of(applications).contract(chaincode)

    async def changing() -> None:
        proposal = contract.proposal("put", applications.key(name), value)
        endorsed = await proposal.signed(safe.sign(proposal.digest)).endorse()
        submitted = await endorsed.signed(safe.sign(endorsed.digest)).submit()
        status = await submitted.signed(safe.sign(submitted.digest)).status()
        applications.changes.append(Change(status, endorsed.result))

    applications.run(changing())


@then("the change is valid")
def valid(applications: Applications) -> None:
    assert applications.changes[-1].status.successful
    assert applications.seen().creator_msp == "ManufacturerMSP"


async def first(events: Any) -> Any:
    async with events as opened:
        return await anext(opened)


@when('the request for announcements of "anyone" is carried away and signed')
def announcements(applications: Applications, safe: Safe) -> None:
    network = network_of(applications)
    start = Position(applications.changes[-1].status.block_number)
    request = network.chaincode_events_request("anyone", start)
    signed = carried(safe, request, network.chaincode_events_request_from)
    applications.answer = applications.run(first(signed.events()))


@then(parsers.parse('its first announcement is "{event}"'))
def first_announcement(applications: Applications, event: str) -> None:
    assert applications.answer.name == event
    assert applications.answer.transaction_id == applications.changes[-1].status.transaction_id


@when("the request for blocks is carried away and signed")
def blocks(applications: Applications, safe: Safe) -> None:
    network = network_of(applications)
    request = network.block_events_request(Position(applications.changes[-1].status.block_number))
    signed = carried(safe, request, network.block_events_request_from)
    applications.answer = applications.run(first(signed.events()))


@then("its first block has that announcement")
def first_block(applications: Applications) -> None:
    ids = [transaction.tx_id for transaction in parse_block(applications.answer).transactions]
    assert applications.changes[-1].status.transaction_id in ids


@when(parsers.parse('the application asks for "{name}" in "{chaincode:w}" without a signature'))
def unsigned(applications: Applications, name: str, chaincode: str) -> None:
    contract = network_of(applications).contract(chaincode)
    applications.attempt(contract.evaluate("get", applications.key(name)))


@then("it is refused for want of a signature")
def refused(applications: Applications) -> None:
    assert isinstance(applications.failure, NotSigned)


@when(parsers.parse("the {request:w} of a change is sent with a signature of something else"))
def forged(applications: Applications, safe: Safe, request: str) -> None:
    network = network_of(applications)
    something_else = safe.sign(bytes(32))

    async def sending() -> None:
        proposal = network.contract("anyone").proposal("put", applications.key("stock"), "forged")
        if request == "question":
            await proposal.signed(something_else).evaluate()
        elif request == "proposal":
            await proposal.signed(something_else).endorse()
        elif request == "events":
            await first(network.chaincode_events_request("anyone").signed(something_else).events())
        elif request == "blocks":
            await first(network.block_events_request().signed(something_else).events())
        else:
            endorsed = await proposal.signed(safe.sign(proposal.digest)).endorse()
            if request == "transaction":
                await endorsed.signed(something_else).submit()
            else:
                submitted = await endorsed.signed(safe.sign(endorsed.digest)).submit()
                await submitted.signed(something_else).status()

    applications.attempt(sending())
