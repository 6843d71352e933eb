"""Random histories of all functions by all roles, on a whole system; then every mirror equals the ledger."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chaincode.model import gs1
from chaincode.model.errors import Refusal
from gateway.fabric import Contract, FabricError, Gateway, Network, chaincode_refusal, connect
from mediledger.demo.cast import Storage, product
from network.ledger import member_profile
from tests.support.histories.cast import Actor, actors
from tests.support.histories.machine import Histories, register
from tests.support.system import RunningSystem

LEVEL_SECONDS = 60.0
numbers = itertools.count(int(time.time()) % 10**6 * 100)


class Members:
    """A history's ledger: each member's custody and registry through its own peer."""

    def __init__(self, running: RunningSystem, runner: asyncio.Runner) -> None:
        self._running = running
        self._runner = runner
        self._gateways: list[Gateway] = []
        self._contracts: dict[tuple[str, str], Contract] = {}
        self._networks: dict[str, Network] = {}

    async def open(self) -> None:
        """Connect every member."""
        system = self._running.system
        for organization in system.topology.organizations:
            gateway = await connect(member_profile(system.home, organization, "admin")).__aenter__()
            self._gateways.append(gateway)
            network = self._networks[organization.msp_id] = gateway.network(system.topology.channel)
            for name in ("registry", "custody"):
                self._contracts[organization.msp_id, name] = network.contract(name)

    async def close(self) -> None:
        for gateway in self._gateways:
            await gateway.__aexit__(None, None, None)

    def today(self, days: int = 0) -> str:
        return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()

    def submit(self, msp_id: str, chaincode: str, function: str, argument: dict[str, Any]) -> Any:
        contract = self._contracts[msp_id, chaincode]
        answer = self._runner.run(_answer(contract.submit(function, json.dumps(argument).encode())))
        self._runner.run(self._level(msp_id))
        return answer

    async def _level(self, msp_id: str) -> None:
        """Wait until every member's peer has what this member's has: what comes next builds on it."""
        height = await self._networks[msp_id].height()
        async with asyncio.timeout(LEVEL_SECONDS):
            for network in self._networks.values():
                await anext(aiter(network.block_events(start_block=height - 1)))

    def evaluate(self, msp_id: str, function: str, argument: dict[str, Any]) -> Any:
        return self.evaluate_all(msp_id, [(function, argument)])[0]

    def evaluate_all(self, msp_id: str, asked: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
        contract = self._contracts[msp_id, "custody"]

        async def every() -> list[Any]:
            calls = [contract.evaluate(name, json.dumps(argument).encode()) for name, argument in asked]
            return await asyncio.gather(*map(_answer, calls))

        return self._runner.run(every())

    def advance(self, hours: int) -> None:
        """A whole system's clocks go by the machine's: no time passes."""


async def _answer(call: Any) -> Any:
    """What a chaincode answered; raises its Refusal."""
    try:
        return json.loads(await call)
    except FabricError as error:
        answer = chaincode_refusal(error)
        refusal = Refusal.parse(answer[1]) if answer else None
        raise refusal if refusal else error from error


@pytest.fixture
def members(running: RunningSystem) -> Iterator[Members]:
    with asyncio.Runner() as runner:
        made = Members(running, runner)
        runner.run(made.open())
        try:
            yield made
        finally:
            runner.run(made.close())


def histories(running: RunningSystem, members: Members) -> type[Histories]:
    """Histories on a running system, each with parties, a product and lots of its own."""
    organizations = {
        organization.role: organization for organization in running.system.topology.organizations
    }
    msps = {role: organization.msp_id for role, organization in organizations.items()}

    def stage() -> tuple[Members, dict[str, Actor], str, list[str]]:
        number = next(numbers)
        cast = actors(msps, number % 10**4 * 10)
        register(members, cast)
        body = f"0952{number % 10**9:09d}"
        gtin = body + gs1.check_digit(body)
        maker = cast["maker"]
        article = product(organizations["manufacturer"], Storage(2, 8)) | {
            "gtin": gtin,
            "manufacturer": maker.gln,
        }
        members.submit(maker.msp_id, "registry", "RegisterProduct", article)
        return members, cast, gtin, [f"L{number}{letter}" for letter in "012"]

    return type("SystemHistories", (Histories,), {"stage": staticmethod(stage)})


@pytest.mark.parametrize(
    ("count", "steps"),
    [(3, 15), pytest.param(100, 50, marks=[pytest.mark.slow, pytest.mark.timeout(7200)])],
)
def test_histories(running: RunningSystem, members: Members, count: int, steps: int) -> None:
    run_state_machine_as_test(
        histories(running, members),
        settings=settings(
            max_examples=count,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # A history that fails is not made smaller: the ledger keeps what it did.
            phases=[Phase.generate],
            database=None,
        ),
    )
    running.verify_mirrors()
