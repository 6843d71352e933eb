"""Logging in."""

from __future__ import annotations

from gateway.accounts import passwords, store
from gateway.accounts.throttle import LoginThrottle
from gateway.core.auth import User
from gateway.core.errors import CredentialsInvalid
from gateway.core.state import Gateway

MAX_USERNAME = 100


async def log_in(core: Gateway, username: str, password: str, address: str) -> str:
    """An access token; CredentialsInvalid, LoginThrottled, or RedisError: who cannot be counted waits."""
    throttle = LoginThrottle(core.redis, core.settings.member)
    await throttle.attempt(username, address)
    found = await store.find(core.engine, username) if _plausible(username, password) else None
    role, stored = found or ("", None)
    if not await passwords.matches(stored, password[: passwords.MAX_LENGTH]):
        raise CredentialsInvalid
    await throttle.succeeded(username, address)
    return core.tokens.issue(User(username, role))


def _plausible(username: str, password: str) -> bool:
    """Whether a user of that name and password can exist at all."""
    return len(username) <= MAX_USERNAME and username.isprintable() and len(password) <= passwords.MAX_LENGTH
