"""``python -m iot_bridge``: one member's sensor bridge, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

import psycopg
import uvloop
from pydantic import ValidationError

from chaincode.model.errors import MediLedgerError
from gateway.fabric import FabricError, Profile, connect
from iot_bridge.bridge import Bridge
from iot_bridge.settings import Settings

log = logging.getLogger("iot_bridge")


async def run(settings: Settings) -> None:
    """Serve until a signal."""
    async with connect(Profile.load(settings.profile)) as gateway:
        bridge = Bridge(settings, gateway.network(settings.channel))
        task = asyncio.create_task(bridge.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


def main() -> int:
    """Read the environment; one line on stderr when it fails."""
    try:
        settings = Settings()
    except ValidationError as error:
        told = "; ".join(f"MEDILEDGER_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        sys.stderr.write(f"iot_bridge: {told}\n")
        return 2
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    failures: tuple[BaseException, ...] = ()
    try:
        uvloop.run(run(settings))
    except* (MediLedgerError, FabricError, psycopg.Error, OSError, ValueError) as group:
        failures = group.exceptions
    for failure in failures:
        log.error("%s: %s", type(failure).__name__, failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
