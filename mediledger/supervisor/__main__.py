"""The detached supervisor: ``python -m mediledger.supervisor system|network``."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from mediledger import lifecycle
from mediledger.supervisor import RunDirectory, Supervisor
from mediledger.system import System


async def main(scope: str) -> None:
    """Run the plan of the environment's system until SIGTERM or SIGINT."""
    system = System.from_environment()
    specs = system.plan() if scope == "system" else system.network_plan()
    supervisor = Supervisor(
        specs, RunDirectory(system.run_path), system.log_path, lifecycle.label(system, scope)
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    await supervisor.run()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main(sys.argv[1]))
