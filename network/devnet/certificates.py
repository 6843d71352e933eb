"""Certificates as a peer judges them: chains to an organisation's authorities, revocation.

Facts from Fabric's msp/ and from the verifier that it uses: a chain is judged as of the moment at which the
certificate began to be valid, so that expiry is no matter here: whoever takes requests looks at that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID

from network.devnet.errors import DevnetError

# Orders of the curves' base points (FIPS 186-4, D.1.2.3 and D.1.2.4).
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
}
_SEQUENCE, _BIT_STRING = 0x30, 0x03
_ECDSA_OIDS = "1.2.840.10045.4."
# Deeper hierarchies than this are not those of a consortium's member.
MAX_CHAIN = 10

Chain = tuple[x509.Certificate, ...]
"""A certificate, its issuer, and so on to a root."""


class CertificateRefused(DevnetError):
    """A certificate that an organisation's MSP does not take; the message says why."""


def load(pem: bytes) -> x509.Certificate:
    """The certificate of a PEM text; CertificateRefused where it cannot be read."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        # These are read lazily, and raise what they like for foreign bytes.
        _ = certificate.extensions, certificate.public_key(), certificate.issuer, certificate.subject
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.serial_number
        _ = certificate.signature_algorithm_oid, certificate.version
        whole = certificate.public_bytes(serialization.Encoding.DER)
        # A certificate ends with its signature, and before it how many of its last bits do not count.
        counts = whole[-len(certificate.signature) - 1] == 0
    except Exception as error:
        raise CertificateRefused("the certificate cannot be read") from error
    if not counts:
        raise CertificateRefused("the certificate's signature is not one of whole bytes")
    return certificate


def load_crl(data: bytes) -> x509.CertificateRevocationList:
    """A revocation list, PEM or DER; CertificateRefused where it cannot be read."""
    try:
        if data.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data)
    except ValueError as error:
        raise CertificateRefused("could not parse RevocationList") from error


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate says of itself that it may issue others."""
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def signed_on_curve(certificate: x509.Certificate) -> bool:
    """Whether its signature is an ECDSA one."""
    oid = certificate.signature_algorithm_oid.dotted_string
    return oid.startswith(_ECDSA_OIDS)


def key_identifier(certificate: x509.Certificate) -> bytes | None:
    """The subject key identifier."""
    found = _extension(certificate, x509.SubjectKeyIdentifier)
    return found.digest if found else None


class Verifier:
    """Finds the chains of certificates to roots, through intermediate authorities."""

    def __init__(self, roots: Sequence[x509.Certificate], intermediates: Sequence[x509.Certificate]) -> None:
        self._roots = tuple(roots)
        self._intermediates = tuple(intermediates)

    def chain(self, certificate: x509.Certificate) -> Chain:
        """The one chain to a root; CertificateRefused where there is none, or more than one."""
        began = certificate.not_valid_before_utc + timedelta(seconds=1)
        if certificate in self._roots:
            return (certificate,)
        _refuse_unfit(certificate)
        found = [chain for chain in self._chains((certificate,), began) if _for_servers(chain)]
        if not found:
            raise CertificateRefused("the certificate is signed by an unknown authority")
        if len(found) > 1:
            raise CertificateRefused(f"this MSP only supports a single validation chain, got {len(found)}")
        return found[0]

    def _chains(self, begun: Chain, when: datetime) -> Iterable[Chain]:
        last = begun[-1]
        if len(begun) > MAX_CHAIN or not last.not_valid_before_utc <= when <= last.not_valid_after_utc:
            return
        for root in self._roots:
            valid = root.not_valid_before_utc <= when <= root.not_valid_after_utc
            if valid and root not in begun and _issued(last, root, len(begun) - 1):
                yield (*begun, root)
        for one in self._intermediates:
            if one not in begun and _issued(last, one, len(begun) - 1):
                yield from self._chains((*begun, one), when)


def revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, lists: Iterable[x509.CertificateRevocationList]
) -> bool:
    """Whether one of the lists, signed by the certificate's issuer, names it."""
    identifier = key_identifier(issuer)
    for one in lists:
        named = _extension(one, x509.AuthorityKeyIdentifier)
        if named is None:
            raise CertificateRefused("could not obtain Authority Key Identifier for crl")
        if named.key_identifier != identifier:
            continue
        if one.get_revoked_certificate_by_serial_number(certificate.serial_number) is None:
            continue
        key = issuer.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
            if not one.is_signature_valid(key):
                continue
            return True
    return False


def canonical(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The certificate (DER) with the lower of the two values that its issuer's ECDSA signature may have.

    A peer keeps certificates so, hence the hashes that it makes of them are hashes of this.
    """
    whole = certificate.public_bytes(serialization.Encoding.DER)
    key = issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in ORDERS:
        return whole
    order = ORDERS[key.curve.name]
    r, s = decode_dss_signature(certificate.signature)
    if s <= order // 2:
        return whole
    content = whole[len(whole) - _length(whole) :]
    old = _tlv(_BIT_STRING, b"\x00" + certificate.signature)
    new = _tlv(_BIT_STRING, b"\x00" + encode_dss_signature(r, order - s))
    return _tlv(_SEQUENCE, content.removesuffix(old) + new)


def fingerprint(chain: Sequence[x509.Certificate]) -> bytes:
    """The SHA-256 of a chain's certificates one after the other, by which a peer knows who certifies."""
    digest = hashlib.sha256()
    for place, one in enumerate(chain):
        digest.update(canonical(one, chain[min(place + 1, len(chain) - 1)]))
    return digest.digest()


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, between: int) -> bool:
    """Whether ``issuer`` signed it and may, with ``between`` authorities below itself already."""
    if certificate.issuer != issuer.subject:
        return False
    constraints = _extension(issuer, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return False
    if constraints.path_length is not None and between > constraints.path_length:
        return False
    usage = _extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _refuse_unfit(certificate: x509.Certificate) -> None:
    """CertificateRefused for an extension that must be understood, and is not."""
    for one in certificate.extensions:
        if one.critical and isinstance(one.value, x509.UnrecognizedExtension):
            raise CertificateRefused(f"unhandled critical extension {one.oid.dotted_string}")


def _for_servers(chain: Chain) -> bool:
    """Whether each certificate that says what its key is for names TLS servers or anything.

    The verifier that a peer uses asks for that where it is not told what to ask for.
    """
    for one in chain:
        purposes = _extension(one, x509.ExtendedKeyUsage)
        allowed = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
        if purposes is not None and not allowed & set(purposes):
            return False
    return True


_E = TypeVar("_E", bound=x509.ExtensionType)


def _extension(of: x509.Certificate | x509.CertificateRevocationList, kind: type[_E]) -> _E | None:
    try:
        return of.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _tlv(tag: int, content: bytes) -> bytes:
    """A DER value: tag, length, content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def _length(whole: bytes) -> int:
    """How long the content of a DER value is that is all of ``whole``."""
    first = whole[1]
    if first < 0x80:
        return first
    return int.from_bytes(whole[2 : 2 + (first & 0x7F)], "big")
