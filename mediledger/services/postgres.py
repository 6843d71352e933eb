"""A private PostgreSQL: on loopback, with passwords, durable."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from mediledger.services import programs
from network.process import CommandReady, ProcessSpec

SERVER = "postgres"
JOB = "postgres-init"
ACCOUNT = "postgres"
PROJECT = Path(__file__).resolve().parent.parent.parent

# A system of four members holds some twenty connections each. fsync stays on: what is acknowledged is kept.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "password_encryption": "scram-sha-256",
    "log_min_duration_statement": "5s",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def name(member: str) -> str:
    """A member's role and database."""
    return f"mediledger_{member.replace('-', '_')}"


def data_folder(home: Path) -> Path:
    """Where the data lies: below ``home``, but as root, where the account ``postgres`` reaches it.

    PostgreSQL refuses to run as root, and another account often may not enter the folders above ``home``.
    """
    if os.geteuid() != 0:
        return home / "services" / "postgres"
    return Path("/var/lib/mediledger") / hashlib.sha256(str(home).encode()).hexdigest()[:16]


def specs(data: Path, port: int, password: str) -> list[ProcessSpec]:
    """The job that makes the data folder, and the server."""
    programs_folder = programs.postgres_folder()
    settings = [argument for key, value in _SETTINGS.items() for argument in ("-c", f"{key}={value}")]
    init = ProcessSpec(
        JOB,
        (sys.executable, "-m", "mediledger.services.initdb", str(programs_folder / "initdb"), str(data)),
        PROJECT,
        env={"MEDILEDGER_POSTGRES_PASSWORD": password},
        run_once=True,
    )
    server = ProcessSpec(
        SERVER,
        (str(programs_folder / "postgres"), "-D", str(data), "-p", str(port), *settings),
        Path("/"),
        CommandReady((str(programs_folder / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port))),
        after=(JOB,),
        ports=(port,),
        user=ACCOUNT,
        # The fast shutdown: sessions end, nothing needs recovery.
        stop_signal="SIGINT",
        stop_seconds=20.0,
    )
    return [init, server]
