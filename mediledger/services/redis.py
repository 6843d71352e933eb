"""A private Redis: on loopback, with a password, bounded. It holds nothing that exists nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

from mediledger.services import programs
from network.process import ProcessSpec, TcpReady

MAX_MEMORY = "128mb"


def spec(folder: Path, port: int, password: str) -> ProcessSpec:
    """The server; its settings are written to ``folder``, since arguments can be seen by everybody."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "redis.conf"
    descriptor = os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nprotected-mode yes\n"
            f'save ""\nappendonly no\nmaxmemory {MAX_MEMORY}\nmaxmemory-policy volatile-ttl\ndir {folder}\n'
        )
    return ProcessSpec(
        "redis",
        (programs.find("redis-server", "redis-server", "MEDILEDGER_REDIS_URL"), str(settings)),
        folder,
        TcpReady(port),
        ports=(port,),
    )
