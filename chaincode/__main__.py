"""`python -m chaincode --serve <package_id>=<module>:<attribute>@<address> …`, `host:port` or `unix:PATH`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import logging
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from chaincode.shim import Chaincode, ChaincodeServer, TlsFiles, serve

log = logging.getLogger("chaincode")

# A transaction's documents are many and short-lived and hold no cycles: the collector looked through them all
# time and again, which took half of the time of packing a thousand.
GC_THRESHOLD = (50_000, 20, 50)

_SERVICE = re.compile(r"(?P<package>[^=]+)=(?P<module>[\w.]+):(?P<attribute>\w+)@(?P<address>unix:.+|.+:\d+)")


@dataclass(frozen=True, slots=True)
class Service:
    """One chaincode to serve, as `--serve` names it."""

    package_id: str
    module: str
    attribute: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Service:
        """Read `<package_id>=<module>:<attribute>@<address>`; ArgumentTypeError where it differs."""
        match = _SERVICE.fullmatch(text)
        if match is None:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not <package_id>=<module>:<attribute>@<host>:<port> or …@unix:<path>"
            )
        return cls(*match.groups())

    def load(self) -> Chaincode:
        """Import the chaincode; ImportError, AttributeError or TypeError where there is none."""
        chaincode = getattr(importlib.import_module(self.module), self.attribute)
        if not callable(getattr(chaincode, "invoke", None)):
            raise TypeError(f"{self.module}:{self.attribute} has no invoke")
        return chaincode


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a wrong one ends the process with status 2 and one line that says why."""
    parser = argparse.ArgumentParser(
        prog="python -m chaincode", description="Serve chaincodes to Fabric peers."
    )
    parser.add_argument(
        "--serve",
        action="append",
        required=True,
        type=Service.parse,
        metavar="ID=MODULE:ATTRIBUTE@ADDRESS",
        help="a chaincode, by the package id that the peer knows, at host:port or unix:path; repeat for more",
    )
    parser.add_argument(
        "--tls-cert", type=Path, help="PEM certificate chain of this server; a Unix socket has no TLS"
    )
    parser.add_argument("--tls-key", type=Path, help="PEM private key of this server")
    parser.add_argument("--tls-client-ca", type=Path, help="PEM roots of the peers' certificates")
    parser.add_argument(
        "--grace", type=float, default=5.0, help="seconds for running transactions at the end"
    )
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    parsed = parser.parse_args(argv)
    files = (parsed.tls_cert, parsed.tls_key, parsed.tls_client_ca)
    if any(files) and not all(files):
        parser.error("--tls-cert, --tls-key and --tls-client-ca go together")
    return parsed


async def run(services: Sequence[Service], tls: TlsFiles | None, grace: float) -> None:
    """Serve until SIGTERM or SIGINT, then let running transactions finish."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers: list[ChaincodeServer] = []
    try:
        for service in services:
            server = await serve(
                service.load(), package_id=service.package_id, address=service.address, tls=tls
            )
            servers.append(server)
            log.info("serving package=%s address=%s", service.package_id, service.address)
        gc.freeze()
        sys.stdout.write(f"ready: {len(servers)} chaincodes\n")
        sys.stdout.flush()
        await stop.wait()
        log.info("stopping")
    finally:
        await asyncio.gather(*(server.stop(grace) for server in servers))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 after a clean stop, 1 where it could not start."""
    parsed = arguments(argv)
    logging.basicConfig(
        level=parsed.log_level,
        stream=sys.stderr,
        format="%(asctime)s level=%(levelname)s logger=%(name)s %(message)s",
    )
    gc.set_threshold(*GC_THRESHOLD)
    tls = TlsFiles(parsed.tls_cert, parsed.tls_key, parsed.tls_client_ca) if parsed.tls_cert else None
    try:
        uvloop.run(run(parsed.serve, tls, parsed.grace))
    except (OSError, ImportError, AttributeError, TypeError, ValueError) as error:
        log.error("cannot start: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
