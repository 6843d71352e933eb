"""Fabric's programs on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaincode.model.errors import MediLedgerError

VERSION = "3.1.5"
NEEDED = ("peer", "orderer", "osnadmin", "configtxgen", "ccaas_detect", "ccaas_build", "ccaas_release")


class FabricMissing(MediLedgerError):
    """Fabric was asked for, and its programs are not found."""


@dataclass(frozen=True)
class Programs:
    """The folder that holds Fabric's programs."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def find(environ: Mapping[str, str] = os.environ) -> Programs | None:
    """The first folder with all that is needed, of those in ``searched``; None where there is none."""
    for folder in searched(environ):
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            return Programs(folder)
    return None


def need(environ: Mapping[str, str] = os.environ) -> Programs:
    """As ``find``; FabricMissing where there is none, naming what was looked for and where."""
    programs = find(environ)
    if programs is None:
        folders = ", ".join(str(folder) for folder in searched(environ))
        raise FabricMissing(f"LEDGER=fabric needs {', '.join(NEEDED)} in one folder; looked in {folders}")
    return programs


def searched(environ: Mapping[str, str]) -> list[Path]:
    """Where Fabric's programs are looked for, in order."""
    folders = []
    if environ.get("MEDILEDGER_FABRIC_BIN"):
        folders.append(Path(environ["MEDILEDGER_FABRIC_BIN"]))
    folders.append(Path.home() / ".local" / "share" / "mediledger" / "fabric" / VERSION / "bin")
    on_path = shutil.which("peer", path=environ.get("PATH", ""))
    if on_path:
        folders.append(Path(on_path).parent)
    return folders
