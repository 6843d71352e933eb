"""A certificate authority: X.509 certificates on P-256, as Fabric's MSP takes them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Where Fabric CA puts a certificate's attributes, as JSON {"attrs": {...}}.
ATTRIBUTES_OID = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
AUTHORITY_YEARS = 10
LIFETIME = timedelta(days=365)
# Clocks of members differ a little; a new certificate is valid at all of them.
BACKDATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Credential:
    """A certificate and its private key, both PEM (the key PKCS #8)."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs certificates for one organisation; ``usage`` is ``identity`` or ``tls``."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self._certificate = x509.load_pem_x509_certificate(credential.certificate)
        key = serialization.load_pem_private_key(credential.key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic curve key")
        self._key = key

    @classmethod
    def create(
        cls, common_name: str, organization: str, above: Authority | None = None, levels: int = 0
    ) -> Authority:
        """A new authority: a root, or one that the authority ``above`` it vouches for.

        There may be as many ``levels`` of authorities below it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name, organization)
        public = key.public_key()
        usage = _key_usage(key_cert_sign=True, crl_sign=True, digital_signature=True)
        issuer = above._certificate.subject if above else name
        signer = above._key if above else key
        certificate = (
            _builder(name, issuer, public, timedelta(days=365 * AUTHORITY_YEARS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=levels), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(_authority_key(signer), critical=False)
            .sign(signer, hashes.SHA256())
        )
        return cls(_credential(certificate, key))

    def revoke(self, certificates: Sequence[bytes], earlier: bytes | None = None) -> bytes:
        """A revocation list (PEM) of these certificates (PEM), and of all that ``earlier`` names."""
        now = datetime.now(UTC)
        serials = {x509.load_pem_x509_certificate(pem).serial_number for pem in certificates}
        if earlier:
            serials |= {one.serial_number for one in x509.load_pem_x509_crl(earlier)}
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now - BACKDATE)
            .next_update(now + timedelta(days=365 * AUTHORITY_YEARS))
            .add_extension(_authority_key(self._key), critical=False)
        )
        for serial in sorted(serials):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - BACKDATE)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue_identity(
        self,
        common_name: str,
        organization: str,
        unit: str,
        attributes: Mapping[str, str] | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> Credential:
        """A signing certificate; ``unit`` is the node OU: peer, orderer, client or admin."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._leaf(_name(common_name, organization, unit), key, lifetime).add_extension(
            _key_usage(digital_signature=True), critical=True
        )
        if attributes:
            value = json.dumps({"attrs": dict(attributes)}, sort_keys=True).encode()
            builder = builder.add_extension(x509.UnrecognizedExtension(ATTRIBUTES_OID, value), critical=False)
        return _credential(builder.sign(self._key, hashes.SHA256()), key)

    def issue_tls(self, common_name: str, organization: str, hosts: Sequence[str]) -> Credential:
        """A certificate for a TLS server and client at ``hosts`` (names or addresses)."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            self._leaf(_name(common_name, organization), key, LIFETIME)
            .add_extension(_key_usage(digital_signature=True, key_agreement=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(names, critical=False)
        )
        return _credential(builder.sign(self._key, hashes.SHA256()), key)

    def _leaf(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, lifetime: timedelta
    ) -> x509.CertificateBuilder:
        public = key.public_key()
        return (
            _builder(subject, self._certificate.subject, public, lifetime)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(_authority_key(self._key), critical=False)
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + lifetime)
    )


def _authority_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _name(common_name: str, organization: str, unit: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)]
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(**granted: bool) -> x509.KeyUsage:
    uses = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**(uses | granted))


def _credential(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Credential:
    return Credential(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
