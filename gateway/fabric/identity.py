"""Who a client is on the network, and how it signs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes as algorithms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from fabric_protos.msp import identities_pb2

from gateway.fabric import hashes
from gateway.fabric.errors import FabricError
from gateway.fabric.hashes import Hash

# The order of each curve's base point (FIPS 186-4, D.1.2.3 and D.1.2.4).
_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
    ),
}
# ECDSA looks at a digest's length alone: which hash made it is the caller's affair.
_BY_LENGTH = {32: Prehashed(algorithms.SHA256()), 48: Prehashed(algorithms.SHA384())}

Signer = Callable[[bytes], bytes | Awaitable[bytes]]
"""Signs a digest: bytes in, Fabric's signature out, at once or awaited."""


class KeyNotSupported(FabricError):
    """A private key that cannot be read, or of a sort that Fabric's MSP does not take."""


@dataclass(frozen=True)
class Identity:
    """An MSP id and a certificate (PEM); ``serialized`` is what Fabric calls the creator."""

    msp_id: str
    certificate: bytes
    serialized: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        creator = identities_pb2.SerializedIdentity(mspid=self.msp_id, id_bytes=self.certificate)
        object.__setattr__(self, "serialized", creator.SerializeToString())


@dataclass(frozen=True)
class KeySigner:
    """Signs with a private key in memory.

    Attributes:
        hash: what makes the digest that it is to be given, unless the client is told another.
    """

    hash: Hash
    _sign: Callable[[bytes], bytes] = field(repr=False)

    def __call__(self, digest: bytes) -> bytes:
        """The signature; ValueError for a digest of a length that no known hash has."""
        return self._sign(digest)


def signer_from_pem(key: bytes, passphrase: bytes | None = None) -> KeySigner:
    """A signer for a private key in PEM: P-256, P-384 (both with SHA-256 unless told another) or Ed25519.

    ``passphrase`` is of an encrypted key only. Raises KeyNotSupported for another sort of key, for PEM that
    holds no key, and for a passphrase that is missing, wrong or too many.
    """
    try:
        private = serialization.load_pem_private_key(key, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyNotSupported("the private key is not in PEM, or its passphrase is another") from error
    if isinstance(private, ed25519.Ed25519PrivateKey):
        # Over the message itself: Ed25519 hashes for itself (RFC 8032, section 5.1.6).
        return KeySigner(hashes.none, private.sign)
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _ORDERS:
        # An MSP's hash family SHA2 means SHA-256 on every curve: a peer refuses P-384 with SHA-384.
        return KeySigner(hashes.sha256, _ecdsa(private))
    raise KeyNotSupported("the private key is none of P-256, P-384 and Ed25519")


def low_s(r: int, s: int, curve: str) -> bytes:
    """An ECDSA signature in DER with the lower of the two valid values of ``s``.

    Fabric takes that one only: nobody can then turn one signature into the other. ``curve`` is secp256r1 or
    secp384r1.
    """
    return encode_dss_signature(r, min(s, _ORDERS[curve] - s))


def _ecdsa(private: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    curve = private.curve.name
    by_length = {length: ec.ECDSA(prehashed) for length, prehashed in _BY_LENGTH.items()}

    def sign(digest: bytes) -> bytes:
        if len(digest) not in by_length:
            raise ValueError(f"a digest of {len(digest)} bytes is of no known hash")
        r, s = decode_dss_signature(private.sign(digest, by_length[len(digest)]))
        return low_s(r, s, curve)

    return sign
