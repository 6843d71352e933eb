"""Databases of their own on a test's server."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

import psycopg

from tests.support import services


@contextlib.contextmanager
def database(server: services.Service, template: str = "template1") -> Iterator[str]:
    """The URL of a new database like ``template``, gone at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield url(server, name)
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def execute(server: services.Service, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def url(server: services.Service, name: str) -> str:
    return server.url.rsplit("/", 1)[0] + f"/{name}"
