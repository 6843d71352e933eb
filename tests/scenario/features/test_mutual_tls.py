"""Both ends of the line show who they are."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd import scenarios, then, when

from gateway.fabric import Deadlines, Position, Profile, TlsClient, connect
from network.identities.authority import Authority
from tests.scenario.features.applications import Applications
from tests.support import ledgers, system
from tests.support.ledgers import Ledger

scenarios("mutual_tls.feature")

TOPOLOGY = Path(ledgers.__file__).with_name("mutual_tls.yaml")


@pytest.fixture(scope="module", params=system.kinds())
def consortium(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger whose peers ask for TLS certificates takes the place of the one that they do not."""
    home = tmp_path_factory.mktemp(f"mutual-tls-{request.param}")
    with ledgers.started(request.param, TOPOLOGY, home) as started:
        yield started


def showing(applications: Applications, shown: TlsClient | None) -> Profile:
    return dataclasses.replace(applications.profile("manufacturer"), tls=shown)


def ask(applications: Applications, shown: TlsClient | None) -> None:
    """The manufacturer connects anew and asks something."""
    applications.introduce("manufacturer", connect(showing(applications, shown), Deadlines(evaluate=3.0)))
    asked = applications.contract("manufacturer", "everyone").evaluate("get", applications.key("stock"))
    applications.attempt(asked)
    applications.leave("manufacturer")
    # gRPC goes on trying to connect until a closed channel is collected.
    gc.collect()


@when("the manufacturer connects with no certificate for the line")
def without(applications: Applications) -> None:
    ask(applications, None)


@when("the manufacturer connects with a certificate for the line that no member's authority issued")
def unknown(applications: Applications) -> None:
    authority = Authority.create("tlsca.manufacturer.mediledger.example", "manufacturer.mediledger.example")
    credential = authority.issue_tls("gateway", "manufacturer.mediledger.example", ["localhost"])
    ask(applications, TlsClient(credential.certificate, credential.key))


@then("the manufacturer can follow announcements and blocks from there")
def follow(applications: Applications) -> None:
    status = applications.changes[-1].status
    applications.listen("manufacturer", "everyone", start_block=status.block_number)
    [event] = applications.hear("manufacturer", 1)
    assert event.transaction_id == status.transaction_id

    async def first_block() -> int:
        async with applications.network("manufacturer").block_events(status.block_number) as blocks:
            number: int = (await anext(blocks)).header.number
            return number

    assert applications.run(first_block()) == status.block_number


@when("the manufacturer sends a request for blocks that was made for another line")
def of_another_line(applications: Applications) -> None:
    applications.introduce("elsewhere", connect(showing(applications, None)))
    request = applications.network("elsewhere").block_events_request(Position(0))

    async def sending() -> None:
        signed = await request.sign()
        network = applications.network("manufacturer")
        async with network.block_events_request_from(signed.bytes).events() as blocks:
            await anext(blocks)

    applications.attempt(sending())
