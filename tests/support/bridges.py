"""A bridge as a process of its own, with a database and a broker, and devices in a mirror made by hand."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

from iot_bridge.device import DeviceClient
from mediledger.system import PROJECT
from network import ledger
from network.topology import Topology
from tests.support import devices
from tests.support.ports import free_port
from tests.support.services import Service

GLN = "9521234000020"
SSCC = "095212340000000017"
START_SECONDS = 30.0
PASSWORD = "device-password"


class BridgeProcess:
    """``python -m iot_bridge``; its ledger is one that nobody serves unless ``profile`` says otherwise."""

    def __init__(self, database_url: str, mqtt_url: str, profile: Path, log: Path, **extra: str) -> None:
        self.port = free_port()
        self._log = log
        self._environment = {
            "MEDILEDGER_MEMBER": "distributor",
            "MEDILEDGER_GLN": GLN,
            "MEDILEDGER_PROFILE": str(profile),
            "MEDILEDGER_DATABASE_URL": database_url,
            "MEDILEDGER_MQTT_URL": mqtt_url,
            "MEDILEDGER_HEALTH_PORT": str(self.port),
            "MEDILEDGER_BRIDGE_IDLE_SECONDS": "1",
            **extra,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "iot_bridge"],
                cwd=PROJECT,
                env=os.environ | self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(20)

    def health(self) -> tuple[int, Mapping[str, Any]]:
        """Status and report of the health endpoint; (0, {}) where nobody answers."""
        with httpx.Client(trust_env=False, timeout=5) as client:
            try:
                answer = client.get(f"http://127.0.0.1:{self.port}/health")
            except httpx.HTTPError:
                return 0, {}
            return answer.status_code, answer.json()

    def ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.health()[0] != 200:
            assert time.monotonic() < deadline, f"the bridge is not ready, see {self._log}"
            time.sleep(0.1)


class Bench:
    """What the tests of a bridge share: its surroundings, and looks into its database."""

    def __init__(self, database: Service, broker: Service, folder: Path) -> None:
        self.database = database
        self.broker = broker
        self.folder = folder
        topology = Topology.load(None, base_port=27900)
        ledger.prepare(topology, folder, "devnet")
        self.profile = folder / "network" / "profiles" / "distributor.bridge.json"

    def bridge(self, **extra: str) -> BridgeProcess:
        return BridgeProcess(
            self.database.url, self.broker.url, self.profile, self.folder / "bridge.log", **extra
        )

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()

    def execute(self, statement: str, *parameters: object) -> None:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(statement.encode(), parameters)

    def container(self, sscc: str = SSCC, least: int = 2000, most: int = 8000) -> None:
        """A container in the mirror with a storage profile."""
        self.execute(
            "INSERT INTO container (sscc, period, status, storage, contents, levels, taken, packed_at,"
            " packed_by, block_number, tx_id)"
            " VALUES (%s, 0, 'packed', %s, '[]', 1, '[]', now(), %s, 1, 't')",
            sscc,
            Jsonb({"min_mc": least, "max_mc": most}),
            GLN,
        )

    def device(self, device_id: str, container: str | None = SSCC, gln: str = GLN) -> None:
        """A device in the mirror; it watches the container since long ago."""
        self.execute(
            "INSERT INTO device (id, gln, kind, status, container, registered_at, document, block_number,"
            " tx_id) VALUES (%s, %s, 'temperature', 'active', %s, now(), '{\"attached_at\":0,\"past\":[]}',"
            " 1, 't')"
            " ON CONFLICT (id) DO UPDATE SET container = excluded.container",
            device_id,
            gln,
            container,
        )

    async def client(self, device_id: str, **options: Any) -> DeviceClient:
        """A device let in at the broker, to be entered."""
        await devices.admit(self.broker.url, device_id, PASSWORD)
        host = self.broker.url.rpartition("@")[2]
        return DeviceClient(f"mqtt://{host}", device_id, PASSWORD, **options)

    async def until(self, statement: str, wanted: Any, *parameters: object, seconds: float = 20.0) -> None:
        """Wait until a query's first value is ``wanted``."""
        deadline = time.monotonic() + seconds
        while True:
            found = await asyncio.to_thread(self.query, statement, *parameters)
            if found and found[0][0] == wanted:
                return
            assert time.monotonic() < deadline, f"{statement}: {found}, not {wanted}"
            await asyncio.sleep(0.1)
