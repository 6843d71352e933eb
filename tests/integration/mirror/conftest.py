"""A real Postgres with a member's tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest

from gateway.migrations.upgrade import upgrade
from tests.support import databases, services


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    """One server for these tests."""
    with services.postgres(tmp_path_factory.mktemp("mirror")) as service:
        yield service


@pytest.fixture(scope="session")
def template(server: services.Service) -> str:
    """The name of a database with the tables, to copy."""
    databases.execute(server, "CREATE DATABASE template_mirror")
    upgrade(databases.url(server, "template_mirror"))
    return "template_mirror"


@pytest.fixture
def empty_database(server: services.Service) -> Iterator[str]:
    """The URL of a new database without tables."""
    with databases.database(server) as url:
        yield url


@pytest.fixture
def database(server: services.Service, template: str) -> Iterator[str]:
    """The URL of a new database with the tables."""
    with databases.database(server, template) as url:
        yield url


@pytest.fixture
async def connection(database: str) -> AsyncIterator[psycopg.AsyncConnection[tuple[Any, ...]]]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as made:
        yield made
