"""The job that makes each member's role and database: ``python -m mediledger.services.databases``.

The server's admin URL comes in ``MEDILEDGER_DATABASE_URL``, members and passwords as a JSON object in
``MEDILEDGER_MEMBERS``. Repeating it sets the passwords again and leaves the rest.
"""

from __future__ import annotations

import json
import os
import time

import psycopg
from psycopg import sql

from mediledger.services.postgres import name

CONNECT_SECONDS = 30.0


def main() -> None:
    """Make what is missing. A database can be entered by its owner alone."""
    members: dict[str, str] = json.loads(os.environ["MEDILEDGER_MEMBERS"])
    with _connect(os.environ["MEDILEDGER_DATABASE_URL"]) as connection:
        for member, password in members.items():
            _make(connection, name(member), password)


def _make(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    named = sql.Identifier(role)
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = sql.SQL("ALTER" if exists else "CREATE")
    # Hashed here: the server may log statements.
    secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, named, sql.Literal(secret)))
    # Only a member of a role may make it the owner of a database.
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(named))
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (role,)).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(named, named))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(named))


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


if __name__ == "__main__":
    main()
