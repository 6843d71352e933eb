"""Unix domain sockets: two ends on one machine, and a file whose permissions say who may connect."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

# What an address begins with that names a socket's path and not host:port, as in gRPC's names.
SCHEME = "unix:"


def path_in(address: str) -> Path | None:
    """The path in ``unix:PATH``; None for ``host:port``."""
    return Path(address.removeprefix(SCHEME)) if address.startswith(SCHEME) else None


def listening(path: Path, backlog: int) -> socket.socket:
    """A listening socket that only its owner can reach; a former one's file is removed. OSError."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode counts from the moment at which the file is there.
    before = os.umask(0o177)
    try:
        with _short(path) as short:
            made.bind(short)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    made.listen(backlog)
    made.setblocking(False)
    return made


def connected(path: Path) -> socket.socket:
    """A connection, made at once; OSError where nobody listens, BlockingIOError where too many wait."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        with _short(path) as short:
            made.connect(short)
    except OSError:
        made.close()
        raise
    return made


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path in few enough bytes: an address holds about a hundred, folders are often longer."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(descriptors / str(descriptor) / path.name)
    finally:
        os.close(descriptor)
