"""Bringing a planned system up and down from a shell: a detached supervisor and the wait for it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mediledger.supervisor import RunDirectory, SupervisorError, SystemState
from mediledger.supervisor.supervisor import check_addresses, check_plan
from mediledger.system import PROJECT, System

Watcher = Callable[[SystemState], None]
POLL_SECONDS = 0.2


def label(system: System, scope: str) -> str:
    """What a supervisor runs, in the words that ``status`` shows."""
    return f"{scope} on {system.kind}"


def up(system: System, scope: str, watch: Watcher, seconds: float = 300.0) -> SystemState:
    """Start the ``scope`` ("system" or "network") and wait until all of it is ready.

    A running supervisor of the same ledger and scope is joined, one of another is stopped first. ``watch``
    is called with every state seen. Raises SupervisorError (PortInUse, SocketInUse, StartFailed's line)
    when it cannot be had; then nothing is left running.
    """
    run = RunDirectory(system.run_path)
    state = run.read() if run.running() else None
    if state is None or state.label != label(system, scope):
        run.stop()
        system.prepare()
        specs = system.plan() if scope == "system" else system.network_plan()
        check_plan(specs)
        check_addresses(specs)
        _launch(system, scope, run)
    return _wait(run, watch, seconds)


def down(system: System) -> bool:
    """Stop all of it; False when nothing ran."""
    return RunDirectory(system.run_path).stop()


def _launch(system: System, scope: str, run: RunDirectory) -> None:
    run.path.mkdir(parents=True, exist_ok=True)
    run.state_file.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "MEDILEDGER_HOME": str(system.root),
        "LEDGER": system.kind,
        "MEDILEDGER_BASE_PORT": str(system.topology.base_port),
        "MEDILEDGER_TOPOLOGY": str(system.topology.path),
        "PYTHONPATH": str(PROJECT),
    }
    log = str(run.path / "supervisor.log")
    # It outlives this process, which therefore keeps nothing of it but its run directory.
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "mediledger.supervisor", scope],
        environment,
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )


def _wait(run: RunDirectory, watch: Watcher, seconds: float) -> SystemState:
    deadline = time.monotonic() + seconds
    seen_running = False
    while True:
        state = run.read()
        running = run.running()
        seen_running |= running
        if state:
            watch(state)
            if state.failed:
                run.stop()
                raise SupervisorError(next(iter(state.failed.values())).reason)
            if state.ready and running:
                return state
        if (seen_running and not running) or (
            not seen_running and time.monotonic() > deadline - seconds + 30
        ):
            raise SupervisorError(f"the supervisor ended; see {run.path / 'supervisor.log'}")
        if time.monotonic() > deadline:
            waiting = [name for name, p in (state.processes if state else {}).items() if not p.settled]
            run.stop()
            raise SupervisorError(
                f"not ready after {seconds:.0f} s: {', '.join(waiting) or 'nothing started'}"
            )
        time.sleep(POLL_SECONDS)


def log_file(system: System, process: str) -> Path:
    """A process's log."""
    return system.log_path / f"{process}.log"
