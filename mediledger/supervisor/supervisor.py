"""The supervisor itself: one asyncio task per process of the plan."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pwd
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mediledger.supervisor import probes
from mediledger.supervisor.errors import PortInUse, SocketInUse, StartFailed, SupervisorError
from mediledger.supervisor.logs import LogFile
from mediledger.supervisor.state import ProcessState, RunDirectory, SystemState, start_ticks
from network.process import ProcessSpec

log = logging.getLogger(__name__)

JOB_ATTEMPTS = 3
BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_MAX_SECONDS = 30.0
# A process that ran this long has recovered: its next death starts the backoff anew.
STABLE_SECONDS = 60.0
PROBE_INTERVAL_SECONDS = 0.15
TRIM_INTERVAL_SECONDS = 30.0


class Supervisor:
    """Starts ``specs`` in the order of their ``after``, restarts what dies, stops all in reverse order.

    ``run_directory`` holds the lock and the published state, ``log_directory`` one file per process.
    A job (``run_once``) that fails three times, or a process that is not ready within its
    ``start_seconds`` the first time, is *failed*: what depends on it is not started, and the state says why.
    """

    def __init__(
        self, specs: Sequence[ProcessSpec], run_directory: RunDirectory, log_directory: Path, label: str = ""
    ) -> None:
        self._specs = {spec.name: spec for spec in specs}
        check_plan(specs)
        self._run = run_directory
        self._logs = {spec.name: LogFile(log_directory, spec.name) for spec in specs}
        self._state = SystemState(os.getpid(), label, {spec.name: ProcessState() for spec in specs})
        self._ready = {spec.name: asyncio.Event() for spec in specs}
        self._gone = {spec.name: asyncio.Event() for spec in specs}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run until ``stop`` is called; every process has ended when it returns."""
        with self._run.lock():
            self._run.reap_orphans()
            self._publish()
            async with asyncio.TaskGroup() as group:
                trimmer = group.create_task(self._trim_logs())
                keepers = [group.create_task(self._keep(spec)) for spec in self._specs.values()]
                await asyncio.gather(*keepers)
                trimmer.cancel()

    def stop(self) -> None:
        """Begin the clean stop: dependants first, then what they stand on."""
        self._stopping.set()

    async def _keep(self, spec: ProcessSpec) -> None:
        """One process's whole life."""
        try:
            if await self._wait_for_dependencies(spec):
                await (self._run_job(spec) if spec.run_once else self._run_server(spec))
            if self._state.processes[spec.name].status != "failed":
                await self._stopping.wait()
        except StartFailed as error:
            self._set(spec, "failed", reason=str(error))
            log.error("%s", error)
            await self._stopping.wait()
        finally:
            self._gone[spec.name].set()

    async def _wait_for_dependencies(self, spec: ProcessSpec) -> bool:
        for name in spec.after:
            if not await self._unless_stopping(self._ready[name].wait()):
                return False
        return not self._stopping.is_set()

    async def _run_job(self, spec: ProcessSpec) -> None:
        for attempt in range(1, JOB_ATTEMPTS + 1):
            process = await self._spawn(spec)
            try:
                async with asyncio.timeout(spec.start_seconds):
                    finished = await self._unless_stopping(process.wait())
            except TimeoutError:
                finished = False
            if self._stopping.is_set() or not finished:
                await self._end(spec, process)
                if self._stopping.is_set():
                    return
            elif process.returncode == 0:
                self._set(spec, "done", pid=None)
                self._ready[spec.name].set()
                return
            self._set(spec, "backoff", pid=None, restarts=attempt)
            await self._unless_stopping(asyncio.sleep(BACKOFF_FIRST_SECONDS * 2**attempt))
            if self._stopping.is_set():
                return
        raise StartFailed(spec.name, f"failed {JOB_ATTEMPTS} times", str(self._logs[spec.name].path))

    async def _run_server(self, spec: ProcessSpec) -> None:
        backoff = BACKOFF_FIRST_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            process = await self._spawn(spec)
            exited = asyncio.create_task(process.wait())
            if not self._stopping.is_set():
                await self._until_ready(spec, process, exited)
            if not exited.done() and not self._stopping.is_set():
                await self._unless_stopping(asyncio.shield(exited))
            if self._stopping.is_set():
                await self._wait_for_dependants(spec)
                await self._end(spec, process)
                await exited
                self._set(spec, "stopped", pid=None)
                return
            if time.monotonic() - began > STABLE_SECONDS:
                backoff = BACKOFF_FIRST_SECONDS
            restarts = self._state.processes[spec.name].restarts + 1
            self._set(spec, "backoff", pid=None, restarts=restarts, reason=f"ended with {process.returncode}")
            log.warning("%s ended with %s, again in %.1f s", spec.name, process.returncode, backoff)
            await self._unless_stopping(asyncio.sleep(backoff))
            backoff = min(backoff * 2, BACKOFF_MAX_SECONDS)

    async def _until_ready(
        self, spec: ProcessSpec, process: asyncio.subprocess.Process, exited: asyncio.Task[int]
    ) -> None:
        deadline = time.monotonic() + spec.start_seconds
        while not exited.done() and not self._stopping.is_set():
            if spec.ready is None or await probes.is_ready(spec.ready, spec):
                if not exited.done():
                    self._set(spec, "ready", reason="")
                    self._ready[spec.name].set()
                return
            if time.monotonic() > deadline:
                await self._end(spec, process)
                if not self._ready[spec.name].is_set():
                    raise StartFailed(
                        spec.name,
                        f"was not ready after {spec.start_seconds:.0f} s",
                        str(self._logs[spec.name].path),
                    )
                return
            await asyncio.sleep(PROBE_INTERVAL_SECONDS)
        if exited.done() and not self._ready[spec.name].is_set():
            restarts = self._state.processes[spec.name].restarts
            if restarts + 1 >= JOB_ATTEMPTS:
                self._set(spec, "failed", pid=None)
                raise StartFailed(
                    spec.name,
                    f"ended with {process.returncode} {restarts + 1} times before it was ready",
                    str(self._logs[spec.name].path),
                )

    async def _spawn(self, spec: ProcessSpec) -> asyncio.subprocess.Process:
        account = _account(spec.user)
        descriptor = self._logs[spec.name].open()
        try:
            process = await asyncio.create_subprocess_exec(
                *spec.argv,
                cwd=spec.cwd,
                env={**os.environ, **spec.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                **account,
            )
        except OSError as error:
            raise StartFailed(spec.name, f"cannot be started: {error}", spec.argv[0]) from error
        finally:
            os.close(descriptor)
        self._set(spec, "starting", pid=process.pid)
        return process

    async def _end(self, spec: ProcessSpec, process: asyncio.subprocess.Process) -> None:
        """Stop signal, then, ``stop_seconds`` later, SIGKILL to the whole process group."""
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(getattr(signal, spec.stop_signal))
            try:
                async with asyncio.timeout(spec.stop_seconds):
                    await process.wait()
            except TimeoutError:
                log.warning("%s did not stop in %.0f s and is killed", spec.name, spec.stop_seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _wait_for_dependants(self, spec: ProcessSpec) -> None:
        for other in self._specs.values():
            if spec.name in other.after:
                await self._gone[other.name].wait()

    async def _unless_stopping(self, awaitable: object) -> bool:
        """Await something unless the stop begins first; whether it finished."""
        task = asyncio.ensure_future(awaitable)  # type: ignore[call-overload]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return task in done
        finally:
            for pending in (task, stopping):
                if not pending.done():
                    pending.cancel()

    async def _trim_logs(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(TRIM_INTERVAL_SECONDS)
                for file in self._logs.values():
                    await asyncio.to_thread(file.trim)

    def _set(self, spec: ProcessSpec, status: str, **changes: object) -> None:
        state = self._state.processes[spec.name]
        state.status = status
        for name, value in changes.items():
            setattr(state, name, value)
        state.started = start_ticks(state.pid) if state.pid else None
        self._publish()

    def _publish(self) -> None:
        self._run.publish(self._state)


def check_plan(specs: Sequence[ProcessSpec]) -> None:
    """SupervisorError when names repeat, a dependency is unknown, or dependencies form a ring."""
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise SupervisorError(f"two processes are named {name}")
    placed: set[str] = set()
    left = list(specs)
    while left:
        free = [spec for spec in left if set(spec.after) <= placed]
        if not free:
            first = left[0]
            raise SupervisorError(
                f"{first.name} waits for {', '.join(sorted(set(first.after) - placed))}, which never is ready"
            )
        placed.update(spec.name for spec in free)
        left = [spec for spec in left if spec.name not in placed]


def check_addresses(specs: Sequence[ProcessSpec]) -> None:
    """PortInUse or SocketInUse for the first port or Unix socket of the plan that somebody else holds."""
    for spec in specs:
        for port in spec.ports:
            if probes.taken(port):
                raise PortInUse(port, spec.name)
        for path in spec.sockets:
            if probes.answered(path):
                raise SocketInUse(path, spec.name)


def _account(user: str | None) -> dict[str, Any]:
    if user is None or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
