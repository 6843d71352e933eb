"""A server's Unix socket: whoever may enter its folder may connect, so that is the owner alone."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

from http2 import unix_socket

BACKLOG = 100


class SocketFile:
    """A listening socket, one server's at a time.

    A lock on a file beside it tells a server that runs from one that was killed and left its socket's file:
    the lock ends with its process, however that ends.
    """

    def __init__(self, path: Path) -> None:
        """Listen at the path, in a folder that is made where it is missing.

        Raises OSError where another server listens there, or the folder is not closed to others.
        """
        self._path = path
        _close_to_others(path.parent)
        self._lock = _locked(path)
        try:
            self.socket = unix_socket.listening(path, BACKLOG)
        except OSError:
            os.close(self._lock)
            raise

    def remove(self) -> None:
        """Leave the path to another server."""
        self._path.unlink(missing_ok=True)
        os.close(self._lock)


def _close_to_others(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        raise PermissionError(
            errno.EPERM, f"others may enter it, mode {mode:03o} in place of 700", str(folder)
        )


def _locked(path: Path) -> int:
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), str(path)) from None
    return descriptor
