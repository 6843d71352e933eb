"""What the bridge is told by its environment, each setting with the prefix ``MEDILEDGER_``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One member's bridge. Times are seconds.

    ``bridge_idle_seconds`` belongs above the sensors' interval in service, or each reading gets an anchor of
    its own; the default suits a replay. ``bridge_oldest_seconds`` of 0 takes readings of any age.
    """

    model_config = SettingsConfigDict(env_prefix="MEDILEDGER_", extra="ignore")

    member: str = Field(min_length=1, description="the organisation's name in the topology")
    gln: str = Field(pattern="^[0-9]{13}$", description="the party whose devices are served")
    profile: Path = Field(description="connection profile of the bridge's identity")
    channel: str = "medicines"
    database_url: SecretStr
    mqtt_url: SecretStr
    health_port: int = Field(default=0, ge=0, le=65535)
    log_level: str = "INFO"
    bridge_window_seconds: int = Field(default=300, ge=1, le=86_400)
    bridge_idle_seconds: float = Field(default=5.0, gt=0)
    bridge_grace_seconds: float = Field(
        default=10.0, ge=0, description="how long a device may be unknown before its readings are refused"
    )
    bridge_oldest_seconds: int = Field(default=0, ge=0)
    bridge_dead_letter_days: int = Field(default=30, ge=1)
