"""Signatures as Fabric's MSP checks them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes as algorithms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fabric_protos.msp import identities_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.fabric import FabricError, Identity, KeyNotSupported, hashes, signer_from_pem

P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
}


def pem(key: object, encryption: serialization.KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(  # type: ignore[attr-defined,no-any-return]
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


@pytest.mark.parametrize("key", [P256, P384], ids=["P-256", "P-384"])
@given(message=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_ecdsa_verifies_over_sha256_and_has_a_low_s(key: ec.EllipticCurvePrivateKey, message: bytes) -> None:
    signer = signer_from_pem(pem(key))
    signature = signer(signer.hash(message))
    key.public_key().verify(signature, message, ec.ECDSA(algorithms.SHA256()))
    _, s = decode_dss_signature(signature)
    assert 0 < s <= ORDERS[key.curve.name] // 2


def test_ed25519_signs_the_message_itself() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    signer = signer_from_pem(pem(key))
    assert signer.hash is hashes.none
    key.public_key().verify(signer(b"a message"), b"a message")


def test_an_encrypted_key_is_read_with_its_passphrase() -> None:
    encrypted = pem(P256, serialization.BestAvailableEncryption(b"a passphrase"))
    signature = signer_from_pem(encrypted, b"a passphrase")(hashes.sha256(b"a message"))
    P256.public_key().verify(signature, b"a message", ec.ECDSA(algorithms.SHA256()))


@pytest.mark.parametrize(
    ("key", "passphrase"),
    [
        (pem(P256, serialization.BestAvailableEncryption(b"a passphrase")), b"another"),
        (pem(P256, serialization.BestAvailableEncryption(b"a passphrase")), b""),
        (pem(P256), b"a passphrase"),
    ],
    ids=["wrong", "empty", "not encrypted"],
)
def test_another_passphrase_is_refused(key: bytes, passphrase: bytes) -> None:
    with pytest.raises(KeyNotSupported, match="passphrase"):
        signer_from_pem(key, passphrase)


@pytest.mark.parametrize(
    ("chosen", "algorithm"),
    [
        (hashes.sha256, algorithms.SHA256()),
        (hashes.sha384, algorithms.SHA384()),
        (hashes.sha3_256, algorithms.SHA3_256()),
        (hashes.sha3_384, algorithms.SHA3_384()),
    ],
)
@pytest.mark.parametrize("key", [P256, P384], ids=["P-256", "P-384"])
def test_each_hash_is_signed(
    key: ec.EllipticCurvePrivateKey, chosen: hashes.Hash, algorithm: algorithms.HashAlgorithm
) -> None:
    signature = signer_from_pem(pem(key))(chosen(b"a message"))
    key.public_key().verify(signature, b"a message", ec.ECDSA(algorithm))


def test_what_no_hash_makes_is_not_signed() -> None:
    with pytest.raises(ValueError, match="9 bytes"):
        signer_from_pem(pem(P256))(hashes.none(b"a message"))


@pytest.mark.parametrize(
    "key",
    [
        pem(ec.generate_private_key(ec.SECP521R1())),
        pem(ec.generate_private_key(ec.SECP256K1())),
        pem(rsa.generate_private_key(65537, 2048)),
        pem(P256, serialization.BestAvailableEncryption(b"password")),
        b"no PEM",
    ],
    ids=["P-521", "secp256k1", "RSA", "encrypted", "no PEM"],
)
def test_another_key_is_refused(key: bytes) -> None:
    with pytest.raises(KeyNotSupported):
        signer_from_pem(key)
    assert issubclass(KeyNotSupported, FabricError)


def test_the_creator_is_a_serialized_identity() -> None:
    identity = Identity("ManufacturerMSP", b"a certificate")
    read = identities_pb2.SerializedIdentity.FromString(identity.serialized)
    assert (read.mspid, read.id_bytes) == ("ManufacturerMSP", b"a certificate")
