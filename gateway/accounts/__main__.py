"""``python -m gateway.accounts add --user NAME --role ROLE``: add a user, or renew its role and password.

The password comes from MEDILEDGER_PASSWORD, else from standard input; never from the command line, which
every process of the machine can read.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from chaincode.model.errors import MediLedgerError
from gateway.accounts import store
from gateway.accounts.passwords import MAX_LENGTH, MIN_LENGTH, hashed
from gateway.accounts.service import MAX_USERNAME
from gateway.core import database, logs
from gateway.core.auth import ROLES
from gateway.core.settings import DatabaseSettings


class AccountError(MediLedgerError):
    """A user that cannot be added; the message says why."""


def main(argv: list[str] | None = None) -> int:
    """The command; 0, or 1 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m gateway.accounts", description="Users of the API.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a user, or renew its role and password")
    add.add_argument("--user", required=True)
    add.add_argument("--role", required=True, choices=sorted(ROLES))
    arguments = parser.parse_args(argv)
    settings = DatabaseSettings()
    logs.configure(settings.log_level)
    try:
        asyncio.run(_add(settings, arguments.user, arguments.role, _password()))
    except (MediLedgerError, SQLAlchemyError) as error:
        sys.stderr.write(f"user not added: {str(error).splitlines()[0]}\n")
        return 1
    sys.stdout.write(f"user {arguments.user}: {arguments.role}\n")
    return 0


async def _add(settings: DatabaseSettings, username: str, role: str, password: str) -> None:
    if not 1 <= len(username) <= MAX_USERNAME or not username.isprintable():
        raise AccountError(f"a user name has 1 to {MAX_USERNAME} printable characters")
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise AccountError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    engine = database.engine(settings)
    try:
        await store.put(engine, username, role, hashed(password))
    finally:
        await engine.dispose()


def _password() -> str:
    given = os.environ.get("MEDILEDGER_PASSWORD")
    if given is not None:
        return given
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")


if __name__ == "__main__":
    sys.exit(main())
