"""Who may take part."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from pytest_bdd import given, parsers, scenarios, then, when

from gateway.fabric import Gateway, Identity, KeyNotSupported, signer_from_pem
from tests.scenario.features.applications import Applications

scenarios("identities.feature")

DAY = timedelta(days=1)
KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


class Authority:
    """Issues certificates: a member's own authority, or one that nobody knows."""

    def __init__(self, certificate: x509.Certificate, key: Any) -> None:
        self.certificate = certificate
        self._key = key

    @classmethod
    def of(cls, folder: Path) -> Authority:
        """The authority of a member's folder."""
        certificate = x509.load_pem_x509_certificate((folder / "ca" / "ca-cert.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / "ca" / "ca-key.pem").read_bytes(), None)
        return cls(certificate, key)

    @classmethod
    def unknown(cls, like: Authority) -> Authority:
        """One of the same name as another, with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _certificate(
            like.certificate.subject, like.certificate.subject, key, datetime.now(UTC) + DAY
        )
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        usage = like.certificate.extensions.get_extension_for_class(x509.KeyUsage)
        signed = (
            builder.add_extension(constraints, critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(usage.value, critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(signed, key)

    def issue(self, key: Any, until: datetime) -> bytes:
        """A client's certificate, PEM."""
        subject = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "client"), (NameOID.COMMON_NAME, "another user")]
        name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        certificate = (
            _certificate(name, self.certificate.subject, key, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(name: x509.Name, issuer: x509.Name, key: Any, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Not before the authority's own certificate: Fabric looks at the chain as it was then.
        .not_valid_before(datetime.now(UTC) - timedelta(minutes=4))
        .not_valid_after(until)
    )


def pem(key: Any) -> bytes:
    encoded: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded


def authority(applications: Applications, member: str) -> Authority:
    return Authority.of(applications.ledger.home / "network" / "organizations" / member)


def introduce(applications: Applications, certificate: bytes, key: bytes) -> None:
    """The user's application connects as one of the manufacturer's."""
    profile = applications.profile("manufacturer")
    identity = Identity(profile.msp_id, certificate)
    applications.introduce("user", Gateway(profile.peers, identity, signer_from_pem(key)))


@given(parsers.parse("a user of the manufacturer with a {sort} key"))
def with_key(applications: Applications, sort: str) -> None:
    key = KEYS[sort]()
    certificate = authority(applications, "manufacturer").issue(key, datetime.now(UTC) + DAY)
    introduce(applications, certificate, pem(key))


@given(parsers.re("a user of the manufacturer with (?P<what>.*certificate.*)"))
def with_certificate(applications: Applications, what: str) -> None:
    own = authority(applications, "manufacturer")
    issuer, until = own, datetime.now(UTC) + DAY
    if what == "a certificate of an unknown authority":
        issuer = Authority.unknown(own)
    elif what == "a certificate of the pharmacy":
        issuer = authority(applications, "pharmacy")
    elif what == "a certificate that has expired":
        until = datetime.now(UTC) - timedelta(minutes=1)
    key = KEYS["P-256"]()
    certified = KEYS["P-256"]() if what == "another user's certificate" else key
    introduce(applications, issuer.issue(certified, until), pem(key))


@then("the user can follow announcements and blocks")
def can_follow(applications: Applications) -> None:
    applications.listen("user", "anyone")
    contract = applications.contract("user", "anyone")
    change = applications.change(contract.proposal("event", "Followed", "by the user"))
    [event] = applications.hear("user", 1)
    assert event.transaction_id == change.status.transaction_id

    async def first_block() -> int:
        async with applications.network("user").block_events(start_block=0) as blocks:
            number: int = (await anext(blocks)).header.number
            return number

    assert applications.run(first_block()) == 0


@when("the manufacturer asks who it is")
def who(applications: Applications) -> None:
    asked = applications.contract("manufacturer", "anyone").evaluate("who")
    applications.answer = json.loads(applications.run(asked))


@then(parsers.parse('the chaincode says it is of "{msp}" with the role "{role}"'))
def is_of(applications: Applications, msp: str, role: str) -> None:
    assert applications.answer["msp"] == msp
    assert applications.answer["attributes"]["mediledger.role"] == role


@when('the user tries to listen to "anyone"')
def try_to_listen(applications: Applications) -> None:
    async def listening() -> None:
        async with applications.network("user").chaincode_events("anyone", start_block=0) as events:
            await anext(events)

    applications.attempt(listening())


@when("the user tries to follow blocks")
def try_to_follow(applications: Applications) -> None:
    async def following() -> None:
        async with applications.network("user").block_events(start_block=0) as blocks:
            await anext(blocks)

    applications.attempt(following())


@when(parsers.parse("a user has a {sort} key"))
def has_key(applications: Applications, sort: str) -> None:
    try:
        signer_from_pem(pem(KEYS[sort]()))
    except KeyNotSupported as refused:
        applications.failure = refused


@then(parsers.parse("the key is refused as {words}"))
def key_refused(applications: Applications, words: str) -> None:
    assert isinstance(applications.failure, KeyNotSupported)
    assert words in str(applications.failure)
