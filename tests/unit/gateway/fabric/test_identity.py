"""Signatures as Fabric takes them, held against the cryptography library."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fabric_protos.msp import identities_pb2

from gateway.fabric import FabricError, Identity
from gateway.fabric.identity import KeyNotSupported, signer_from_pem

# Half of each group's order, from SEC 2 (sections 2.4.2 and 2.5.1), n shifted right by one.
N_256 = int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)
N_384 = int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16)


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("curve", "digest", "order"),
    [(ec.SECP256R1(), hashes.SHA256(), N_256), (ec.SECP384R1(), hashes.SHA384(), N_384)],
    ids=["P-256", "P-384"],
)
def test_ecdsa_verifies_and_has_the_low_s(
    curve: ec.EllipticCurve, digest: hashes.HashAlgorithm, order: int
) -> None:
    key = ec.generate_private_key(curve)
    sign = signer_from_pem(pem(key))
    # Half of all signatures would have the high s: that sixty-four have not is no accident.
    for number in range(64):
        message = f"message {number}".encode()
        signature = sign(message)
        key.public_key().verify(signature, message, ec.ECDSA(digest))
        assert 0 < decode_dss_signature(signature)[1] <= order // 2
    with pytest.raises(InvalidSignature):
        key.public_key().verify(sign(b"one"), b"other", ec.ECDSA(digest))


def test_ed25519_verifies() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    signature = signer_from_pem(pem(key))(b"message")
    key.public_key().verify(signature, b"message")


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-521", "secp256k1", "RSA"],
)
def test_other_keys_are_refused(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    with pytest.raises(KeyNotSupported, match="none of P-256, P-384 and Ed25519"):
        signer_from_pem(pem(key))
    assert issubclass(KeyNotSupported, FabricError)


def test_identity_is_fabrics_creator() -> None:
    identity = Identity("MakerMSP", b"certificate")
    read = identities_pb2.SerializedIdentity.FromString(identity.serialized)
    assert (read.mspid, read.id_bytes) == ("MakerMSP", b"certificate")
    assert identity == Identity("MakerMSP", b"certificate")
    assert "serialized" not in repr(identity)
