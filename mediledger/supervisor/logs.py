"""One bounded log file per process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_BYTES = 20 * 1024 * 1024


class LogFile:
    """A process's log; past ``MAX_BYTES`` its content moves to ``<name>.log.1`` and it starts anew.

    The child keeps its descriptor, opened for append, so the file is copied and cut instead of renamed.
    """

    def __init__(self, directory: Path, name: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"{name}.log"

    def open(self) -> int:
        """A descriptor for the child's stdout and stderr; the caller closes it."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def trim(self) -> None:
        """Bound the file; called by the supervisor now and then."""
        if self.path.exists() and self.path.stat().st_size > MAX_BYTES:
            shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
            with self.path.open("r+b") as handle:
                handle.truncate(0)
