"""A database, a broker and a bridge for each module's tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from gateway.migrations.upgrade import upgrade
from tests.support import services
from tests.support.bridges import Bench, BridgeProcess


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bridge")
    with services.postgres(folder) as database, services.mosquitto(folder) as broker:
        upgrade(database.url)
        made = Bench(database, broker, folder)
        made.container()
        yield made


@pytest.fixture(scope="module")
def bridge(bench: Bench) -> Iterator[BridgeProcess]:
    """One for a module's tests: they ask for what changed, and have devices of their own."""
    process = bench.bridge()
    process.start()
    try:
        process.ready()
        yield process
    finally:
        process.end()


@pytest.fixture
def device_id() -> str:
    return f"sensor-{uuid.uuid4().hex[:8]}"
