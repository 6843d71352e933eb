"""Who signed: certificates of the members' authorities, their roles, their signatures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from fabric_protos.msp import identities_pb2

from chaincode.model.errors import MediLedgerError

MAX_CACHED = 10_000
_ROLES = frozenset({"client", "peer", "admin", "orderer"})
_HALF_ORDERS = {
    "secp256r1": 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8,
    "secp384r1": int(
        "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE3B1A6C0FA1B96EFAC0D06D9245853BD76760CB5666294B9",
        16,
    ),
}
# An MSP's hash family SHA2 means SHA-256 on every curve (fabric msp/identities.go).
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class IdentityRefused(MediLedgerError):
    """A creator or endorser that is no valid identity of a member, or a signature that is not its own."""


@dataclass(frozen=True)
class Member:
    """A verified identity: its organisation, its role there, its public key."""

    msp_id: str
    role: str
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
    not_before: datetime
    not_after: datetime

    def verify(self, message: bytes, signature: bytes) -> None:
        """IdentityRefused unless ``signature`` of ``message`` is this identity's (ECDSA: with the low s)."""
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, message)
                return
            curve = self.key.curve.name
            if decode_dss_signature(signature)[1] > _HALF_ORDERS[curve]:
                raise IdentityRefused("the signature's s is not the lower one")
            self.key.verify(signature, message, _ALGORITHM)
        except (InvalidSignature, ValueError) as error:
            raise IdentityRefused("the signature is not the creator's") from error


class Membership:
    """The members' authorities, and the identities that they issued, verified once each."""

    def __init__(self, roots: Mapping[str, bytes]) -> None:
        self._roots = {msp: x509.load_pem_x509_certificate(pem) for msp, pem in roots.items()}
        self._known: OrderedDict[bytes, Member] = OrderedDict()

    def identify(self, serialized: bytes) -> Member:
        """The identity that a creator field names; IdentityRefused where it is none that is valid now."""
        member = self._known.get(serialized)
        if member is None:
            member = self._read(serialized)
            self._known[serialized] = member
            if len(self._known) > MAX_CACHED:
                self._known.popitem(last=False)
        now = datetime.now(UTC)
        if not member.not_before <= now <= member.not_after:
            raise IdentityRefused("the creator's certificate has expired or is not yet valid")
        return member

    def _read(self, serialized: bytes) -> Member:
        try:
            identity = identities_pb2.SerializedIdentity.FromString(serialized)
            certificate = x509.load_pem_x509_certificate(identity.id_bytes)
            root = self._roots[identity.mspid]
            certificate.verify_directly_issued_by(root)
        except KeyError as error:
            raise IdentityRefused(f"no member has the MSP id {error.args[0]}") from None
        except Exception as error:
            # Parsers of foreign bytes raise what they like; each of it means the same here.
            raise IdentityRefused("the creator's certificate is not one of its organisation's") from error
        units = {
            str(attribute.value)
            for attribute in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        } & _ROLES
        key = certificate.public_key()
        if len(units) != 1 or not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
            raise IdentityRefused("the creator's certificate has no single role, or a key of another sort")
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _HALF_ORDERS:
            raise IdentityRefused(f"keys on {key.curve.name} are not taken")
        return Member(
            identity.mspid,
            units.pop(),
            key,
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )
