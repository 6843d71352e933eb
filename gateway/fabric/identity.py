"""Who a client is on the network, and how it signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from fabric_protos.msp import identities_pb2

from gateway.fabric.errors import FabricError

# The order of each curve's base point (FIPS 186-4, D.1.2.3 and D.1.2.4).
_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
    ),
}

Signer = Callable[[bytes], bytes]
"""Signs a message: its bytes in, Fabric's signature out."""


class KeyNotSupported(FabricError):
    """A private key of a sort that Fabric's MSP does not take."""


@dataclass(frozen=True)
class Identity:
    """An MSP id and a certificate (PEM); ``serialized`` is what Fabric calls the creator."""

    msp_id: str
    certificate: bytes
    serialized: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        creator = identities_pb2.SerializedIdentity(mspid=self.msp_id, id_bytes=self.certificate)
        object.__setattr__(self, "serialized", creator.SerializeToString())


def signer_from_pem(key: bytes) -> Signer:
    """A signer for a private key in PEM, unencrypted: P-256 or P-384, each with SHA-256, or Ed25519.

    Raises KeyNotSupported for another sort of key, and where the PEM holds no key that can be read.
    """
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyNotSupported("the private key is not in PEM, or is encrypted") from error
    if isinstance(private, ed25519.Ed25519PrivateKey):
        # Over the message itself: Ed25519 hashes for itself (RFC 8032, section 5.1.6).
        return private.sign
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _ORDERS:
        return _ecdsa(private)
    raise KeyNotSupported("the private key is none of P-256, P-384 and Ed25519")


def _ecdsa(private: ec.EllipticCurvePrivateKey) -> Signer:
    order = _ORDERS[private.curve.name]
    # An MSP's hash family SHA2 means SHA-256 on every curve: a peer refuses P-384 with SHA-384.
    algorithm = ec.ECDSA(hashes.SHA256())

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, algorithm))
        # Of the two valid values of s Fabric takes the lower only: nobody can then turn one into the other.
        return encode_dss_signature(r, min(s, order - s))

    return sign
