"""The job that makes PostgreSQL's data folder, once: ``python -m mediledger.services.initdb INITDB DATA``.

Run by root, it hands the folder to the account that will run the server. The superuser's password comes in
``MEDILEDGER_POSTGRES_PASSWORD``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mediledger.services.postgres import account

# The superuser reaches every database; a member's role only the one of its name.
_ACCESS = """\
host all postgres 127.0.0.1/32 scram-sha-256
host sameuser all 127.0.0.1/32 scram-sha-256
"""


def main(initdb: str, data: Path) -> None:
    """Make the folder unless it is there; a half-made one is made anew."""
    if (data / "mediledger.ready").exists():
        return
    if data.exists():
        shutil.rmtree(data)
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o700)
    owner = account()
    with tempfile.NamedTemporaryFile("w", prefix="mediledger-") as password:
        password.write(os.environ["MEDILEDGER_POSTGRES_PASSWORD"])
        password.flush()
        if owner:
            os.chown(data, owner.pw_uid, owner.pw_gid)
            os.chown(password.name, owner.pw_uid, owner.pw_gid)
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
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            cwd="/",
            check=True,
            timeout=60,
        )
    (data / "pg_hba.conf").write_text(_ACCESS)
    # The mark goes in last: a folder without it was interrupted.
    (data / "mediledger.ready").touch()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
