"""``python -m gateway.mirror run|rebuild|verify``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time
from typing import Any

import psycopg

from chaincode.model.errors import MediLedgerError
from gateway.fabric import FabricError, Profile, connect
from gateway.mirror.health import health
from gateway.mirror.replay import rebuild, verify
from gateway.mirror.settings import Settings
from gateway.mirror.spotcheck import spot_check
from gateway.mirror.worker import Progress, keep_following

log = logging.getLogger("gateway.mirror")


async def run(settings: Settings) -> int:
    """Follow the ledger until SIGTERM or SIGINT."""
    progress = Progress()

    def report() -> tuple[bool, dict[str, Any]]:
        told = {
            "height": progress.height,
            "lag_ms": progress.lag_ms,
            "waiting": progress.waiting,
            "stopped": progress.stopped,
        }
        return progress.ready, told

    async with connect(Profile.load(settings.profile)) as gateway, health(settings.health_port, report):
        network = gateway.network(settings.channel)
        task = asyncio.create_task(keep_following(network, settings.database_url, progress))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
    return 0


async def run_rebuild(settings: Settings) -> int:
    """Rebuild the mirror and say how long it took."""
    began = time.monotonic()
    async with connect(Profile.load(settings.profile)) as gateway:
        made = await rebuild(gateway.network(settings.channel), settings.database_url)
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"rebuilt {made.blocks} blocks with {made.units} packs in {seconds:.2f} s "
        f"({made.units / seconds:.0f} packs/s)\n"
    )
    return 0


async def run_verify(settings: Settings) -> int:
    """Compare mirror and ledger; 1 when they differ."""
    async with connect(Profile.load(settings.profile)) as gateway:
        network = gateway.network(settings.channel)
        found = await verify(network, settings.database_url)
        checks = await spot_check(network, settings.database_url)
    lines = [f"{table.table:<20}{table.rows:>10} rows  {table.digest}" for table in found.tables]
    lines += [f"only in the {d.side}: {d.table} {d.row}" for d in found.differences]
    lines += [f"otherwise by chaincode: {what}" for what in checks.different]
    unsure = f", {checks.unsure} changed too fast to tell" if checks.unsure else ""
    lines.append(f"read back through chaincode: {checks.read} documents{unsure}")
    equal = found.equal and not checks.different
    verdict = (
        "equal" if equal else f"NOT equal, {len(found.differences) + len(checks.different)} differences shown"
    )
    lines.append(f"mirror and ledger at height {found.height}, {found.rows} rows: {verdict}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if equal else 1


def main() -> int:
    """Read the command line and the environment; one line on stderr when it fails."""
    commands = {"run": run, "rebuild": run_rebuild, "verify": run_verify}
    parser = argparse.ArgumentParser(prog="gateway.mirror")
    parser.add_argument("command", choices=commands)
    command = parser.parse_args().command
    settings = Settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return asyncio.run(commands[command](settings))
    except (MediLedgerError, FabricError, psycopg.Error) as error:
        log.error("%s: %s", command, error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
