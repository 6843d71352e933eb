"""The supervisor with real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from http2 import unix_socket
from mediledger.supervisor import PortInUse, RunDirectory, SocketInUse, Supervisor, SupervisorError
from mediledger.supervisor.state import start_ticks
from mediledger.supervisor.supervisor import check_addresses, check_plan
from network.process import CommandReady, ProcessSpec, SocketReady

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


def exists(path: Path) -> CommandReady:
    return CommandReady(("test", "-e", str(path)))


@contextlib.asynccontextmanager
async def supervised(tmp_path: Path, *specs: ProcessSpec) -> AsyncIterator[RunDirectory]:
    run = RunDirectory(tmp_path / "run")
    supervisor = Supervisor(specs, run, tmp_path / "log", "test")
    task = asyncio.create_task(supervisor.run())
    try:
        yield run
    finally:
        supervisor.stop()
        await asyncio.wait_for(task, 30)


async def eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about"
        await asyncio.sleep(0.05)


def status(run: RunDirectory, name: str) -> str:
    state = run.read()
    return state.processes[name].status if state else ""


async def test_starts_in_order_and_stops_all(tmp_path: Path) -> None:
    order = tmp_path / "order"
    specs = [
        ProcessSpec("late", ("sh", "-c", f"echo late >> {order}; exec sleep 600"), tmp_path, after=("job",)),
        ProcessSpec("job", ("sh", "-c", f"echo job >> {order}"), tmp_path, after=("base",), run_once=True),
        ProcessSpec(
            "base",
            ("sh", "-c", f"sleep 0.3; echo base >> {order}; exec sleep 600"),
            tmp_path,
            ready=exists(order),
        ),
    ]
    async with supervised(tmp_path, *specs) as run:
        await eventually(lambda: (state := run.read()) and state.ready)
        pids = [p.pid for p in run.read().processes.values() if p.pid]
        await eventually(lambda: order.read_text().split() == ["base", "job", "late"])
    assert len(pids) == 2
    assert all(start_ticks(pid) is None for pid in pids)
    assert not run.running()


async def test_restarts_what_dies(tmp_path: Path) -> None:
    async with supervised(tmp_path, ProcessSpec("server", SLEEP, tmp_path)) as run:
        await eventually(lambda: status(run, "server") == "ready")
        first = run.read().processes["server"].pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: run.read().processes["server"].restarts == 1)
        await eventually(lambda: status(run, "server") == "ready")
        assert run.read().processes["server"].pid != first


async def test_a_failing_job_is_reported_and_holds_back_what_depends_on_it(tmp_path: Path) -> None:
    specs = [
        ProcessSpec("job", ("sh", "-c", "echo broken; exit 3"), tmp_path, run_once=True),
        ProcessSpec("server", SLEEP, tmp_path, after=("job",)),
    ]
    async with supervised(tmp_path, *specs) as run:
        await eventually(lambda: status(run, "job") == "failed")
        assert "failed 3 times" in run.read().processes["job"].reason
        assert status(run, "server") == "waiting"
    assert (tmp_path / "log" / "job.log").read_text() == "broken\n" * 3


async def test_a_server_that_never_is_ready_fails(tmp_path: Path) -> None:
    spec = ProcessSpec("server", SLEEP, tmp_path, ready=exists(tmp_path / "never"), start_seconds=0.5)
    async with supervised(tmp_path, spec) as run:
        await eventually(lambda: status(run, "server") == "failed")
        assert "was not ready after" in run.read().processes["server"].reason


async def test_ends_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    async with supervised(tmp_path, ProcessSpec("server", SLEEP, tmp_path)) as run:
        await eventually(lambda: status(run, "server") == "ready")
        left = await asyncio.create_subprocess_exec(*SLEEP, start_new_session=True)
        state = run.read()
    state.processes["server"].pid = left.pid
    state.processes["server"].started = start_ticks(left.pid)
    run.publish(state)
    reaped = asyncio.create_task(asyncio.to_thread(run.reap_orphans))
    assert await asyncio.wait_for(left.wait(), 10) == -signal.SIGTERM
    assert await reaped == 1


async def test_one_supervisor_per_run_directory(tmp_path: Path) -> None:
    async with supervised(tmp_path, ProcessSpec("server", SLEEP, tmp_path)) as run:
        await eventually(lambda: status(run, "server") == "ready")
        with pytest.raises(SupervisorError, match="already running"), run.lock():
            pass


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port}, needed by server"):
            check_addresses([ProcessSpec("server", SLEEP, tmp_path, ports=(port,))])


def test_a_socket_in_use_is_named(tmp_path: Path) -> None:
    path = tmp_path / "server.sock"
    specs = [ProcessSpec("server", SLEEP, tmp_path, sockets=(path,))]
    with unix_socket.listening(path, 1), pytest.raises(SocketInUse, match=f"{path}, needed by server"):
        check_addresses(specs)
    # A file that a killed server left is nobody.
    assert path.is_socket()
    check_addresses(specs)


async def test_a_server_is_ready_once_it_listens_at_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "server.sock"
    unix_socket.listening(path, 1).close()
    async with supervised(tmp_path, ProcessSpec("server", SLEEP, tmp_path, SocketReady(path))) as run:
        await eventually(lambda: status(run, "server") == "starting")
        await asyncio.sleep(0.5)
        assert status(run, "server") == "starting"
        with unix_socket.listening(path, 10):
            await eventually(lambda: status(run, "server") == "ready")


@pytest.mark.parametrize(
    ("after", "message"),
    [(("ghost",), "waits for ghost"), (("other",), "never is ready")],
)
def test_a_plan_that_cannot_start_is_refused(tmp_path: Path, after: tuple[str, ...], message: str) -> None:
    specs = [
        ProcessSpec("server", SLEEP, tmp_path, after=after),
        ProcessSpec("other", SLEEP, tmp_path, after=("server",)),
    ]
    with pytest.raises(SupervisorError, match=message):
        check_plan(specs)
