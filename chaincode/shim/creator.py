"""Who signed the proposal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from cryptography import x509
from fabric_protos.msp import identities_pb2

from chaincode.shim.errors import ShimError

# Extension in which Fabric CA writes attributes: JSON {"attrs": {name: value}} (fabric-ca documentation,
# "Attribute-Based Access Control").
ATTRIBUTES_OID = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
# Certificates seen lately; clients are few and parsing one costs more than all the rest of a proposal.
CACHE_SIZE = 1024


@dataclass(frozen=True)
class Creator:
    """The identity that signed the proposal, already checked by the peer.

    Attributes:
        msp_id: its organisation's MSP.
        certificate_pem: its X.509 certificate.
    """

    msp_id: str
    certificate_pem: bytes = field(repr=False)

    @cached_property
    def _certificate(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.certificate_pem)
        except ValueError as error:
            raise ShimError("the creator's certificate cannot be read") from error

    @cached_property
    def subject(self) -> str:
        """Distinguished name as RFC 4514 writes it."""
        return self._certificate.subject.rfc4514_string()

    @cached_property
    def attributes(self) -> dict[str, str]:
        """Certificate attributes; empty where there are none, ShimError where they are damaged."""
        try:
            extension = self._certificate.extensions.get_extension_for_oid(ATTRIBUTES_OID)
        except x509.ExtensionNotFound:
            return {}
        value = extension.value
        if not isinstance(value, x509.UnrecognizedExtension):
            raise ShimError("the creator's certificate attributes cannot be read")
        try:
            attributes = json.loads(value.value).get("attrs", {})
            return {str(name): str(text) for name, text in attributes.items()}
        except (ValueError, AttributeError) as error:
            raise ShimError("the creator's certificate attributes cannot be read") from error


@lru_cache(maxsize=CACHE_SIZE)
def creator_from(serialized: bytes) -> Creator:
    """Read a SerializedIdentity; equal bytes give the same object, parsed once."""
    identity = identities_pb2.SerializedIdentity.FromString(serialized)
    return Creator(identity.mspid, identity.id_bytes)
