"""A real Postgres with a member's tables."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest

from gateway.migrations.upgrade import upgrade
from tests.support import services


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    """One server for these tests."""
    with services.postgres(tmp_path_factory.mktemp("mirror")) as service:
        yield service


@pytest.fixture(scope="session")
def template(server: services.Service) -> str:
    """The name of a database with the tables, to copy."""
    _execute(server, "CREATE DATABASE template_mirror")
    upgrade(_url(server, "template_mirror"))
    return "template_mirror"


@pytest.fixture
def empty_database(server: services.Service) -> Iterator[str]:
    """The URL of a new database without tables."""
    with _database(server, "template1") as url:
        yield url


@pytest.fixture
def database(server: services.Service, template: str) -> Iterator[str]:
    """The URL of a new database with the tables."""
    with _database(server, template) as url:
        yield url


@pytest.fixture
async def connection(database: str) -> AsyncIterator[psycopg.AsyncConnection[tuple[Any, ...]]]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as made:
        yield made


@contextlib.contextmanager
def _database(server: services.Service, template: str) -> Iterator[str]:
    name = f"mirror_{uuid.uuid4().hex[:8]}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _url(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: services.Service, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def _url(server: services.Service, name: str) -> str:
    return server.url.rsplit("/", 1)[0] + f"/{name}"
