"""Finding the machine's own programs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from chaincode.model.errors import MediLedgerError

# Where Debian and Ubuntu put servers, on the PATH of root alone.
_EXTRA = "/usr/sbin:/usr/local/sbin"


class ProgramMissing(MediLedgerError):
    """A program that the plan needs is not on this machine."""

    def __init__(self, program: str, package: str, setting: str) -> None:
        super().__init__(
            f"{program} is not on this machine: install package {package}, or set {setting} to a server's URL"
        )


def find(program: str, package: str, setting: str) -> str:
    """The path of a program; ProgramMissing names the ``package`` to install or the ``setting`` to use."""
    found = shutil.which(program) or shutil.which(program, path=_EXTRA)
    if not found:
        raise ProgramMissing(program, package, setting)
    return found


def postgres_folder() -> Path:
    """The folder of the newest PostgreSQL's programs; ProgramMissing where there is none."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(re.sub(r"\D", "", path.parts[-3]) or 0),
    )
    if versions:
        return versions[-1].parent
    return Path(find("postgres", "postgresql", "MEDILEDGER_DATABASE_URL")).resolve().parent


def dynamic_security_plugin() -> Path:
    """Mosquitto's dynamic security plugin; ProgramMissing where it is not installed."""
    for pattern in ("/usr/lib/*/mosquitto_dynamic_security.so", "/usr/lib*/mosquitto_dynamic_security.so"):
        for path in Path("/").glob(pattern.lstrip("/")):
            return path
    raise ProgramMissing("mosquitto_dynamic_security.so", "mosquitto", "MEDILEDGER_MQTT_URL")
