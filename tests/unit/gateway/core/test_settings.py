from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.core.settings import Settings

GOOD = {
    "MEDILEDGER_MEMBER": "alpine",
    "MEDILEDGER_GLN": "9521234000013",
    "MEDILEDGER_PROFILE": "/profiles/alpine.gateway.json",
    "MEDILEDGER_DATABASE_URL": "postgresql://a:secretword@127.0.0.1/a",
    "MEDILEDGER_REDIS_URL": "redis://:secretword@127.0.0.1/0",
    "MEDILEDGER_MQTT_URL": "mqtt://admin:secretword@127.0.0.1:1883",
    "MEDILEDGER_TOKEN_SECRET": "secretword" * 4,
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDILEDGER_HTTP_PORT", "17030")
    settings = Settings()
    assert settings.profile == Path("/profiles/alpine.gateway.json")
    assert settings.http_port == 17030
    assert settings.http_host == "127.0.0.1"


def test_no_secret_is_shown() -> None:
    assert "secretword" not in repr(Settings())


@pytest.mark.parametrize(
    ("name", "value"),
    [("GLN", "123"), ("TOKEN_SECRET", "short"), ("HTTP_PORT", "0"), ("TOKEN_SECONDS", "999999")],
)
def test_bad_settings(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MEDILEDGER_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
