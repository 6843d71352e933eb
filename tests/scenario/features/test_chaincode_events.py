"""Announcements."""

from __future__ import annotations

from pytest_bdd import given, parsers, scenarios, then, when

from gateway.fabric import ChaincodeEvent
from tests.scenario.features.applications import SIGNED, Applications, signers

scenarios("chaincode_events.feature")


@given(parsers.parse('the {member:w} listens to "{chaincode:w}"'))
def listen(applications: Applications, member: str, chaincode: str) -> None:
    applications.listen(member, chaincode)


@when(parsers.parse('the {member:w} listens to "{chaincode:w}" from the block of the first announcement'))
def listen_from(applications: Applications, member: str, chaincode: str) -> None:
    applications.listen(member, chaincode, start_block=applications.changes[0].status.block_number)


@when(
    parsers.re(
        r'the (?P<member>\w+) tries to announce "(?P<event>.*)" with "(?P<content>.*)" in '
        rf'"(?P<chaincode>\w+)"{SIGNED}'
    )
)
def try_to_announce(
    applications: Applications, member: str, event: str, content: str, chaincode: str, by: str
) -> None:
    contract = applications.contract(member, chaincode)
    proposal = contract.proposal("event", event, content, endorsing_organizations=signers(by))
    applications.attempt(applications.changing(proposal))


@then(parsers.parse("the {member:w} hears the announcement with its transaction and its block"))
def hears_where(applications: Applications, member: str) -> None:
    [change] = applications.changes
    [event] = applications.hear(member, 1)
    assert event == ChaincodeEvent(
        change.status.block_number, change.status.transaction_id, "anyone", "Shipped", b"case 7"
    )


@then(parsers.parse("the {member:w} hears all {count:d}, each once and in the order of the ledger"))
def hears_all(applications: Applications, member: str, count: int) -> None:
    start = min(change.status.block_number for change in applications.changes)
    applications.listen(member, "anyone", start_block=start)
    heard = applications.hear(member, count)
    assert [event.transaction_id for event in heard] == applications.in_order()
    assert sorted(event.name for event in heard) == sorted(f"Change{place}" for place in range(count))


@when(parsers.parse('the {member:w} listens to "{chaincode:w}" for half a second and nothing comes'))
def listen_in_vain(applications: Applications, member: str, chaincode: str) -> None:
    async def listening() -> None:
        async with applications.network(member).chaincode_events(chaincode, seconds=0.5) as events:
            await anext(events)

    applications.attempt(listening())


@when(parsers.parse('the {member:w} tries to listen to "{chaincode:w}" in the channel "{channel:w}"'))
def listen_elsewhere(applications: Applications, member: str, chaincode: str, channel: str) -> None:
    async def listening() -> None:
        network = applications.network(member, channel)
        async with network.chaincode_events(chaincode, start_block=0) as events:
            await anext(events)

    applications.attempt(listening())
