"""Bringing a member's database to the schema of this code."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

LOCK = 0x4D4C_4D47
CONNECT_SECONDS = 30.0
FOLDER = Path(__file__).parent


def engine(database_url: str) -> sa.Engine:
    """A synchronous engine for a ``postgresql://`` URL."""
    return sa.create_engine(sa.make_url(database_url).set(drivername="postgresql+psycopg"))


def configuration(connection: sa.Connection) -> Config:
    """Alembic's settings for a connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(database_url: str) -> None:
    """Upgrade to the newest revision; processes that start at the same time wait for each other.

    The database may still be starting: it is waited for, ``CONNECT_SECONDS`` at most.
    """
    made = engine(database_url)
    try:
        with _connect(made) as connection, connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            command.upgrade(configuration(connection), "head")
    finally:
        made.dispose()


def _connect(made: sa.Engine) -> sa.Connection:
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            return made.connect()
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
