"""Password hashes: argon2id with the library's current parameters (RFC 9106, section 4, second choice)."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 256
# A hash takes 64 MiB and a core for a while: no more than these at once, whoever knocks.
CONCURRENT = 2

_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(CONCURRENT, "password")
# What an unknown user's password is checked against, so that it takes as long as a known one's.
_DECOY = _hasher.hash(secrets.token_urlsafe())


def hashed(password: str) -> str:
    """The hash to store; it holds its own salt and parameters."""
    return _hasher.hash(password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is that of the hash ``stored``; False, just as slowly, where that is None."""
    loop = asyncio.get_running_loop()
    known = _DECOY if stored is None else stored
    verified = await loop.run_in_executor(_threads, _verified, known, password)
    return verified and stored is not None


def _verified(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
