"""Who signed: certificates of the members' authorities, their roles, their signatures."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fabric_protos.msp import identities_pb2, msp_config_pb2
from google.protobuf.message import DecodeError

from network.devnet import certificates, signatures
from network.devnet.authorities import Authorities, PublicKey
from network.devnet.certificates import ORDERS, CertificateRefused
from network.devnet.clock import Clock
from network.devnet.errors import DevnetError
from network.policy import Signer

MAX_CACHED = 10_000


class IdentityRefused(DevnetError):
    """A creator or endorser that is no valid identity of a member, or a signature that is not its own.

    ``msp_id`` names the member whose it claims to be, where that is one.
    """

    def __init__(self, message: str, msp_id: str = "") -> None:
        super().__init__(message)
        self.msp_id = msp_id


@dataclass(frozen=True)
class Member:
    """A verified identity: its organisation, its public key, and all that a policy may ask of it.

    ``expires`` is when its certificate does. Policies take who has expired, as a peer's do: whoever takes
    requests, or blocks from clients, looks at that by itself.
    """

    msp_id: str
    key: PublicKey
    principals: Signer
    expires: datetime

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
    if decode_dss_signature(signature)[1] > ORDERS[key.curve.name] // 2:
        raise ValueError("its s is not the lower one")
    key.verify(signature, digest, signatures.PREHASHED)


class Membership:
    """The members' authorities, and the identities that they issued, verified once each."""

    def __init__(self, msps: Iterable[msp_config_pb2.FabricMSPConfig], clock: Clock) -> None:
        """CertificateRefused where a peer would not take one of the MSPs."""
        self.clock = clock
        self._authorities = {msp.name: Authorities(msp) for msp in msps}
        self._known: dict[bytes, Member] = {}

    def __contains__(self, msp_id: str) -> bool:
        return msp_id in self._authorities

    def identify(self, serialized: bytes) -> Member:
        """The identity that a creator field names; IdentityRefused where it is none that is valid."""
        member = self._known.get(serialized)
        if member is None:
            member = self._read(serialized)
            if len(self._known) >= MAX_CACHED:
                self._known.clear()
            self._known[serialized] = member
        return member

    def expired(self, member: Member) -> bool:
        """Whether a member's certificate is over."""
        return self.clock.utc() > member.expires

    def _read(self, serialized: bytes) -> Member:
        try:
            identity = identities_pb2.SerializedIdentity.FromString(serialized)
        except DecodeError as error:
            raise IdentityRefused("could not deserialize a SerializedIdentity") from error
        authorities = self._authorities.get(identity.mspid)
        if authorities is None:
            raise IdentityRefused(f"MSP {identity.mspid[:64]} is not defined on channel")
        # What cannot be read, or is signed by a stranger, is nobody's; what is not valid is its member's.
        member = ""
        try:
            certificate = certificates.load(identity.id_bytes)
            if not certificates.signed_on_curve(certificate):
                member = identity.mspid
            chain = authorities.chain(certificate)
            member = identity.mspid
            principals = authorities.principals(chain)
        except CertificateRefused as error:
            raise IdentityRefused(str(error), member) from error
        return Member(
            identity.mspid, authorities.key(certificate), principals, certificate.not_valid_after_utc
        )
