"""A load waits for what the one before has left its system's processes to do, but not for ever."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench.idle import idle
from mediledger.supervisor import RunDirectory
from mediledger.supervisor.state import ProcessState, SystemState
from mediledger.system import System
from network.topology import Topology

BUSY = "import time\nends = time.monotonic() + {}\nwhile time.monotonic() < ends: pass\ntime.sleep(60)"


@contextmanager
def system_of_a_peer(root: Path, busy_seconds: float) -> Iterator[System]:
    """A system whose one process computes for so long, then sleeps."""
    system = System(root, "fabric", Topology.load())
    with subprocess.Popen([sys.executable, "-c", BUSY.format(busy_seconds)]) as process:
        run = RunDirectory(system.run_path)
        run.path.mkdir(parents=True)
        run.publish(SystemState(process.pid, "", {"peer-pharmacy": ProcessState("ready", process.pid)}))
        try:
            yield system
        finally:
            process.kill()


async def test_it_waits_until_no_process_computes_any_more(tmp_path: Path) -> None:
    output = io.StringIO()
    began = time.monotonic()
    with system_of_a_peer(tmp_path, 2.0) as system:
        await idle([system], Console(file=output))
    assert 2.0 < time.monotonic() - began < 10.0
    assert output.getvalue() == ""


async def test_it_gives_up_and_names_who_is_busy(tmp_path: Path) -> None:
    output = io.StringIO()
    began = time.monotonic()
    with system_of_a_peer(tmp_path, 60.0) as system:
        await idle([system], Console(file=output), seconds=1.0)
    assert time.monotonic() - began < 10.0
    assert output.getvalue().startswith("not idle after 1 s: fabric's peer-pharmacy (")
