"""What was purged leaves no bytes behind in the ledger's files.

LMDB frees the pages of what is deleted, and their bytes stay until the pages are used again. After a purge
the folder is marked; when the ledger is opened next, its files are made anew out of what is kept.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import lmdb

log = logging.getLogger(__name__)

_MARK = "purged"
_COPY = "rewritten"
_DATA = "data.mdb"


def mark(folder: Path) -> None:
    """Have the environments in ``folder`` and its ``transient`` rewritten before they are opened again."""
    marked = folder / _MARK
    if not marked.exists():
        marked.touch()
        _sync(folder)


def rewrite_if_marked(folder: Path, map_bytes: int, max_databases: int) -> None:
    """Rewrite what was marked; nobody may have it open.

    Where that fails, as on a full disk, the mark stays and the log says so.
    """
    marked = folder / _MARK
    if not marked.exists():
        return
    log.info("private data was purged: rewriting the ledger's files")
    try:
        for one in (folder, folder / "transient"):
            if (one / _DATA).exists():
                _rewrite(one, map_bytes, max_databases)
        marked.unlink()
        _sync(folder)
    except (OSError, lmdb.Error) as error:
        log.warning("purged private data may still be on free pages of the ledger's files: %s", error)


def _rewrite(folder: Path, map_bytes: int, max_databases: int) -> None:
    """A copy without free pages takes the file's place, at once: a kill leaves the one or the other."""
    target = folder / _COPY
    target.mkdir(exist_ok=True)
    copy = target / _DATA
    copy.unlink(missing_ok=True)
    with lmdb.open(str(folder), map_size=map_bytes, max_dbs=max_databases) as environment:
        environment.copy(str(target), compact=True)
    _sync(copy)
    # Readers' places of the file that goes; whoever reads it still has both.
    (folder / "lock.mdb").unlink(missing_ok=True)
    copy.replace(folder / _DATA)
    _sync(folder)
    for left in target.iterdir():
        left.unlink()
    target.rmdir()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
