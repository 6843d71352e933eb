"""What is made of a message before it is signed: what a signer is given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

Hash = Callable[[bytes], bytes]
"""A message's digest. A peer's MSP checks SHA-256 unless its configuration names another."""


def none(message: bytes) -> bytes:
    """The message itself, for a signer that hashes for itself, as Ed25519 does."""
    return message


def sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def sha384(message: bytes) -> bytes:
    return hashlib.sha384(message).digest()


def sha3_256(message: bytes) -> bytes:
    return hashlib.sha3_256(message).digest()


def sha3_384(message: bytes) -> bytes:
    return hashlib.sha3_384(message).digest()
