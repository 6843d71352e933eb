"""A ledger with nothing around it, and a client of one member."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.fabric import CommitError, connect
from network import ledger
from network.process import ProcessSpec, TcpReady
from network.topology import Topology
from tests.support.system import free_base_port, kinds

TOPOLOGY = Path(__file__).with_name("topology.yaml")


class Ledger:
    """The processes of `network.ledger.plan`, started in their order."""

    def __init__(self, topology: Topology, home: Path, kind: str) -> None:
        self.topology = topology
        self.home = home
        self.kind = kind
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._specs = {spec.name: spec for spec in ledger.plan(topology, home, kind)}

    def start(self) -> None:
        """Start everything; the job that readies it runs to its end."""
        for name in self._specs:
            self.run(name)

    def run(self, name: str) -> None:
        """Start one process and wait until it is ready."""
        spec = self._specs[name]
        with (self.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                spec.argv, cwd=spec.cwd, env={**os.environ, **spec.env}, stdout=log, stderr=log
            )
        if spec.run_once:
            assert process.wait(spec.start_seconds) == 0, (self.home / f"{name}.log").read_text()[-2000:]
            return
        self._processes[name] = process
        self._wait(spec, process)

    def kill(self, name: str) -> None:
        """`kill -9` of one process."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End everything, the last first."""
        for process in reversed(self._processes.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait(self, spec: ProcessSpec, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + spec.start_seconds
        ports = (spec.ready.port,) if isinstance(spec.ready, TcpReady) else spec.ports
        for port in ports:
            while True:
                assert process.poll() is None, (self.home / f"{spec.name}.log").read_text()[-2000:]
                assert time.monotonic() < deadline, f"{spec.name} is not ready"
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)


@pytest.fixture(scope="module", params=kinds())
def small_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """A ledger of two members that serves the probe; once per kind."""
    home = tmp_path_factory.mktemp(request.param)
    topology = Topology.load(TOPOLOGY, free_base_port())
    ledger.prepare(topology, home, request.param)
    started = Ledger(topology, home, request.param)
    try:
        started.start()
        yield started
    finally:
        started.stop()


class Probe:
    """Calls the probe as one member."""

    def __init__(self, started: Ledger, stack: AsyncExitStack, member: str) -> None:
        self.ledger = started
        self._stack = stack
        self.organization = next(o for o in started.topology.organizations if o.name == member)
        profile = ledger.member_profile(started.home, self.organization)
        self._gateway = connect(profile)
        self.network = self._gateway.network(started.topology.channel)
        self.contract = self.network.contract("probe")

    async def read(self, function: str, *arguments: str, transient: dict[str, bytes] | None = None) -> Any:
        """Evaluate on the member's own peer."""
        encoded = [argument.encode() for argument in arguments]
        proposal = self.contract.proposal(
            function, *encoded, transient=transient, endorsing_organizations=[self.organization.msp_id]
        )
        return json.loads(await proposal.evaluate())

    async def write(
        self,
        function: str,
        *arguments: str,
        transient: dict[str, bytes] | None = None,
        endorsers: Sequence[str] = (),
    ) -> str:
        """Endorse (by the named MSPs), submit and wait for the commit; returns the transaction id."""
        encoded = [argument.encode() for argument in arguments]
        proposal = self.contract.proposal(
            function, *encoded, transient=transient, endorsing_organizations=endorsers
        )
        transaction = await proposal.endorse()
        status = await (await transaction.submit()).status()
        if not status.successful:
            raise CommitError(status.transaction_id, status.code, status.name, status.block_number)
        return status.transaction_id

    async def close(self) -> None:
        await self._gateway.close()


@pytest.fixture
async def manufacturer(small_ledger: Ledger) -> AsyncIterator[Probe]:
    async with AsyncExitStack() as stack:
        probe = Probe(small_ledger, stack, "manufacturer")
        stack.push_async_callback(probe.close)
        yield probe


@pytest.fixture
async def regulator(small_ledger: Ledger) -> AsyncIterator[Probe]:
    async with AsyncExitStack() as stack:
        probe = Probe(small_ledger, stack, "regulator")
        stack.push_async_callback(probe.close)
        yield probe
