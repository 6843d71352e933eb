"""A ledger with nothing around it, in a directory of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from http2 import unix_socket
from network import ledger
from network.process import ProcessSpec, SocketReady, TcpReady
from network.topology import Organization, Topology
from tests.support.ports import free_base_port
from tests.support.verified import verify_devnet

THREE_MEMBERS = Path(__file__).with_name("three_members.yaml")


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

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """A process that was started."""
        return self._processes[name]

    def kill(self, name: str) -> None:
        """`kill -9` of one process."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End everything, the last first; a devnet's ledgers are verified then."""
        for process in reversed(self._processes.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.kind == "devnet":
            verify_devnet(self.home)

    def _wait(self, spec: ProcessSpec, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + spec.start_seconds
        ports = (spec.ready.port,) if isinstance(spec.ready, TcpReady) else spec.ports
        places = (spec.ready.path,) if isinstance(spec.ready, SocketReady) else ports
        for place in places:
            while True:
                assert process.poll() is None, (self.home / f"{spec.name}.log").read_text()[-2000:]
                assert time.monotonic() < deadline, f"{spec.name} is not ready"
                try:
                    if isinstance(place, Path):
                        unix_socket.connected(place).close()
                    else:
                        socket.create_connection(("127.0.0.1", place), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)

    def member(self, name: str) -> Organization:
        """A member by its name."""
        return next(one for one in self.topology.organizations if one.name == name)


@contextlib.contextmanager
def started(kind: str, topology: Path, home: Path) -> Iterator[Ledger]:
    """Start a ledger below ``home`` at ports that are free, and end it."""
    read = Topology.load(topology, free_base_port())
    ledger.prepare(read, home, kind)
    running = Ledger(read, home, kind)
    try:
        running.start()
        yield running
    finally:
        running.stop()
