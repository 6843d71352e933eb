"""The mirror's own process on a real ledger: killed again and again while packs are commissioned."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.ledger import Stage, staged
from mediledger import lifecycle
from mediledger.system import PROJECT, System
from network.topology import Topology
from tests.support.ports import free_base_port, free_port
from tests.support.system import kinds

KILLS = 6
BATCHES = 30
BATCH = 100

pytestmark = [
    pytest.mark.timeout(300),
    # A supervisor is detached: nobody waits for it.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


@pytest.fixture(params=kinds())
def network(request: pytest.FixtureRequest) -> Iterator[System]:
    """The ledger alone."""
    with tempfile.TemporaryDirectory(prefix="mediledger-mirror-", ignore_cleanup_errors=True) as directory:
        system = System(Path(directory), request.param, Topology.load(None, base_port=free_base_port()))
        try:
            lifecycle.up(system, "network", lambda _: None)
            yield system
        finally:
            lifecycle.down(system)


class Mirror:
    """The commands of one member's mirror."""

    def __init__(self, system: System, database: str) -> None:
        self.port = free_port()
        regulator = next(o for o in system.topology.organizations if o.role == "regulator")
        self._environment = os.environ | {
            "MEDILEDGER_PROFILE": str(_profile_path(system, regulator.name)),
            "MEDILEDGER_DATABASE_URL": database,
            "MEDILEDGER_HEALTH_PORT": str(self.port),
        }

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(self._argv("run"), cwd=PROJECT, env=self._environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def call(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._argv(command),
            cwd=PROJECT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and report; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    @staticmethod
    def _argv(command: str) -> list[str]:
        return [sys.executable, "-m", "gateway.mirror", command]


def _profile_path(system: System, member: str) -> Path:
    return system.home / "network" / "profiles" / f"{member}.gateway.json"


async def until_height(mirror: Mirror, wanted: int) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            status, told = await asyncio.to_thread(mirror.health)
            if status == 200 and told["height"] >= wanted:
                return told
            await asyncio.sleep(0.05)


async def test_killed_while_it_writes_it_neither_loses_nor_doubles(network: System, database: str) -> None:
    mirror = Mirror(network, database)

    async def use(stage: Stage) -> None:
        async def commission() -> None:
            for _ in range(BATCHES):
                serials = [stage.serial() for _ in range(BATCH)]
                body = {"gtin": stage.gtin, "lot": stage.lot, "serials": serials}
                await stage.custody.submit("Commission", json.dumps(body).encode())

        loads = [asyncio.create_task(commission()) for _ in range(2)]
        for number in range(KILLS):
            with mirror.running() as process:
                # Each life ends a little later than the one before, from its start to well into its work.
                await until_height(mirror, await stage.network.height() - 5) if number % 2 else None
                await asyncio.sleep(0.15 * number)
                process.kill()
        await asyncio.gather(*loads)
        with mirror.running() as process:
            told = await until_height(mirror, await stage.network.height())
            assert told["stopped"] is told["waiting"] is None
            process.terminate()
            assert await asyncio.to_thread(process.wait, 10) == 0

    async with staged(network) as stage:
        await use(stage)

    with psycopg.connect(database) as connection:
        count = connection.execute("SELECT count(*) FROM unit").fetchone()
        assert count == (2 * BATCHES * BATCH,)
        events, distinct = connection.execute(
            "SELECT count(*), count(DISTINCT tx_id) FROM outbox WHERE topic = 'UnitsCommissioned'"
        ).fetchone() or (0, 0)
        assert events == distinct == 2 * BATCHES
    for command in ("verify", "rebuild", "verify"):
        done = mirror.call(command)
        assert done.returncode == 0, done.stdout + done.stderr
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE unit SET owner = 'thief' WHERE serial = (SELECT min(serial) FROM unit)")
    done = mirror.call("verify")
    assert done.returncode == 1
    assert "only in the mirror: unit" in done.stdout
    assert "thief" in done.stdout
