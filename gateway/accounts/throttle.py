"""How often somebody may try to log in. Where it cannot be counted, nobody logs in."""

from __future__ import annotations

import hashlib

from redis.asyncio import Redis

from gateway.core.errors import LoginThrottled

WINDOW_SECONDS = 300
PER_USER_AND_ADDRESS = 10
PER_ADDRESS = 60
PER_USER = 100


class LoginThrottle:
    """Counts attempts per user, per address, and per both, in windows of five minutes.

    An attempt is counted before the password is looked at, so that many at once are counted too; one that
    succeeds is taken back. Every method may raise RedisError.
    """

    def __init__(self, redis: Redis, member: str) -> None:
        self._redis = redis
        self._prefix = f"mediledger:{member}:login"

    async def attempt(self, username: str, address: str) -> None:
        """Count an attempt; LoginThrottled where there were too many."""
        keys = self._keys(username, address)
        async with self._redis.pipeline(transaction=True) as pipeline:
            for key in keys:
                pipeline.incr(key)
                pipeline.expire(key, WINDOW_SECONDS, nx=True)
                pipeline.ttl(key)
            answers = await pipeline.execute()
        counts, left = answers[0::3], answers[2::3]
        waits = [
            wait for (count, wait, limit) in zip(counts, left, keys.values(), strict=True) if count > limit
        ]
        if waits:
            seconds = max(1, *waits)
            raise LoginThrottled(f"try again in {seconds} s", headers={"Retry-After": str(seconds)})

    async def succeeded(self, username: str, address: str) -> None:
        """Take an attempt back; the pair's failures before it are forgiven."""
        both, of_address, of_user = self._keys(username, address)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(both)
            pipeline.decr(of_address)
            pipeline.decr(of_user)
            # A window that ended meanwhile leaves a counter without an end.
            for key in (of_address, of_user):
                pipeline.expire(key, WINDOW_SECONDS, nx=True)
            await pipeline.execute()

    def _keys(self, username: str, address: str) -> dict[str, int]:
        """Keys and their limits; user names are hashed, since whatever was typed there may be a password."""
        user = hashlib.sha256(username.encode()).hexdigest()[:32]
        return {
            f"{self._prefix}:both:{user}:{address}": PER_USER_AND_ADDRESS,
            f"{self._prefix}:address:{address}": PER_ADDRESS,
            f"{self._prefix}:user:{user}": PER_USER,
        }
