"""A private PostgreSQL: on loopback, with passwords, durable."""

from __future__ import annotations

import os
import pwd
import secrets
import stat
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
    # Of a slow or failing statement, neither the values nor the row that it met.
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def name(member: str) -> str:
    """A member's role and database."""
    return f"mediledger_{member.replace('-', '_')}"


def data_folder(home: Path) -> Path:
    """Where the data lies: below ``home``, or where root's ``home`` is closed to the account ``postgres``.

    PostgreSQL refuses to run as root, and a home below a folder like ``/root`` cannot be entered by another
    account: the data is then in ``/var/lib/mediledger``. The choice is made once and kept in ``home``.
    """
    kept = home / "services" / "postgres.location"
    if kept.exists():
        return Path(kept.read_text())
    chosen = home / "services" / "postgres"
    if os.geteuid() == 0 and not _open_to_all(home):
        # A name that no earlier home had: its data has other passwords.
        chosen = Path("/var/lib/mediledger") / secrets.token_hex(8)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(str(chosen))
    return chosen


def account() -> pwd.struct_passwd | None:
    """The account that the server runs as, None for our own; ProgramMissing where root lacks it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise programs.ProgramMissing(
            f"the account {ACCOUNT}", "postgresql", "MEDILEDGER_DATABASE_URL"
        ) from None


def _open_to_all(home: Path) -> bool:
    """Whether any account may enter ``home``, as far as it exists; what is made in it will be open."""
    absolute = home.absolute()
    existing = [folder for folder in (absolute, *absolute.parents) if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing)


def specs(data: Path, port: int, password: str) -> list[ProcessSpec]:
    """The job that makes the data folder, and the server. Raises ProgramMissing."""
    account()
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
