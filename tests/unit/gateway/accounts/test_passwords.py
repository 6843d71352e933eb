from __future__ import annotations

import asyncio

import pytest

from gateway.accounts import passwords


async def test_a_password_matches_its_own_hash() -> None:
    stored = await asyncio.to_thread(passwords.hashed, "correct horse")
    assert stored.startswith("$argon2id$")
    assert await passwords.matches(stored, "correct horse")
    assert not await passwords.matches(stored, "wrong horse")


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$broken"])
async def test_nothing_matches_no_hash(stored: str | None) -> None:
    assert not await passwords.matches(stored, "any password")
