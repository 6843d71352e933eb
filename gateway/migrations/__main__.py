"""``python -m gateway.migrations upgrade``: the database is the one of ``MEDILEDGER_DATABASE_URL``."""

from __future__ import annotations

import argparse
import logging
import os

from gateway.migrations.upgrade import upgrade

parser = argparse.ArgumentParser(prog="gateway.migrations")
parser.add_argument("command", choices=("upgrade",))
parser.parse_args()
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
upgrade(os.environ["MEDILEDGER_DATABASE_URL"])
