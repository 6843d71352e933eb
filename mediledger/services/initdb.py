"""The job that makes PostgreSQL's data folder, once: ``python -m mediledger.services.initdb INITDB DATA``.

Run by root, it hands the folder to the account that will run the server. The superuser's password comes in
``MEDILEDGER_POSTGRES_PASSWORD``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mediledger.services.postgres import ACCOUNT


def main(initdb: str, data: Path) -> None:
    """Make the folder unless it is there; a half-made one is made anew."""
    if (data / "mediledger.ready").exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o700)
    account = pwd.getpwnam(ACCOUNT) if os.geteuid() == 0 else None
    with tempfile.NamedTemporaryFile("w", prefix="mediledger-") as password:
        password.write(os.environ["MEDILEDGER_POSTGRES_PASSWORD"])
        password.flush()
        if account:
            os.chown(data, account.pw_uid, account.pw_gid)
            os.chown(password.name, account.pw_uid, account.pw_gid)
        subprocess.run(  # noqa: S603 - the machine's own initdb, no shell
            [
                initdb,
                f"--pgdata={data}",
                "--username=postgres",
                f"--pwfile={password.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
            ],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            check=True,
            timeout=60,
        )
    # The mark goes in last: a folder without it was interrupted.
    (data / "mediledger.ready").touch()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
