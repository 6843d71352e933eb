"""Signatures that this process has found right or has made itself, which need not be computed again.

A transaction's signatures are met several times on its way through one process that is peer, endorsers,
orderer and committers at once: what is byte for byte the same has the same answer.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Twice as many are kept at most: many more than are on their way from a proposal to a block.
REMEMBERED = 16_384
# An MSP's signature hash family SHA2 is SHA-256 whatever the curve (msp/identities.go).
PREHASHED = ec.ECDSA(Prehashed(hashes.SHA256()))

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class Remembered:
    """The newest signatures that were right, in two generations; the older is forgotten when one is full."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()

    def __contains__(self, token: bytes) -> bool:
        return token in self._young or token in self._old

    def add(self, token: bytes) -> None:
        """Remember a signature by its `token`."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, set()
        self._young.add(token)


RIGHT = Remembered()
"""Of all channels: what a key has signed does not depend on where it is asked."""


def fingerprint(key: PublicKey) -> bytes:
    """What stands for a public key in a `token`."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def token(of: bytes, digest: bytes, signature: bytes) -> bytes:
    """What stands for the signature of a message's SHA-256 by the key with the fingerprint ``of``."""
    return hashlib.sha256(of + digest + signature).digest()
