"""A gateway on real Postgres and Redis, before devnet, whose faults are switched on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.accounts import store
from gateway.accounts.passwords import hashed
from gateway.app import create_app
from gateway.core import database
from gateway.core.auth import Tokens, User
from gateway.core.ledger import Ledger
from gateway.core.settings import Settings
from gateway.core.state import Gateway
from gateway.core.submissions import Submissions
from gateway.fabric import connect, outcomes
from gateway.migrations.upgrade import upgrade
from network import ledger
from tests.integration.chaincode.conftest import Ledger as LedgerProcesses
from tests.integration.gateway import desk as desks
from tests.integration.gateway.desk import GLN, Desk
from tests.support import services

PASSWORD = "correct horse battery"


@pytest.fixture(scope="package")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.postgres(tmp_path_factory.mktemp("postgres")) as service:
        yield service.url


@pytest.fixture(scope="package")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.redis(tmp_path_factory.mktemp("redis")) as service:
        yield service.url


@pytest.fixture(scope="package")
def mqtt_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.mosquitto(tmp_path_factory.mktemp("mosquitto")) as service:
        yield service.url


@pytest.fixture(scope="package")
def migrated(postgres: str) -> str:
    """The URL of a database with every table, as the migrations make them."""
    upgrade(postgres)
    return postgres


@pytest.fixture
def database_url(migrated: str) -> str:
    """The same, its tables empty."""
    engine = sa.create_engine(sa.make_url(migrated).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        names = sa.inspect(connection).get_table_names()
        listed = ", ".join(f'"{name}"' for name in names if name != "alembic_version")
        connection.execute(sa.text(f"TRUNCATE {listed}"))
    engine.dispose()
    return migrated


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        member=f"alpine-{uuid.uuid4().hex[:8]}",
        gln=GLN,
        profile=tmp_path / "none.json",
        database_url=database_url,
        redis_url=redis_url,
        mqtt_url="mqtt://admin:secret@127.0.0.1:1",
        token_secret="t" * 40,
    )


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    made = database.engine(settings)
    yield made
    await made.dispose()


@pytest.fixture(scope="package")
def ledger_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerProcesses]:
    running = desks.started(tmp_path_factory.mktemp("devnet"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
async def desk(ledger_processes: LedgerProcesses, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(outcomes, "PAUSE_SECONDS", 0.0)
    # What got lost on devnet is lost: waiting longer for it changes nothing.
    monkeypatch.setattr(outcomes, "UNCLEAR_SECONDS", 0.3)
    # Who disagrees on devnet is told to: it does not lag, and agrees no later.
    monkeypatch.setattr(outcomes, "AGREE_SECONDS", 0.3)
    profile = ledger.member_profile(ledger_processes.home, ledger_processes.topology.organizations[0])
    async with connect(profile) as connection:
        network = connection.network(profile.channel)
        made = Desk(ledger_processes, network, await network.height())
        await made.control.clear()
        yield made
        await made.control.clear()


@pytest.fixture
async def gateway(settings: Settings, engine: AsyncEngine, desk: Desk) -> AsyncIterator[Gateway]:
    member = Ledger(desk.network, 8, 8)
    submissions = Submissions(engine, member, 5.0, timedelta(days=1))
    redis = Redis.from_url(settings.redis_url.get_secret_value())
    yield Gateway(settings, engine, redis, member, submissions, Tokens.of(settings))
    await submissions.close()
    await redis.aclose()


@pytest.fixture
def app(settings: Settings, gateway: Gateway) -> FastAPI:
    made = create_app(settings)
    made.state.gateway = gateway
    return made


@pytest.fixture
async def client(app: FastAPI, gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """Logged in as an operator."""
    token = gateway.tokens.issue(User("olga", "operator"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://gateway/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    ) as made:
        yield made


@pytest.fixture
async def olga(engine: AsyncEngine) -> str:
    """A user with ``PASSWORD``; the name."""
    await store.put(engine, "olga", "operator", await asyncio.to_thread(hashed, PASSWORD))
    return "olga"
