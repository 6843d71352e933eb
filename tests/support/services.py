"""PostgreSQL, Redis and Mosquitto for tests: the same processes as a system's, on free ports, to be hurt."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mediledger.services import mosquitto as broker
from mediledger.services import postgres as database
from mediledger.services import redis as cache
from mediledger.supervisor import probes
from network.process import ProcessSpec
from tests.support.ports import free_port

PASSWORD = "only-for-tests"
START_SECONDS = 30.0
STOP_SECONDS = 10.0


class Service:
    """Running servers of one kind and the URL to reach them; may be killed and started again."""

    def __init__(self, specs: Sequence[ProcessSpec], log: Path, url: str) -> None:
        self._specs = specs
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.url = url

    def start(self) -> None:
        """Run the jobs, start the server, wait until it is ready."""
        self.run_jobs()
        self._process = self._spawn(self._specs[-1])
        deadline = time.monotonic() + START_SECONDS
        while not _ready(self._specs[-1]):
            assert self._process is not None
            if self._process.poll() is not None:
                # A predecessor that was killed may still hold what this one needs.
                self._process = self._spawn(self._specs[-1])
            assert time.monotonic() < deadline, f"{self._specs[-1].name} is not ready, see {self._log}"
            time.sleep(0.05)

    def run_jobs(self) -> None:
        """Run what a system runs before the server."""
        for spec in self._specs:
            if spec.run_once:
                assert self._spawn(spec).wait(START_SECONDS) == 0, f"{spec.name} failed, see {self._log}"

    def kill(self) -> None:
        """``kill -9``."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """The clean stop."""
        self._end(getattr(signal, self._specs[-1].stop_signal))

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _spawn(self, spec: ProcessSpec) -> subprocess.Popen[bytes]:
        account = pwd.getpwnam(spec.user) if spec.user and os.geteuid() == 0 else None
        with self._log.open("ab") as output:
            return subprocess.Popen(
                spec.argv,
                cwd=spec.cwd,
                env={**os.environ, **spec.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )


@contextlib.contextmanager
def postgres(tmp: Path) -> Iterator[Service]:
    """A PostgreSQL of its own; ``url`` is its superuser's, of the database ``postgres``."""
    port = free_port()
    data = database.data_folder(tmp)
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    try:
        with _running(Service(database.specs(data, port, PASSWORD), tmp / "postgres.log", url)) as service:
            yield service
    finally:
        # It lies outside ``tmp`` where the database's account cannot enter that.
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def redis(tmp: Path) -> Iterator[Service]:
    """A Redis of its own."""
    port = free_port()
    spec = cache.spec(tmp / "redis", port, PASSWORD)
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    with _running(Service([spec], tmp / "redis.log", url)) as service:
        yield service


@contextlib.contextmanager
def mosquitto(tmp: Path) -> Iterator[Service]:
    """A Mosquitto of its own; ``url`` is its administrator's."""
    port = free_port()
    spec = broker.spec(tmp / "mosquitto", port, PASSWORD)
    url = f"mqtt://{broker.ADMIN}:{PASSWORD}@127.0.0.1:{port}"
    with _running(Service([spec], tmp / "mosquitto.log", url)) as service:
        yield service


@contextlib.contextmanager
def _running(service: Service) -> Iterator[Service]:
    try:
        service.start()
        yield service
    finally:
        service.stop()


def _ready(spec: ProcessSpec) -> bool:
    assert spec.ready is not None
    return asyncio.run(probes.is_ready(spec.ready, spec))
