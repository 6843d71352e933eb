"""devnet as a process, with its members' chaincode servers and clients of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc

from gateway.fabric import FabricError, Gateway, Network, connect
from network import ledger
from network.identities import Identities
from network.process import ProcessSpec
from network.topology import Topology
from tests.support.ports import free_base_port
from tests.support.verified import verify_devnet

# Three members, and the chaincode of notes that is beside it.
TOPOLOGY = Path(__file__).parent.parent / "integration" / "devnet" / "topology.yaml"
CHANNEL = "medicines"
START_SECONDS = 30.0


class Devnet:
    """One devnet and each member's chaincode server in a directory of their own."""

    def __init__(self, home: Path, base_port: int | None = None, topology: Path | None = TOPOLOGY) -> None:
        """Without a topology it is the project's own."""
        self.home = home
        self.topology = Topology.load(topology, base_port or free_base_port())
        ledger.prepare(self.topology, home, "devnet")
        self.identities = Identities(self.topology, home / "network")
        self._specs = {spec.name: spec for spec in ledger.plan(self.topology, home, "devnet")}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def spec(self) -> ProcessSpec:
        """How devnet itself is started."""
        return self._specs["devnet"]

    def start(self, *names: str) -> None:
        """Start these processes; all but the job that deploys where none is named."""
        for name in names or [name for name, spec in self._specs.items() if not spec.run_once]:
            spec = self._specs[name]
            with (self.home / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    spec.argv, cwd=spec.cwd, env=os.environ | dict(spec.env), stdout=log, stderr=log
                )

    def end(self, name: str = "devnet", number: int = signal.SIGKILL) -> int:
        """Send a signal to one process and wait for its end; the exit code."""
        process = self._processes.pop(name)
        process.send_signal(number)
        return process.wait(20)

    def stop(self) -> None:
        """End everything, and verify the ledgers."""
        for name in reversed(list(self._processes)):
            self.end(name, signal.SIGTERM)
        verify_devnet(self.home)

    def log(self, name: str = "devnet") -> str:
        return (self.home / f"{name}.log").read_text()

    def gateway(self, member: str = "manufacturer", user: str = "gateway") -> Gateway:
        """A client of one member."""
        organization = next(o for o in self.topology.organizations if o.name == member)
        return connect(ledger.member_profile(self.home, organization, user))

    def channel(self, member: str = "manufacturer") -> grpc.aio.Channel:
        """A bare gRPC channel to a member's peer."""
        organization = next(o for o in self.topology.organizations if o.name == member)
        root = self.identities.tls(self.identities.peer(organization)).root.read_bytes()
        return grpc.aio.secure_channel(
            f"127.0.0.1:{self.topology.peer_port(organization)}",
            grpc.ssl_channel_credentials(root),
            [("grpc.ssl_target_name_override", self.topology.peer_host(organization))],
        )

    async def ready(self, network: Network) -> None:
        """Wait until a note can be written."""
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    await network.contract("notes").proposal("Put", b"ready", b"yes").endorse()
                    return
                except FabricError:
                    await asyncio.sleep(0.1)


@contextlib.contextmanager
def started(home: Path) -> Iterator[Devnet]:
    """A devnet below ``home``, with everything that belongs to it, until the end of the block."""
    made = Devnet(home)
    try:
        made.start()
        yield made
    finally:
        made.stop()
