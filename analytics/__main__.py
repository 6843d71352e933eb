"""``python -m analytics --out FOLDER``: the report of ``MEDILEDGER_DATABASE_URL`` as HTML and JSON."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from analytics.supply_chain import supply_chain

parser = argparse.ArgumentParser(prog="analytics")
parser.add_argument("--out", type=Path, default=Path(), help="the folder to write to")
folder = parser.parse_args().out
report = supply_chain(os.environ["MEDILEDGER_DATABASE_URL"])
folder.mkdir(parents=True, exist_ok=True)
(folder / "supply-chain.html").write_text(report.to_html(), encoding="utf-8")
(folder / "supply-chain.json").write_text(report.to_json() + "\n", encoding="utf-8")
