"""What the mirror's processes are told by their environment."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """``MEDILEDGER_PROFILE``, ``_DATABASE_URL``, ``_CHANNEL``, ``_HEALTH_PORT``, ``_LOG_LEVEL``."""

    model_config = SettingsConfigDict(env_prefix="MEDILEDGER_")

    profile: Path
    database_url: str
    channel: str = "medicines"
    health_port: int = 0
    log_level: str = "INFO"
