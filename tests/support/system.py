"""A whole system for tests, started as ``mediledger up`` starts it, in a directory of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from mediledger import lifecycle
from mediledger.demo.api import MemberApi
from mediledger.supervisor import RunDirectory, SystemState
from mediledger.system import PROJECT, System
from network import ledger
from network.topology import Topology
from tests.support.ports import free_base_port
from tests.support.verified import verify_devnet


def kinds() -> list[str]:
    """The ledgers to test on: ``LEDGER`` where it is set, else devnet, and Fabric where it is found."""
    chosen = os.environ.get("LEDGER")
    if chosen:
        return [chosen]
    return ["devnet", "fabric"] if ledger.find_fabric() else ["devnet"]


class RunningSystem:
    """A started system, its members' APIs, and the means to hurt it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.kind = system.kind
        self._run = RunDirectory(system.run_path)

    def state(self) -> SystemState:
        state = self._run.read()
        assert state is not None
        return state

    def gln(self, member: str) -> str:
        return next(o.gln for o in self.system.topology.organizations if o.name == member)

    @contextlib.asynccontextmanager
    async def api(
        self, member: str, user: str = "operator", patience: float = 60.0
    ) -> AsyncIterator[MemberApi]:
        """A logged-in client of one member's gateway."""
        organization = next(o for o in self.system.topology.organizations if o.name == member)
        password = self.system.secrets()[member].passwords[user]
        url = self.system.gateway_url(organization)
        async with MemberApi(member, organization.gln, url, user, password, patience) as client:
            yield client

    def verify_mirrors(self) -> None:
        """Every member's mirror equals the ledger, as its own command says."""
        for organization in self.system.topology.organizations:
            verified = subprocess.run(
                [sys.executable, "-m", "gateway.mirror", "verify"],
                cwd=PROJECT,
                env=os.environ | self.system.environment(organization),
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert verified.returncode == 0, verified.stdout + verified.stderr

    def kill(self, process: str) -> None:
        """``kill -9`` of one process and all that it started."""
        pid = self.state().processes[process].pid
        assert pid, f"{process} does not run"
        os.killpg(pid, signal.SIGKILL)

    async def recovered(self, process: str, restarts: int, seconds: float = 90.0) -> None:
        """Wait until ``process`` was restarted more than ``restarts`` times and is ready."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.state().processes[process]
            if state.status == "ready" and state.restarts > restarts:
                return
            assert time.monotonic() < deadline, (
                f"{process} is {state.status} after {seconds:.0f} s: {state.reason}"
            )
            await asyncio.sleep(0.2)


@contextlib.contextmanager
def running(kind: str, topology: Path | None = None) -> Iterator[RunningSystem]:
    """Start a system on ``kind`` and stop it at the end; its logs stay where a failure can be looked at.

    A devnet's ledger is verified then.
    """
    with tempfile.TemporaryDirectory(prefix="mediledger-test-", ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        # The database runs under an account of its own and must reach its directory.
        root.chmod(0o755)
        system = System(root, kind, Topology.load(topology, base_port=free_base_port()))
        try:
            lifecycle.up(system, "system", lambda _: None)
            yield RunningSystem(system)
        finally:
            lifecycle.down(system)
            keep = os.environ.get("MEDILEDGER_TEST_LOGS")
            if keep and system.log_path.exists():
                system.log_path.rename(Path(keep) / f"{kind}-{int(time.time())}")
        if kind == "devnet":
            verify_devnet(system.home)
