"""devnet as the one thing that a process does."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import uvloop

from network.devnet.server import serve
from network.topology import Topology

# Messages are many and short-lived and hold no cycles: the collector need not look at each generation often.
GC_THRESHOLD = (50_000, 20, 50)
# The writer's thread must not keep the loop waiting for long.
SWITCH_SECONDS = 0.001


def run(topology: Topology, home: Path) -> None:
    """Serve until SIGTERM or SIGINT; MediLedgerError where that is impossible."""
    gc.set_threshold(*GC_THRESHOLD)
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(topology, home))
