"""The run directory: which supervisor runs, and in what state each of its processes is.

A file lock tells whether a supervisor lives (the kernel drops it with the process, also on kill -9), and one
JSON file, replaced atomically, tells everybody else what it sees. Process ids in it carry the kernel's start
time of the process, so that a recycled id is never mistaken for ours.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mediledger.supervisor.errors import SupervisorError


@dataclass
class ProcessState:
    """One process as its supervisor last saw it.

    ``status`` is one of waiting, starting, ready, done (a job that succeeded), backoff, failed, stopped.
    ``started`` is the kernel's start time in clock ticks since boot, None when it does not run.
    """

    status: str = "waiting"
    pid: int | None = None
    started: int | None = None
    restarts: int = 0
    reason: str = ""

    @property
    def settled(self) -> bool:
        return self.status in ("ready", "done")


@dataclass
class SystemState:
    """What a supervisor published last; ``label`` says what it runs, in words the caller chose."""

    pid: int
    label: str = ""
    processes: dict[str, ProcessState] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return bool(self.processes) and all(p.settled for p in self.processes.values())

    @property
    def failed(self) -> dict[str, ProcessState]:
        return {name: p for name, p in self.processes.items() if p.status == "failed"}


def start_ticks(pid: int) -> int | None:
    """The kernel's start time of process ``pid`` in clock ticks since boot; None when there is none.

    Field 22 of ``/proc/<pid>/stat`` (proc_pid_stat(5)), counted after the parenthesised command name. A
    zombie counts as gone: it holds no port and no file any more.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


class RunDirectory:
    """The directory through which a supervisor and the commands that talk to it meet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state_file = path / "supervisor.json"
        self._lock_file = path / "supervisor.lock"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the supervisor's lock; SupervisorError when another supervisor has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        with self._lock_file.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SupervisorError(f"a supervisor is already running for {self.path}") from None
            yield

    def running(self) -> bool:
        """Whether a supervisor holds the lock now."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open("r+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def publish(self, state: SystemState) -> None:
        """Replace the state file atomically."""
        temporary = self.state_file.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(state), indent=1))
        temporary.replace(self.state_file)

    def read(self) -> SystemState | None:
        """The state published last, None when there never was one."""
        try:
            raw = json.loads(self.state_file.read_text())
        except FileNotFoundError:
            return None
        processes = {name: ProcessState(**state) for name, state in raw["processes"].items()}
        return SystemState(raw["pid"], raw["label"], processes)

    def stop(self, seconds: float = 60.0) -> bool:
        """Ask the supervisor to stop everything and wait until it has; False when none was running."""
        state = self.read()
        if not self.running() or state is None:
            self.reap_orphans()
            return False
        os.kill(state.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > deadline:
                raise SupervisorError(f"the supervisor (process {state.pid}) did not stop in {seconds:.0f} s")
            time.sleep(0.1)
        return True

    def reap_orphans(self, seconds: float = 10.0) -> int:
        """End what a killed supervisor left running; the number of processes ended."""
        state = self.read()
        orphans = [
            process.pid
            for process in (state.processes.values() if state else ())
            if process.pid and process.started and start_ticks(process.pid) == process.started
        ]
        for signal_number, wait in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
            left = [pid for pid in orphans if start_ticks(pid) is not None]
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal_number)
            deadline = time.monotonic() + wait
            while any(start_ticks(pid) is not None for pid in left) and time.monotonic() < deadline:
                time.sleep(0.1)
        return len(orphans)
