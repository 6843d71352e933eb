"""Logging in, on real Postgres and Redis."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.accounts import passwords, store, throttle
from gateway.core.state import Gateway
from tests.integration.gateway.conftest import PASSWORD


async def log_in(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    form = {"username": username, "password": password, "grant_type": "password"}
    return await client.post("/auth/token", data=form, headers={"Authorization": ""})


async def test_a_token_opens_the_api(client: httpx.AsyncClient, olga: str) -> None:
    answer = await log_in(client, olga, PASSWORD)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert token["token_type"] == "bearer"
    me = await client.get("/auth/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.json()["username"] == olga
    assert me.json()["role"] == "operator"


@pytest.mark.parametrize(
    ("username", "password"),
    [("olga", "a wrong one"), ("nobody", PASSWORD), ("ol\x00ga", PASSWORD), ("olga", PASSWORD + "x" * 300)],
)
async def test_wrong_credentials(client: httpx.AsyncClient, olga: str, username: str, password: str) -> None:
    answer = await log_in(client, username, password)
    assert answer.status_code == 401
    assert answer.json()["code"] == "credentials_invalid"
    assert password not in answer.text


async def test_an_unknown_user_costs_as_much_as_a_known_one(
    client: httpx.AsyncClient, olga: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = passwords._verified

    def verified(stored: str, password: str) -> bool:
        checked.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "_verified", verified)
    await log_in(client, "nobody", PASSWORD)
    await log_in(client, olga, "wrong")
    assert len(checked) == 2
    parameters = [stored.rpartition("$")[0].rpartition("$")[0] for stored in checked]
    assert parameters[0] == parameters[1]
    assert parameters[0].startswith("$argon2id$")


async def test_too_many_attempts(
    client: httpx.AsyncClient, olga: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_USER_AND_ADDRESS", 2)
    for _ in range(2):
        assert (await log_in(client, olga, "wrong")).status_code == 401
    answer = await log_in(client, olga, PASSWORD)
    assert answer.status_code == 429
    assert answer.json()["code"] == "login_throttled"
    assert 0 < int(answer.headers["retry-after"]) <= throttle.WINDOW_SECONDS


async def test_a_success_forgives(
    client: httpx.AsyncClient, olga: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_USER_AND_ADDRESS", 2)
    for _ in range(3):
        assert (await log_in(client, olga, "wrong")).status_code == 401
        assert (await log_in(client, olga, PASSWORD)).status_code == 200


async def test_counters_end(client: httpx.AsyncClient, olga: str, gateway: Gateway) -> None:
    await log_in(client, olga, "wrong")
    await log_in(client, olga, PASSWORD)
    keys = [key async for key in gateway.redis.scan_iter(f"mediledger:{gateway.settings.member}:*")]
    assert keys
    for key in keys:
        assert await gateway.redis.ttl(key) > 0
        assert b"olga" not in key


async def test_nobody_logs_in_where_attempts_cannot_be_counted(
    app: FastAPI, client: httpx.AsyncClient, olga: str, gateway: Gateway
) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    object.__setattr__(gateway, "redis", away)
    answer = await log_in(client, olga, PASSWORD)
    await away.aclose()
    assert answer.status_code == 503
    assert answer.json()["code"] == "cache_unavailable"


async def test_the_command_adds_a_user_and_renews_it(
    engine: AsyncEngine, database_url: str, client: httpx.AsyncClient
) -> None:
    environment = {**os.environ, "MEDILEDGER_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "gateway.accounts", "add", "--user", "otto", "--role"]
    for role, password in (("auditor", "first password!"), ("dispenser", "second password")):
        done = await asyncio.to_thread(
            subprocess.run,
            [*command, role],
            input=password + "\n",
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert password not in done.stdout + done.stderr
        assert (await log_in(client, "otto", password)).status_code == 200
        found = await store.find(engine, "otto")
        assert found is not None
        assert found[0] == role
    assert (await log_in(client, "otto", "first password!")).status_code == 401


def test_the_command_refuses_a_short_password(database_url: str) -> None:
    environment = {
        **os.environ,
        "MEDILEDGER_DATABASE_URL": database_url,
        "MEDILEDGER_PASSWORD": "short",
    }
    command = [sys.executable, "-m", "gateway.accounts", "add", "--user", "otto", "--role", "admin"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "user not added: a password has 12 to 256 characters\n"
