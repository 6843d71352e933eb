from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest

from gateway.migrations.upgrade import upgrade
from gateway.mirror.reader import parsed
from gateway.mirror.writer import Writer
from tests.support import databases, services
from tests.support.chain import Chain, Tx, written

Fill = Callable[..., Awaitable[None]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    """One server for these tests, with a database to copy."""
    with services.postgres(tmp_path_factory.mktemp("analytics")) as service:
        databases.execute(service, "CREATE DATABASE template_analytics")
        upgrade(databases.url(service, "template_analytics"))
        yield service


@pytest.fixture
def database(server: services.Service) -> Iterator[str]:
    """The URL of an empty mirror."""
    with databases.database(server, "template_analytics") as url:
        yield url


@pytest.fixture
def fill(database: str) -> Fill:
    """Mirrors documents, all written by one block."""

    async def write(*documents: dict[str, Any]) -> None:
        chain = Chain()
        chain.add(Tx("t", written(*documents)))
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            await Writer("medicines").write(connection, None, [parsed(block) for block in chain.blocks])

    return write
