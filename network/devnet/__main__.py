"""``python -m network.devnet``: the embedded ledger as a process."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from chaincode.model.errors import MediLedgerError
from network.devnet.process import run
from network.topology import Topology

log = logging.getLogger("network.devnet")


def main() -> None:
    """Read the command line and serve; exit 1 with one line where that is impossible."""
    parser = argparse.ArgumentParser(
        prog="network.devnet", description="The embedded ledger, for development and tests only."
    )
    parser.add_argument("--home", type=Path, required=True, help="MediLedger's home, with network/ in it")
    parser.add_argument("--topology", type=Path, required=True, help="topology.yaml")
    parser.add_argument("--base-port", type=int, help="in place of the topology's")
    parser.add_argument("--verbose", action="store_true", help="a line for each block")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("network.devnet").setLevel(logging.DEBUG if options.verbose else logging.INFO)
    try:
        topology = Topology.load(options.topology, options.base_port)
        run(topology, options.home)
    except MediLedgerError as error:
        log.error("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()
