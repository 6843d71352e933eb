"""Who signed: certificates of the members' authorities, their roles, their signatures."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from fabric_protos.msp import identities_pb2

from network.devnet import signatures
from network.devnet.clock import Clock
from network.devnet.errors import DevnetError

MAX_CACHED = 10_000
_ROLES = frozenset({"client", "peer", "admin", "orderer"})
# Half the order of each curve's base point (FIPS 186-4, D.1.2.3 and D.1.2.4).
_HALF_ORDERS = {
    "secp256r1": 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8,
    "secp384r1": int(
        "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE3B1A6C0FA1B96EFAC0D06D9245853BD76760CB5666294B9",
        16,
    ),
}


class IdentityRefused(DevnetError):
    """A creator or endorser that is no valid identity of a member, or a signature that is not its own.

    ``msp_id`` names the member whose it claims to be, where that is one.
    """

    def __init__(self, message: str, msp_id: str = "") -> None:
        super().__init__(message)
        self.msp_id = msp_id


@dataclass(frozen=True)
class Member:
    """A verified identity: its organisation, its role there, its public key."""

    msp_id: str
    role: str
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
    not_before: datetime
    not_after: datetime

    @property
    def writes(self) -> bool:
        """Whether it is among its organisation's Writers: any but a peer (network/fabric/settings.py)."""
        return self.role != "peer"

    def valid_at(self, time: datetime) -> bool:
        """Whether its certificate is within its validity then."""
        return self.not_before <= time <= self.not_after

    def verify(self, message: bytes, signature: bytes) -> None:
        """IdentityRefused unless ``signature`` of ``message`` is this identity's (ECDSA: with the low s)."""
        digest = hashlib.sha256(message).digest()
        token = signatures.token(self.fingerprint, digest, signature)
        if token in signatures.RIGHT:
            return
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, message)
            else:
                _verify_ecdsa(self.key, signature, digest)
        except (InvalidSignature, ValueError) as error:
            raise IdentityRefused(
                f"the signature is not the creator's: {error}".removesuffix(": "), self.msp_id
            ) from error
        signatures.RIGHT.add(token)

    @functools.cached_property
    def fingerprint(self) -> bytes:
        """Of its public key."""
        return signatures.fingerprint(self.key)


def _verify_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> None:
    """InvalidSignature or ValueError unless it is the key's, with the lower s.

    What stands behind the signature counts for nothing, as a peer's decoder does not look at it; signatures
    on both of the curves are shorter than 128 bytes, hence their length is one byte.
    """
    if len(signature) > 2 and signature[1] < 0x80:
        signature = signature[: 2 + signature[1]]
    if decode_dss_signature(signature)[1] > _HALF_ORDERS[key.curve.name]:
        raise ValueError("its s is not the lower one")
    key.verify(signature, digest, signatures.PREHASHED)


class Membership:
    """The members' authorities, and the identities that they issued, verified once each."""

    def __init__(self, roots: Mapping[str, bytes], clock: Clock) -> None:
        self.clock = clock
        self._roots = {msp: x509.load_pem_x509_certificate(pem) for msp, pem in roots.items()}
        self._known: dict[bytes, Member] = {}

    def __contains__(self, msp_id: str) -> bool:
        return msp_id in self._roots

    def identify(self, serialized: bytes) -> Member:
        """The identity that a creator field names; IdentityRefused where it is none that is valid now."""
        member = self._known.get(serialized)
        if member is None:
            member = self._read(serialized)
            if len(self._known) >= MAX_CACHED:
                self._known.clear()
            self._known[serialized] = member
        if not member.valid_at(self.clock.utc()):
            raise IdentityRefused("the certificate has expired or is not yet valid", member.msp_id)
        return member

    def _read(self, serialized: bytes) -> Member:
        claimed = ""
        try:
            identity = identities_pb2.SerializedIdentity.FromString(serialized)
            root = self._roots.get(identity.mspid)
            if root is None:
                raise IdentityRefused(f"no member has the MSP id {identity.mspid[:64]!r}")
            certificate = x509.load_pem_x509_certificate(identity.id_bytes)
            claimed = identity.mspid
            certificate.verify_directly_issued_by(root)
            key = certificate.public_key()
            units = {
                str(attribute.value)
                for attribute in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
            } & _ROLES
            not_before, not_after = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        except IdentityRefused:
            raise
        except Exception as error:
            # Parsers of foreign bytes raise what they like; each of it means the same here.
            raise IdentityRefused("the certificate is not one of its organisation's", claimed) from error
        if len(units) != 1:
            raise IdentityRefused("the certificate has no single role", claimed)
        if isinstance(key, ec.EllipticCurvePublicKey):
            if key.curve.name not in _HALF_ORDERS:
                raise IdentityRefused(f"keys on {key.curve.name} are not taken", claimed)
        elif not isinstance(key, ed25519.Ed25519PublicKey):
            raise IdentityRefused("keys of this sort are not taken", claimed)
        return Member(identity.mspid, units.pop(), key, not_before, not_after)
