"""The private services: who gets in, where, and what a restart keeps."""

from __future__ import annotations

import os
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
import redis

from mediledger import services as local
from mediledger.services.postgres import data_folder
from mediledger.services.programs import ProgramMissing
from network.topology import ServicePorts
from tests.support import services
from tests.support.ports import free_port

MEMBERS = ("manufacturer", "distributor")


def planned(home: Path, environ: dict[str, str]) -> local.Services:
    return local.plan(home, ServicePorts(*(free_port() for _ in range(3))), MEMBERS, environ)


def refusal(url: str) -> str:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(url, connect_timeout=5)
    return str(caught.value)


def test_a_member_reaches_its_own_database_alone(tmp_path: Path) -> None:
    with services.postgres(tmp_path) as postgres:
        plan = planned(
            tmp_path, {"MEDILEDGER_DATABASE_URL": postgres.url, "MEDILEDGER_REDIS_URL": "redis://elsewhere"}
        )
        job = services.Service([plan.specs[-1]], tmp_path / "log", "")
        job.run_jobs()
        job.run_jobs()
        mine, other = (plan.database_url(member) for member in MEMBERS)
        with psycopg.connect(mine) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        for foreign in ("postgres", "template1", "mediledger_distributor"):
            assert "no pg_hba.conf entry" in refusal(f"{mine.rpartition('/')[0]}/{foreign}")
        assert "password authentication failed" in refusal(
            other.replace(plan.member_passwords["distributor"], "guessed")
        )
        postgres.kill()
        postgres.start()
        with psycopg.connect(mine) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_operators_urls_are_used_and_nothing_is_started(tmp_path: Path) -> None:
    environ = {
        "MEDILEDGER_DATABASE_URL": "postgresql://boss:pw@db.example:5432/postgres",
        "MEDILEDGER_REDIS_URL": "redis://cache.example",
        "MEDILEDGER_MQTT_URL": "mqtt://boss:pw@broker.example",
    }
    plan = planned(tmp_path, environ)
    assert [spec.name for spec in plan.specs] == ["databases"]
    password = plan.member_passwords["manufacturer"]
    assert (
        plan.database_url("manufacturer")
        == f"postgresql://mediledger_manufacturer:{password}@db.example:5432/mediledger_manufacturer"
    )
    assert (plan.redis_url, plan.mqtt_url) == (
        environ["MEDILEDGER_REDIS_URL"],
        environ["MEDILEDGER_MQTT_URL"],
    )


def test_secrets_are_made_once_for_the_owners_eyes(tmp_path: Path) -> None:
    first, second = planned(tmp_path, {}), planned(tmp_path, {})
    assert first.member_passwords == second.member_passwords
    kept = tmp_path / "services" / "secrets.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "services" / "mosquitto" / "dynamic-security.json").stat().st_mode & 0o777 == 0o600


def test_a_missing_program_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(ProgramMissing, match="install package redis-server, or set MEDILEDGER_REDIS_URL"):
        planned(tmp_path, {"MEDILEDGER_DATABASE_URL": "postgresql://boss@db.example/postgres"})


def test_data_lies_in_a_home_that_its_account_can_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    chosen = data_folder(closed)
    inside = chosen == closed / "services" / "postgres"
    assert inside == (os.geteuid() != 0)
    assert data_folder(closed) == chosen


def test_redis_asks_for_its_password(tmp_path: Path) -> None:
    with services.redis(tmp_path) as server:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        with (
            redis.Redis.from_url(server.url.replace(services.PASSWORD, "guessed")) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


@pytest.mark.parametrize(("user", "password"), [("admin", "guessed"), (None, None)])
def test_the_broker_refuses_strangers(tmp_path: Path, user: str | None, password: str | None) -> None:
    with services.mosquitto(tmp_path) as server:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.username_pw_set(user, password)
        reasons: list[str] = []
        client.on_connect = lambda *arguments: reasons.append(str(arguments[3]))
        client.connect("127.0.0.1", int(server.url.rpartition(":")[2]))
        while not reasons:
            client.loop(0.1)
        assert reasons == ["Not authorized"]
