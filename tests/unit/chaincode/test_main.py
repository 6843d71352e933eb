"""The command that serves chaincodes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaincode.__main__ import Service, arguments
from tests.unit.chaincode.shim.fake_peer import FakePeer

MODULE = "tests.unit.chaincode.echo"
ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def command(*args: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chaincode",
        *args,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def line(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    return (await stream.readline()).decode()


def test_a_service_is_read_from_its_text() -> None:
    parsed = arguments(["--serve", "custody_1.0:ab12=chaincode.contracts.custody:chaincode@127.0.0.1:17023"])
    expected = Service("custody_1.0:ab12", "chaincode.contracts.custody", "chaincode", "127.0.0.1:17023")
    assert parsed.serve == [expected]


def test_a_service_at_a_socket_is_read_from_its_text() -> None:
    [service] = arguments(["--serve", "custody_1:ab12=m:chaincode@unix:/a folder/custody_1.sock"]).serve
    assert service == Service("custody_1:ab12", "m", "chaincode", "unix:/a folder/custody_1.sock")


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--serve", "no package"],
        ["--serve", "p:1=module@127.0.0.1:1"],
        ["--serve", "p:1=m:a@127.0.0.1"],
        ["--serve", "p:1=m:a@127.0.0.1:1", "--tls-cert", "only.pem"],
    ],
)
def test_a_wrong_command_line_ends_with_a_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(argv)
    assert ended.value.code == 2
    assert "python -m chaincode: error:" in capsys.readouterr().err


async def test_several_chaincodes_are_served_until_sigterm() -> None:
    services = [f"--serve=p{number}:1={MODULE}:chaincode@127.0.0.1:{21080 + number}" for number in range(2)]
    async with command(*services) as process:
        assert await line(process.stdout) == "ready: 2 chaincodes\n"
        async with FakePeer("127.0.0.1:21080") as one, FakePeer("127.0.0.1:21081") as two:
            assert (await one.invoke("hello")).payload == b"hello"
            assert (one.registered, two.registered) == ("p0:1", "p1:1")
            os.kill(process.pid, signal.SIGTERM)
            _, errors = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in errors


async def test_a_killed_server_leaves_its_socket_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "member" / "echo.sock"
    serve = f"--serve=p:1={MODULE}:chaincode@unix:{path}"
    for _ in range(2):
        async with command(serve) as process:
            assert await line(process.stdout) == "ready: 1 chaincodes\n"
            async with FakePeer(f"unix:{path}") as peer:
                assert (await peer.invoke("hello")).payload == b"hello"
            async with command(serve) as another:
                _, errors = await another.communicate()
            assert (another.returncode, errors.count(b"\n")) == (1, 1)
            assert b"in use" in errors
            process.kill()
            await process.communicate()
        assert path.is_socket()


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("p:1=tests.unit.chaincode.missing:chaincode@127.0.0.1:21082", "missing"),
        (f"p:1={MODULE}:missing@127.0.0.1:21082", "missing"),
        (f"p:1={MODULE}:__name__@127.0.0.1:21082", "has no invoke"),
        (f"p:1={MODULE}:chaincode@203.0.113.1:21082", "assign"),
    ],
)
async def test_what_cannot_start_says_why_in_one_line(service: str, reason: str) -> None:
    async with command("--serve", service) as process:
        out, errors = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    assert errors.count(b"\n") == 1
    assert reason in errors.decode()
