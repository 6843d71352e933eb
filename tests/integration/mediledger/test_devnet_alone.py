"""``mediledger devnet`` as somebody meets it who has a chaincode and nothing else of this project."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from gateway.fabric import EndorseError, Gateway, Identity, SubmitError, signer_from_pem
from gateway.fabric.profile import Peer
from mediledger import cli
from mediledger.system import PROJECT
from tests.support.ports import free_base_port, free_port

READY_SECONDS = 30.0
BOTH = ["ManufacturerMSP", "HospitalGroupMSP"]


class Alone:
    """One home, its devnet in the foreground of a process, and a chaincode server."""

    def __init__(self, home: Path, tls: bool = False) -> None:
        self.home = home
        self.tls = tls
        self.port = free_port()
        self.started = (
            *(["--tls"] if tls else []),
            f"--chaincode=notes=127.0.0.1:{self.port}",
            "--members=manufacturer,hospital-group",
            "--channel=wards",
            f"--base-port={free_base_port()}",
        )
        self.log = home.with_suffix(".log")
        self._processes: list[subprocess.Popen[bytes]] = []

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        argv = [sys.executable, "-m", "mediledger", "devnet", *words, f"--home={self.home}"]
        env = os.environ | {"COLUMNS": "200"}
        return subprocess.run(
            argv, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    def up(self, *words: str) -> None:
        """Start it and its chaincode, and wait until they have met."""
        self.log.unlink(missing_ok=True)
        self._start("-m", "mediledger", "devnet", "up", *words, f"--home={self.home}")
        self.wait_for("ready")
        [package] = set(re.findall(r"notes_1:[0-9a-f]{64}", self.log.read_text()))
        service = f"{package}=tests.integration.devnet.notes:chaincode@127.0.0.1:{self.port}"
        files = self.home / "chaincode"
        security = {
            "--tls-cert": files / "server-cert.pem",
            "--tls-key": files / "server-key.pem",
            "--tls-client-ca": files / "peers-ca.pem",
        }
        options = [f"{name}={path}" for name, path in security.items()] if self.tls else []
        self._start("-m", "chaincode", "--serve", service, *options)
        self.wait_for("registered")

    def down(self) -> None:
        """Ctrl-C for devnet, then the server."""
        for process in self._processes:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0, self.log.read_text()
        self._processes.clear()

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait(20)

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while words not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def member(self, name: str) -> Path:
        return self.home / "members" / name

    def profile(self, name: str) -> dict[str, Any]:
        """The connection profile as another SDK reads it."""
        return json.loads((self.member(name) / f"connection-{name}.json").read_text())

    def gateway(self, name: str, user: str = "gateway", ahead: float = 0) -> Gateway:
        """A client out of nothing but the connection profile and the wallet."""
        profile = self.profile(name)
        organization = profile["organizations"][profile["client"]["organization"]]
        entry = json.loads((self.member(name) / "wallet" / f"{user}.id").read_text())
        assert (entry["type"], entry["version"], entry["mspId"]) == ("X.509", 1, organization["mspid"])
        peer = profile["peers"][organization["peers"][0]]
        reached = Peer(
            peer["url"].removeprefix("grpcs://"),
            peer["tlsCACerts"]["pem"].encode(),
            peer["grpcOptions"]["ssl-target-name-override"],
        )
        identity = Identity(entry["mspId"], entry["credentials"]["certificate"].encode())
        signer = signer_from_pem(entry["credentials"]["privateKey"].encode())
        return Gateway([reached], identity, signer, clock=lambda: time.time_ns() + int(ahead * 1e9))

    def _start(self, *argv: str) -> None:
        with self.log.open("ab") as log:
            process = subprocess.Popen([sys.executable, *argv], cwd=PROJECT, stdout=log, stderr=log)
        self._processes.append(process)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    made = Alone(tmp_path_factory.mktemp("alone") / "home")
    try:
        made.up(*made.started)
        yield made
    finally:
        made.kill()


async def test_it_says_what_it_is_and_what_to_do(alone: Alone) -> None:
    said = alone.log.read_text()
    assert "NOT FOR PRODUCTION" in said
    for name, msp in (("manufacturer", "ManufacturerMSP"), ("hospital-group", "HospitalGroupMSP")):
        assert f"{name}, {msp}" in said
        address = alone.profile(name)["peers"][f"peer0.{name}.devnet.example"]["url"].removeprefix("grpcs://")
        assert address in said
        key = alone.member(name) / "admin-key.pem"
        assert key.stat().st_mode & 0o077 == 0
        assert str(alone.member(name)) in said
    assert re.search(
        rf"CHAINCODE_ID=notes_1:[0-9a-f]{{64}} CHAINCODE_SERVER_ADDRESS=127.0.0.1:{alone.port}", said
    )
    found = alone.command("status")
    assert found.returncode == 0
    assert found.stdout.count("connected") == 2
    assert "Faults: none." in found.stdout


async def test_a_client_out_of_the_files_for_other_sdks(alone: Alone) -> None:
    async with alone.gateway("manufacturer") as ours, alone.gateway("hospital-group", "admin") as theirs:
        await ours.network("wards").contract("notes").submit("Put", b"k", b"v", endorsing_organizations=BOTH)
        assert await theirs.network("wards").contract("notes").evaluate("Get", b"k") == b"v"


async def test_faults_and_time(alone: Alone) -> None:
    async with alone.gateway("manufacturer") as gateway:
        notes = gateway.network("wards").contract("notes")
        said = alone.command("fault", "submit-unavailable", "--count=1").stdout
        assert "submit-unavailable at every member (1 times)" in said
        transaction = await notes.proposal("Put", b"lost", b"v").endorse()
        with pytest.raises(SubmitError):
            await transaction.submit()
        assert (await transaction.commit.status()).successful
        assert "1d1h ahead" in alone.command("advance", "25h").stdout
        with pytest.raises(EndorseError):
            await notes.submit("Put", b"late", b"v")
    async with alone.gateway("manufacturer", ahead=25 * 3600) as gateway:
        await gateway.network("wards").contract("notes").submit("Put", b"late", b"v")


async def test_it_is_verified_while_it_runs_and_goes_on_where_it_was(alone: Alone) -> None:
    found = alone.command("verify")
    assert (found.returncode, found.stderr) == (0, "")
    assert "wards: valid." in found.stdout
    alone.down()
    assert "no devnet runs" in alone.command("status").stderr
    alone.up()
    async with alone.gateway("manufacturer", ahead=25 * 3600) as gateway:
        assert await gateway.network("wards").contract("notes").evaluate("Get", b"late") == b"v"
    alone.down()
    assert "wards: valid." in alone.command("verify").stdout
    ledger = str(alone.home / "network" / "devnet")
    with lmdb.open(ledger, max_dbs=16, map_size=2**30) as opened, opened.begin(write=True) as write:
        state = opened.open_db(b"state", write)
        write.put(b"notes\x00late", (write.get(b"notes\x00late", db=state) or b"") + b"!", db=state)
    found = alone.command("verify")
    assert found.returncode == 1
    assert found.stderr == (r"mediledger: state: 'notes\x00late' is another than the blocks make it" + "\n")


async def test_a_chaincode_server_with_tls(tmp_path: Path) -> None:
    made = Alone(tmp_path / "home", tls=True)
    try:
        made.up(*made.started)
        assert f"with TLS by the files in {made.home / 'chaincode'}" in made.log.read_text()
        async with made.gateway("hospital-group") as gateway:
            notes = gateway.network("wards").contract("notes")
            await notes.submit("Put", b"k", b"v", endorsing_organizations=BOTH)
    finally:
        made.kill()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("up",), "name a chaincode and where its server listens"),
        (("up", "--chaincode=notes"), "--chaincode is NAME=..."),
        (("up", "--chaincode=notes=example.org:1"), "server: "),
        (("up", "--chaincode=notes=127.0.0.1:1", "--policy=other=x"), "no --chaincode is called other"),
        (("up", "--chaincode=notes=127.0.0.1:1", "--policy=notes=OR("), "policy: "),
        (
            ("up", "--chaincode=notes=127.0.0.1:1", "--policy=OR('OtherMSP.peer')"),
            "no member here is OtherMSP",
        ),
        (("up", "--chaincode=notes=127.0.0.1:1", "--members=A B"), "name: "),
        (("up", "--chaincode=notes=127.0.0.1:1", "--collections=notes=/nowhere"), "No such file"),
        (("status",), "no devnet runs in"),
        (("advance", "soon"), "a duration is written as"),
        (("fault", "delay"), "a delay needs a call and seconds"),
        (("fault",), "say which fault"),
        (("verify",), "there is no ledger in"),
    ],
)
def test_errors_are_one_line(
    tmp_path: Path,
    words: tuple[str, ...],
    error: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["mediledger", "devnet", *words, f"--home={tmp_path / 'home'}"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert error in told
    assert told.count("\n") == 1


def test_another_network_does_not_take_the_place(alone: Alone) -> None:
    for words in ("--members=manufacturer,pharmacy", "--channel=other", "--chaincode=letters=127.0.0.1:1"):
        found = alone.command("up", words)
        assert found.returncode == 1
        assert "holds a ledger with other members" in found.stderr
