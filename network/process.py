"""What one operating-system process of a MediLedger system needs, told to whoever supervises it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class TcpReady:
    """Ready once a TCP connection to ``host:port`` is accepted."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class SocketReady:
    """Ready once a connection to the Unix socket at ``path`` is accepted."""

    path: Path


@dataclass(frozen=True)
class HttpReady:
    """Ready once ``GET url`` answers 200; plain HTTP on loopback only."""

    url: str


@dataclass(frozen=True)
class CommandReady:
    """Ready once ``argv`` exits 0; for servers whose protocol has a ping of its own."""

    argv: tuple[str, ...]


Ready = TcpReady | SocketReady | HttpReady | CommandReady


@dataclass(frozen=True)
class ProcessSpec:
    """One process, in the words of its supervisor.

    ``after`` names the specs that must be ready first. ``run_once`` marks a job: it counts as ready when it
    has exited 0, and is safe to run again at each start. ``ports`` and ``sockets``, paths of Unix sockets,
    are checked to be free before the first start. ``user`` is the account to run as when the supervisor is
    root (Postgres refuses root). ``stop_signal`` asks for a clean stop; ``stop_seconds`` later the process is
    killed. ``start_seconds`` bounds the wait for readiness.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    ready: Ready | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    run_once: bool = False
    ports: tuple[int, ...] = ()
    sockets: tuple[Path, ...] = ()
    user: str | None = None
    stop_signal: str = "SIGTERM"
    stop_seconds: float = 10.0
    start_seconds: float = 60.0
