"""Keys of every sort, signing for a real ledger."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes as algorithms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from gateway.fabric import EvaluateError, Gateway, Identity, Profile, Signer, hashes, signer_from_pem
from tests.support import tokens
from tests.support.ledgers import Ledger

PROBE = "probe"
LIBRARY = tokens.module()


def identity(running: Ledger, public: Any) -> Identity:
    """A client of the manufacturer's, on any sort of key."""
    folder = running.home / "network" / "organizations" / "manufacturer"
    ca = x509.load_pem_x509_certificate((folder / "ca" / "ca-cert.pem").read_bytes())
    ca_key = serialization.load_pem_private_key((folder / "ca" / "ca-key.pem").read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    now = datetime.now(UTC)
    subject = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "client"), (NameOID.COMMON_NAME, "another")]
    issuer = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in subject]))
        .issuer_name(ca.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(ca_key, algorithms.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    return Identity("ManufacturerMSP", pem)


def pem(private: Any, passphrase: bytes | None = None) -> bytes:
    encryption: Any = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    made: bytes = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return made


async def check(profile: Profile, who: Identity, signer: Signer, key: str) -> None:
    """It may read, write and take events."""
    async with Gateway(profile.peers, who, signer) as gateway:
        network = gateway.network(profile.channel)
        assert await network.contract(PROBE).submit("put", key, "value") == b"null"
        assert await network.contract(PROBE).evaluate("get", key) == b'"value"'
        async with network.block_events(0) as stream:
            assert (await anext(stream)).header.number == 0


@pytest.mark.parametrize("sort", ["P-256", "P-384", "Ed25519"])
@pytest.mark.parametrize("passphrase", [None, b"a passphrase"], ids=["plain", "encrypted"])
async def test_each_sort_of_key_is_taken(
    running: Ledger, profile: Profile, key: str, sort: str, passphrase: bytes | None
) -> None:
    private: Any
    if sort == "Ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = ec.generate_private_key(ec.SECP256R1() if sort == "P-256" else ec.SECP384R1())
    signer = signer_from_pem(pem(private, passphrase), passphrase)
    await check(profile, identity(running, private.public_key()), signer, key)


@pytest.mark.parametrize("chosen", [hashes.sha384, hashes.sha3_256, hashes.sha3_384])
async def test_a_hash_that_the_network_does_not_use_is_refused(
    running: Ledger, profile: Profile, chosen: hashes.Hash
) -> None:
    """Both ledgers are set to SHA-256, as Fabric is unless told otherwise."""
    private = ec.generate_private_key(ec.SECP384R1())
    who = identity(running, private.public_key())
    signer = signer_from_pem(pem(private))
    async with Gateway(profile.peers, who, signer, hash=chosen) as gateway:
        contract = gateway.network(profile.channel).contract(PROBE)
        with pytest.raises(EvaluateError) as raised:
            await contract.evaluate("get", "nothing")
    assert raised.value.code == grpc.StatusCode.FAILED_PRECONDITION
    assert "access denied" in raised.value.message


@pytest.mark.skipif(LIBRARY is None, reason="SoftHSM (Debian: softhsm2) is not installed")
@pytest.mark.parametrize("curve", ["secp256r1", "secp384r1"])
async def test_a_key_in_a_token(
    running: Ledger, profile: Profile, key: str, curve: str, tmp_path: Path
) -> None:
    from gateway.fabric.hsm import HsmSigner

    assert LIBRARY
    async with AsyncExitStack() as stack:
        token = stack.enter_context(tokens.soft_token(tmp_path, LIBRARY))
        who = identity(running, token.generate(curve, "client", b"1"))
        signer = await stack.enter_async_context(
            HsmSigner(LIBRARY, tokens.TOKEN, tokens.PIN, key_label="client")
        )
        await check(profile, who, signer, key)
