"""The gateway's settings, each from an environment variable with the prefix ``MEDILEDGER_``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class DatabaseSettings(BaseSettings):
    """What a command needs that works on the database alone."""

    model_config = SettingsConfigDict(env_prefix="MEDILEDGER_", extra="ignore")

    database_url: SecretStr = Field(description="postgresql://user:password@host:port/database")
    database_connections: int = Field(default=10, ge=2, le=200)
    log_level: str = "INFO"


class Settings(DatabaseSettings):
    """One member's gateway. Times are seconds, sizes bytes."""

    member: str = Field(min_length=1, description="the organisation's name in the topology")
    gln: str = Field(pattern="^[0-9]{13}$", description="the party that this gateway acts for")
    profile: Path = Field(description="connection profile of the gateway's identity")
    channel: str = "medicines"
    redis_url: SecretStr
    mqtt_url: SecretStr = Field(description="mqtt://user:password@host:port, an administrator of the broker")
    # RFC 7518, section 3.2: an HS256 key has at least the 256 bits of its hash.
    token_secret: SecretStr = Field(min_length=32)
    token_seconds: int = Field(default=900, ge=60, le=3600)
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=1, le=65535)
    body_bytes: int = Field(default=2 * MIB, ge=1024)
    request_seconds: float = Field(default=45.0, gt=0)
    # Within the request's time, so that an open outcome is told as such.
    submission_seconds: float = Field(default=40.0, gt=0)
    connections: int = Field(default=500, ge=10, description="requests served at once; more get 503")
    ledger_calls: int = Field(default=64, ge=1, description="calls to the ledger at once, each way")
    ledger_waiting: int = Field(default=256, ge=0, description="calls that may wait for one of these")
    submission_days: int = Field(default=7, ge=1, description="how long a settled answer is kept")
